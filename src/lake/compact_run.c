#include "lake/compact_run.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    COLUMNS_MAX = COLUMN_COUNT + PROMOTED_MAX,
    TALLY_ROWS = 4000, /* so many say what is frequent */
    BLOCK_BYTES = 1024 * 1024,
    ROWS_MIN = 4096,
    INDEX_SLOTS = 256
};

struct kept_row {
    struct view text;
    const struct row_packed *cells;
    struct view site; /* within the text, as the next one */
    struct view anonymous_id;
    uint64_t site_head; /* their first bytes as a number that sorts as they do */
    uint64_t anonymous_head;
    int64_t time_ms;
    uint64_t ingest_seq;
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
    const struct promoted *promoted;
    size_t promoted_count;
    uint8_t index[INDEX_SLOTS]; /* of promoted columns by name: its number + 1 */
    struct duck_source source;
    struct duck_column columns[COLUMNS_MAX];
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

/* Also more than the ceiling: one row may be larger than a whole run. */
static void *take_memory(struct compact_run *run, size_t bytes)
{
    size_t wanted = (bytes + 7) / 8 * 8;
    struct block **place = run->current ? &run->current : &run->first;
    if (run->current && run->current->room - run->current->used < wanted) {
        place = &run->current->next;
    }
    if (!*place || (*place)->room < wanted) {
        size_t room = wanted > BLOCK_BYTES ? wanted : BLOCK_BYTES;
        struct block *made = malloc(sizeof(*made) + room);
        if (!made) {
            return NULL;
        }
        *made = (struct block){.next = *place, .room = room};
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

/* A text with its escapes resolved, in the arena when it has any; empty when there is none. */
static struct view said(struct compact_run *run, const struct row_cells *cells, enum column column)
{
    struct view text = {0};
    enum cell_kind kind = cells->kinds[column];
    bool is_string = kind == CELL_PLAIN || kind == CELL_ESCAPED;
    if (!is_string || row_text(cells->text[column], kind, &run->said, &text) != STATUS_OK) {
        return view_make(NULL, 0);
    }
    return text;
}

/* Of the column as it is written: with the quotes of a text. */
static size_t property_bytes(const struct row_cells *cells)
{
    enum cell_kind kind = cells->kinds[COLUMN_PROPERTIES];
    bool is_string = kind == CELL_PLAIN || kind == CELL_ESCAPED;
    return kind == CELL_NONE ? 0 : cells->text[COLUMN_PROPERTIES].len + (is_string ? 2 : 0);
}

/* The first eight bytes as a number; shorter ones come first, as in memcmp(). */
static uint64_t head_of(struct view text)
{
    uint64_t head = 0;
    memcpy(&head, text.at ? text.at : "", text.len < 8 ? text.len : 8);
    return __builtin_bswap64(head); /* little-endian, as all that we run on */
}

enum status compact_run_add(struct compact_run *run, struct view row, struct fault *fault)
{
    struct row_cells cells;
    int64_t seq = 0;
    if (is_full(run, row.len + sizeof(struct row_packed))) {
        return STATUS_TOO_BIG;
    }
    struct kept_row *place = next_place(run);
    struct row_packed *packed = take_memory(run, sizeof(*packed));
    char *copy = take_memory(run, row.len);
    if (!place || !packed || !copy) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for rows");
    }
    struct view text = view_make(memcpy(copy, row.at, row.len), row.len);
    if (!row_cells_read(&cells, text) || !row_cells_integer(&cells, COLUMN_INGEST_SEQ, &seq) ||
        seq <= 0) {
        return fault_set(fault, STATUS_DAMAGED, "a row is none of the lake's: %.*s",
                         VIEW_ARG(view_part(text, 0, 80)));
    }
    row_cells_pack(&cells, text, packed);
    *place = (struct kept_row){
        .text = text,
        .cells = packed,
        .site = said(run, &cells, COLUMN_SITE),
        .anonymous_id = said(run, &cells, COLUMN_ANONYMOUS_ID),
        .ingest_seq = (uint64_t)seq,
        .property_bytes = property_bytes(&cells),
    };
    place->site_head = head_of(place->site);
    place->anonymous_head = head_of(place->anonymous_id);
    if (!row_cells_time(&cells, COLUMN_EVENT_TIME, &place->time_ms)) {
        place->time_ms = INT64_MIN;
    }
    hash_pair_128(0, place->site, said(run, &cells, COLUMN_EVENT_ID), place->key);
    run->count++;
    return STATUS_OK;
}

static inline int compare_texts(uint64_t left_head, uint64_t right_head, struct view left,
                                struct view right)
{
    if (left_head != right_head) {
        return left_head < right_head ? -1 : 1;
    }
    size_t shorter = left.len < right.len ? left.len : right.len;
    int order = shorter > 8 ? memcmp(left.at + 8, right.at + 8, shorter - 8) : 0;
    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

static int compare_rows(const void *a, const void *b)
{
    const struct kept_row *left = *(const struct kept_row *const *)a;
    const struct kept_row *right = *(const struct kept_row *const *)b;
    int order = compare_texts(left->site_head, right->site_head, left->site, right->site);
    if (order == 0) {
        order = compare_texts(left->anonymous_head, right->anonymous_head, left->anonymous_id,
                              right->anonymous_id);
    }
    if (order == 0) {
        order = (left->time_ms > right->time_ms) - (left->time_ms < right->time_ms);
    }
    return order != 0
               ? order
               : (left->ingest_seq > right->ingest_seq) - (left->ingest_seq < right->ingest_seq);
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
        if (!table[at] || row->ingest_seq < table[at]->ingest_seq) {
            table[at] = row;
        }
    }
}

static void add_to_sums(struct compact_sums *sums, const struct kept_row *row)
{
    sums->rows++;
    sums->seq_sum += row->ingest_seq;
    sums->property_bytes += row->property_bytes;
    if (sums->first_seq == 0 || row->ingest_seq < sums->first_seq) {
        sums->first_seq = row->ingest_seq;
    }
    sums->last_seq = row->ingest_seq > sums->last_seq ? row->ingest_seq : sums->last_seq;
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
            add_to_sums(&run->sums, table[i]);
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

static size_t index_slot(struct view name)
{
    return hash_64(0, name) % INDEX_SLOTS;
}

static size_t find_promoted(const struct compact_run *run, struct view name)
{
    for (size_t at = index_slot(name); run->index[at] > 0; at = (at + 1) % INDEX_SLOTS) {
        if (view_is(name, run->promoted->columns[run->index[at] - 1].property)) {
            return run->index[at] - 1u;
        }
    }
    return run->promoted_count;
}

void compact_run_set_promoted(struct compact_run *run, const struct promoted *promoted,
                              size_t count)
{
    static const duckdb_type TYPES[] = {[PROMOTED_TEXT] = DUCKDB_TYPE_VARCHAR,
                                        [PROMOTED_NUMBER] = DUCKDB_TYPE_DOUBLE,
                                        [PROMOTED_BOOLEAN] = DUCKDB_TYPE_BOOLEAN};
    run->promoted = promoted;
    run->promoted_count = count;
    memset(run->index, 0, sizeof(run->index));
    for (size_t i = 0; i < count; i++) {
        const struct promoted_column *column = &promoted->columns[i];
        size_t at = index_slot(view_from_text(column->property));
        while (run->index[at] > 0) {
            at = (at + 1) % INDEX_SLOTS;
        }
        run->index[at] = (uint8_t)(i + 1);
        run->columns[COLUMN_COUNT + i] = (struct duck_column){column->column, TYPES[column->type]};
    }
    run->source.column_count = COLUMN_COUNT + count;
}

static void put_value(struct duck_fill *fill, size_t column, enum promoted_type type,
                      const struct promoted_value *value)
{
    switch (type) {
    case PROMOTED_TEXT:
        duck_put_lent_text(fill, column, value->text);
        break;
    case PROMOTED_NUMBER:
        duck_put_double(fill, column, value->number);
        break;
    case PROMOTED_BOOLEAN:
        duck_put_boolean(fill, column, value->is_true);
        break;
    }
}

static void put_promoted(struct compact_run *run, struct duck_fill *fill, struct view properties)
{
    struct row_member member;
    uint64_t has = 0;
    const char *at = properties.at + 1;
    const char *end = properties.at + properties.len;
    while (properties.len > 1 && row_member_next(&at, end, &member)) {
        struct promoted_value value;
        size_t i = member.is_key_escaped ? run->promoted_count : find_promoted(run, member.key);
        if (i == run->promoted_count) {
            continue;
        }
        /* Of a key that is there twice the last one counts. */
        enum promoted_type type = run->promoted->columns[i].type;
        bool fits = promoted_fits(type, &member, &run->said, &value);
        has = fits ? has | UINT64_C(1) << i : has & ~(UINT64_C(1) << i);
        if (fits) {
            put_value(fill, COLUMN_COUNT + i, type, &value);
        }
    }
    for (size_t i = 0; i < run->promoted_count; i++) {
        if ((has >> i & 1) == 0) {
            duck_put_null(fill, COLUMN_COUNT + i);
        }
    }
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

static enum status fill_rows(void *self, struct duck_fill *fill, struct fault *fault)
{
    struct scan *scan = self;
    struct compact_run *run = scan->run;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && fill->rows < fill->rows_max && scan->given < run->kept) {
        const struct kept_row *row = run->order[scan->given++];
        struct row_cells cells;
        row_cells_unpack(row->cells, row->text, &cells);
        bool has_object = cells.kinds[COLUMN_PROPERTIES] == CELL_NESTED;
        status = duck_put_cells(fill, &cells, &run->said, DUCK_PUT_LENT | DUCK_PUT_TIMES_MS, fault);
        put_promoted(run, fill, has_object ? cells.text[COLUMN_PROPERTIES] : view_make("", 0));
        fill->rows++;
    }
    return status;
}

enum status compact_run_register(struct compact_run *run, struct duck *duck, const char *name,
                                 struct fault *fault)
{
    duck_columns(run->columns);
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (columns[i].type == COLUMN_TIME) {
            run->columns[i].type = DUCKDB_TYPE_TIMESTAMP_MS;
        }
    }
    run->source = (struct duck_source){
        .name = name,
        .columns = run->columns,
        .column_count = COLUMN_COUNT + run->promoted_count,
        .self = run,
        .open = open_scan,
        .fill = fill_rows,
        .close = close_scan,
    };
    return duck_source_register(duck, &run->source, fault);
}
