#include "lake/compact_run.h"

#include "base/hash.h"
#include "base/heap.h"
#include "lake/row_order.h"
#include "lake/compact_columns.h"
#include "lake/schema_feed.h"

#include <stdlib.h>

enum {
    TALLY_ROWS = 4000, /* so many say what is frequent */
    ROWS_MIN = 4096,
    AHEAD = 2,
    CACHE_LINE_BYTES = 64,
};

struct kept_row {
    struct view text;
    const struct row_packed *cells;
    struct row_order order; /* within the text */
    uint64_t property_bytes;
    uint64_t key[2];
};

/* Memory of rows, kept from one run to the next: to get it from the system anew costs more than to
 * fill it. */
struct block {
    struct block *next;
    size_t used;
    size_t room;
    char bytes[];
};

struct compact_run {
    size_t bytes; /* its ceiling */
    size_t held;  /* of it */
    struct block *first;
    struct block *current; /* NULL: none is in use */
    struct arena said;     /* texts that have escapes, without them */
    struct kept_row *rows;
    size_t count;
    size_t room;
    const struct kept_row **order; /* after sorting; NULL before */
    size_t kept;
    struct compact_sums sums;
    struct compact_columns columns;
    struct duck_source source;
    struct schema_stats *stats; /* NULL: nobody counts */
};

/* A scan of the run. */
struct scan {
    struct compact_run *run;
    size_t given;
};

enum status compact_run_create(struct compact_run **run, size_t bytes, struct fault *fault)
{
    struct compact_run *made = calloc(1, sizeof(*made));
    *run = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for rows");
    }
    made->bytes = bytes;
    arena_init(&made->said, bytes);
    return STATUS_OK;
}

void compact_run_clear(struct compact_run *run)
{
    arena_clear(&run->said);
    free(run->order);
    run->order = NULL;
    run->current = NULL;
    run->held = run->count = run->kept = 0;
    run->sums = (struct compact_sums){0};
}

void compact_run_destroy(struct compact_run *run)
{
    if (run) {
        compact_run_clear(run);
        arena_free(&run->said);
        for (struct block *next; run->first; run->first = next) {
            next = run->first->next;
            free(run->first);
        }
        free(run->rows);
        free(run);
    }
}

size_t compact_run_rows(const struct compact_run *run)
{
    return run->order ? run->kept : run->count;
}

struct compact_sums compact_run_sums(const struct compact_run *run)
{
    return run->sums;
}

/* What is kept of a row beside its text counts, too, and so do the order and the keys' table. */
static bool is_full(const struct compact_run *run, size_t row_bytes)
{
    size_t beside = (run->count + 1) * (sizeof(struct kept_row) + 4 * sizeof(void *));
    return run->count > 0 && run->held + row_bytes + beside > run->bytes;
}

/* Rows are read in another order than they came in: large pages are found more quickly. */
static struct block *make_block(size_t wanted, struct block *next)
{
    size_t pages = (sizeof(struct block) + wanted + HEAP_PAGE_BYTES - 1) / HEAP_PAGE_BYTES;
    struct block *made = heap_large(pages * HEAP_PAGE_BYTES);
    if (made) {
        *made = (struct block){.next = next, .room = pages * HEAP_PAGE_BYTES - sizeof(*made)};
    }
    return made;
}

/* Also more than the ceiling: one row may be larger than a whole run. */
static void *take_memory(struct compact_run *run, size_t bytes)
{
    size_t wanted = (bytes + 7) / 8 * 8;
    struct block **place = run->current ? &run->current : &run->first;
    if (run->current && run->current->room - run->current->used < wanted) {
        place = &run->current->next;
    }
    if (!*place || (*place)->room < wanted) {
        struct block *made = make_block(wanted, *place);
        if (!made) {
            return NULL;
        }
        *place = made;
    }
    struct block *block = *place;
    if (block != run->current) {
        block->used = 0;
        run->current = block;
    }
    block->used += wanted;
    run->held += wanted;
    return block->bytes + block->used - wanted;
}

static struct kept_row *next_place(struct compact_run *run)
{
    if (run->count == run->room) {
        size_t room = run->room < ROWS_MIN ? ROWS_MIN : run->room + run->room / 2;
        struct kept_row *more = realloc(run->rows, room * sizeof(*more));
        if (!more) {
            return NULL;
        }
        run->rows = more;
        run->room = room;
    }
    return &run->rows[run->count];
}

static const struct row_packed *keep_cells(struct compact_run *run, const struct row_cells *cells,
                                           struct view text)
{
    struct row_packed packed;
    size_t bytes = row_cells_pack(cells, text, &packed);
    void *kept = take_memory(run, bytes);
    return kept ? memcpy(kept, &packed, bytes) : NULL;
}

enum status compact_run_add(struct compact_run *run, struct view row, struct fault *fault)
{
    struct row_cells cells;
    if (is_full(run, row.len + sizeof(struct row_packed))) {
        return STATUS_TOO_BIG;
    }
    struct kept_row *place = next_place(run);
    char *copy = take_memory(run, row.len);
    if (!place || !copy) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for rows");
    }
    struct view text = view_make(memcpy(copy, row.at, row.len), row.len);
    *place = (struct kept_row){.text = text};
    if (!row_cells_read(&cells, text) || !row_order_make(&place->order, &cells, &run->said)) {
        return fault_set(fault, STATUS_DAMAGED, "a row is none of the lake's: %.*s",
                         VIEW_ARG(view_part(text, 0, 80)));
    }
    place->cells = keep_cells(run, &cells, text);
    if (!place->cells) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for rows");
    }
    place->property_bytes = row_property_bytes(&cells);
    hash_pair_128(0, place->order.site, row_said(&cells, COLUMN_EVENT_ID, &run->said), place->key);
    run->count++;
    return STATUS_OK;
}

