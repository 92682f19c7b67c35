#include "base/clock.h"
#include "base/json.h"
#include "lake/part_reader.h"
#include "lake/snapshot_inside.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { ROW_ARENA_BYTES = 256 * 1024 * 1024, NUMBER_DIGITS_MAX = 20 };
static const char NUMBER_HEAD[] = ",\"ingest_seq\":";

struct snapshot_rows {
    const struct snapshot *snapshot;
    struct part_reader *part; /* NULL: the tail */
    const struct snapshot_part *of;
    bool must_look; /* not every row of the part is in the range */
    size_t next;    /* of the tail */
    struct arena arena;
};

size_t snapshot_file_count(const struct snapshot *snapshot)
{
    return snapshot->files.parquet_count;
}

const struct snapshot_file *snapshot_file(const struct snapshot *snapshot, size_t index)
{
    return &snapshot->files.parquet[index];
}

const struct promoted *snapshot_promoted(const struct snapshot *snapshot)
{
    return &snapshot->promoted;
}

int64_t snapshot_complete_since(const struct snapshot *snapshot)
{
    return lake_columns_complete_since(&snapshot->columns);
}

size_t snapshot_source_count(const struct snapshot *snapshot)
{
    return snapshot->files.part_count + (snapshot->tail_count > 0 ? 1 : 0);
}

const char *snapshot_source_name(const struct snapshot *snapshot, size_t source)
{
    return source < snapshot->files.part_count ? snapshot->files.parts[source].path : "journal";
}

enum status snapshot_rows_open(struct snapshot_rows **rows, struct snapshot *snapshot,
                               size_t source, struct fault *fault)
{
    struct snapshot_rows *made = calloc(1, sizeof(*made));
    *rows = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read rows");
    }
    made->snapshot = snapshot;
    arena_init(&made->arena, ROW_ARENA_BYTES);
    enum status status = STATUS_OK;
    if (source < snapshot->files.part_count) {
        const struct snapshot_range *range = &snapshot->options.range;
        made->of = &snapshot->files.parts[source];
        made->must_look = !snapshot_range_holds_hour(range, made->of->hour) ||
                          made->of->name.first_seq < range->from_seq ||
                          (range->to_seq != 0 && made->of->name.last_seq >= range->to_seq);
        status = part_reader_open_file(&made->part, made->of->fd, made->of->path, fault);
    }
    if (status != STATUS_OK) {
        snapshot_rows_close(made);
        return status;
    }
    *rows = made;
    return STATUS_OK;
}

void snapshot_rows_close(struct snapshot_rows *rows)
{
    if (!rows) {
        return;
    }
    part_reader_close(rows->part);
    arena_free(&rows->arena);
    free(rows);
}

/* It is the last column, and of no other type than a whole number. */
static bool number_of(struct view row, uint64_t *number)
{
    const size_t head = sizeof(NUMBER_HEAD) - 1;
    size_t end = row.len > 0 ? row.len - 1 : 0; /* before the brace */
    size_t begin = end;
    while (begin > 0 && end - begin < NUMBER_DIGITS_MAX && row.at[begin - 1] >= '0' &&
           row.at[begin - 1] <= '9') {
        begin--;
    }
    return begin > head && memcmp(row.at + begin - head, NUMBER_HEAD, head) == 0 &&
           view_to_uint64(view_part(row, begin, end - begin), number);
}

static bool received_of(struct arena *arena, struct view row, int64_t *ms)
{
    struct json doc;
    struct view text = {0};
    arena_clear(arena);
    return json_parse(&doc, row, arena, NULL, NULL) == STATUS_OK &&
           json_text(&doc, json_member(&doc, JSON_ROOT, "received_at"), arena, &text) ==
               STATUS_OK &&
           clock_parse(text.at, text.len, ms);
}

/* Rows that cannot be understood are kept: whoever asked says what is wrong with them. */
static bool is_in_range(struct snapshot_rows *rows, struct view row)
{
    const struct snapshot_range *range = &rows->snapshot->options.range;
    int64_t ms = rows->of->hour * 3600000;
    uint64_t number = range->from_seq;
    if (!rows->must_look || !number_of(row, &number)) {
        return true;
    }
    if (snapshot_range_holds_hour(range, rows->of->hour)) {
        return snapshot_range_has(range, range->from_ms, number);
    }
    return !received_of(&rows->arena, row, &ms) || snapshot_range_has(range, ms, number);
}

static bool is_kept(struct snapshot_rows *rows, struct view row)
{
    const struct snapshot_options *options = &rows->snapshot->options;
    return !options->is_kept || options->is_kept(options->self, row);
}

static enum status next_of_tail(struct snapshot_rows *rows, struct view *row)
{
    struct journal_tail *tail = rows->snapshot->tail;
    while (rows->next < journal_tail_count(tail)) {
        const struct tail_row *found = journal_tail_row(tail, rows->next++);
        *row = journal_tail_text(tail, found);
        if (!found->is_left_out && is_kept(rows, *row)) {
            return STATUS_OK;
        }
    }
    return STATUS_END;
}

enum status snapshot_rows_next(struct snapshot_rows *rows, struct view *row, struct fault *fault)
{
    if (!rows->part) {
        return next_of_tail(rows, row);
    }
    enum status status;
    do {
        status = part_reader_next(rows->part, row, fault);
    } while (status == STATUS_OK && (!is_in_range(rows, *row) || !is_kept(rows, *row)));
    return status;
}