static int compare_rows(const void *a, const void *b)
{
    const struct kept_row *left = *(const struct kept_row *const *)a;
    const struct kept_row *right = *(const struct kept_row *const *)b;
    return row_order_compare(&left->order, &right->order);
}

/* Puts each event's row with the lowest number into the table. */
static void fill_table(const struct compact_run *run, const struct kept_row **table, size_t slots)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct kept_row *row = &run->rows[i];
        size_t at = row->key[0] & (slots - 1);
        while (table[at] &&
               (table[at]->key[0] != row->key[0] || table[at]->key[1] != row->key[1])) {
            at = (at + 1) & (slots - 1);
        }
        if (!table[at] || row->order.ingest_seq < table[at]->order.ingest_seq) {
            table[at] = row;
        }
    }
}

void compact_sums_add(struct compact_sums *sums, uint64_t ingest_seq, uint64_t property_bytes)
{
    sums->rows++;
    sums->seq_sum += ingest_seq;
    sums->property_bytes += property_bytes;
    if (sums->first_seq == 0 || ingest_seq < sums->first_seq) {
        sums->first_seq = ingest_seq;
    }
    sums->last_seq = ingest_seq > sums->last_seq ? ingest_seq : sums->last_seq;
}

enum status compact_run_sort(struct compact_run *run, uint64_t *dropped, struct fault *fault)
{
    size_t slots = 16;
    while (slots < run->count * 2) {
        slots *= 2;
    }
    const struct kept_row **table = calloc(slots, sizeof(struct kept_row *));
    if (!table) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to sort rows");
    }
    fill_table(run, table, slots);
    run->kept = 0;
    for (size_t i = 0; i < slots; i++) {
        if (table[i]) {
            compact_sums_add(&run->sums, table[i]->order.ingest_seq, table[i]->property_bytes);
            table[run->kept++] = table[i];
        }
    }
    run->order = table;
    qsort(table, run->kept, sizeof(struct kept_row *), compare_rows);
    *dropped = run->count - run->kept;
    return STATUS_OK;
}

void compact_run_tally(const struct compact_run *run, struct property_tally *tally)
{
    size_t step = run->kept / TALLY_ROWS + 1;
    for (size_t i = 0; i < run->kept; i += step) {
        struct row_cells cells;
        row_cells_unpack(run->order[i]->cells, run->order[i]->text, &cells);
        if (cells.kinds[COLUMN_PROPERTIES] == CELL_NESTED) {
            property_tally_row(tally, cells.text[COLUMN_PROPERTIES]);
        }
    }
}

void compact_run_set_promoted(struct compact_run *run, const struct promoted *promoted,
                              size_t count)
{
    compact_columns_set(&run->columns, promoted, count);
    run->source.column_count = run->columns.count;
}

static enum status open_scan(void *self, void **scan, struct fault *fault)
{
    struct scan *made = malloc(sizeof(*made));
    *scan = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a scan");
    }
    *made = (struct scan){.run = self};
    return STATUS_OK;
}

static void close_scan(void *scan)
{
    free(scan);
}

/* Sorted rows lie anywhere: those that come soon are sent for now. */
static void fetch_ahead(const struct compact_run *run, size_t at)
{
    if (at + 2 * AHEAD < run->kept) {
        __builtin_prefetch(run->order[at + 2 * AHEAD]);
        const struct kept_row *row = run->order[at + AHEAD];
        __builtin_prefetch(row->cells);
        for (size_t i = 0; i < row->text.len; i += CACHE_LINE_BYTES) {
            __builtin_prefetch(row->text.at + i);
        }
    }
}

static enum status fill_rows(void *self, struct duck_fill *fill, struct fault *fault)
{
    struct scan *scan = self;
    struct compact_run *run = scan->run;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && fill->rows < fill->rows_max && scan->given < run->kept) {
        fetch_ahead(run, scan->given);
        const struct kept_row *row = run->order[scan->given++];
        struct row_cells cells;
        row_cells_unpack(row->cells, row->text, &cells);
        status = compact_columns_put(&run->columns, fill, &cells, &run->said, true, fault);
        if (run->stats) {
            schema_feed_cells(run->stats, &cells);
        }
        fill->rows++;
    }
    return status;
}

enum status compact_run_register(struct compact_run *run, struct duck *duck, const char *name,
                                 struct fault *fault)
{
    compact_columns_init(&run->columns);
    run->source = (struct duck_source){
        .name = name,
        .columns = run->columns.at,
        .column_count = run->columns.count,
        .self = run,
        .open = open_scan,
        .fill = fill_rows,
        .close = close_scan,
    };
    return duck_source_register(duck, &run->source, fault);
}

void compact_run_count(struct compact_run *run, struct schema_stats *stats)
{
    run->stats = stats;
}

enum status compact_run_each(const struct compact_run *run, compact_row_fn *on_row, void *self,
                             struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->kept && status == STATUS_OK; i++) {
        const struct kept_row *row = run->order[i];
        status = on_row(self, row->text, row->key, row->order.ingest_seq, fault);
    }
    return status;
}
