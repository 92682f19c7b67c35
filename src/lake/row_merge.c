#include "lake/row_merge.h"

#include "lake/part_reader.h"
#include "lake/row_order.h"

#include <stdlib.h>

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024 };

struct input {
    struct part_reader *reader;
    struct view row; /* the next one */
    struct row_cells cells;
    struct row_order order;
    struct arena texts;
};

struct row_merge {
    const struct row_keys *keys;
    struct input inputs[ROW_MERGE_FILES_MAX];
    size_t opened;
    size_t heap[ROW_MERGE_FILES_MAX]; /* of inputs that have a row: the first row's on top */
    size_t count;
    bool has_given; /* the top's row was handed out: move on first */
    uint64_t last_seq;
    uint64_t dropped;
};

static bool is_before(const struct row_merge *merge, size_t a, size_t b)
{
    return row_order_compare(&merge->inputs[merge->heap[a]].order,
                             &merge->inputs[merge->heap[b]].order) < 0;
}

static void swap(struct row_merge *merge, size_t a, size_t b)
{
    size_t held = merge->heap[a];
    merge->heap[a] = merge->heap[b];
    merge->heap[b] = held;
}

static void sink(struct row_merge *merge, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            least = child < merge->count && is_before(merge, child, least) ? child : least;
        }
        if (least == at) {
            return;
        }
        swap(merge, at, least);
        at = least;
    }
}

/* The input's next row. STATUS_END: it has none. */
static enum status advance(struct input *input, struct fault *fault)
{
    enum status status = part_reader_next(input->reader, &input->row, fault);
    if (status != STATUS_OK) {
        return status;
    }
    arena_clear(&input->texts);
    return row_cells_read(&input->cells, input->row) &&
                   row_order_make(&input->order, &input->cells, &input->texts)
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "a row that was set aside is not what it was");
}

static enum status open_input(struct row_merge *merge, int folder_fd, const char *name,
                              struct fault *fault)
{
    struct input *input = &merge->inputs[merge->opened];
    arena_init(&input->texts, TEXT_BYTES_MAX);
    enum status status = part_reader_open(&input->reader, folder_fd, name, fault);
    if (status != STATUS_OK) {
        return status;
    }
    size_t index = merge->opened++;
    status = advance(input, fault);
    if (status == STATUS_OK) {
        merge->heap[merge->count++] = index;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status row_merge_open(struct row_merge **merge, int folder_fd,
                           char names[][ROW_MERGE_NAME_BYTES], size_t count,
                           const struct row_keys *keys, struct fault *fault)
{
    struct row_merge *made = calloc(1, sizeof(*made));
    *merge = NULL;
    if (!made || count > ROW_MERGE_FILES_MAX) {
        free(made);
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to merge %zu files", count);
    }
    made->keys = keys;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = open_input(made, folder_fd, names[i], fault);
    }
    for (size_t at = made->count; at > 0 && status == STATUS_OK; at--) {
        sink(made, at - 1);
    }
    if (status != STATUS_OK) {
        row_merge_close(made);
        return status;
    }
    *merge = made;
    return STATUS_OK;
}

void row_merge_close(struct row_merge *merge)
{
    for (size_t i = 0; merge && i < merge->opened; i++) {
        part_reader_close(merge->inputs[i].reader);
        arena_free(&merge->inputs[i].texts);
    }
    free(merge);
}

uint64_t row_merge_dropped(const struct row_merge *merge)
{
    return merge->dropped;
}

static enum status move_on(struct row_merge *merge, struct fault *fault)
{
    enum status status = advance(&merge->inputs[merge->heap[0]], fault);
    if (status == STATUS_END) {
        merge->heap[0] = merge->heap[--merge->count];
        status = STATUS_OK;
    }
    sink(merge, 0);
    return status;
}

enum status row_merge_next(struct row_merge *merge, struct view *row,
                           const struct row_cells **cells, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (;;) {
        if (merge->has_given) {
            status = move_on(merge, fault);
            merge->has_given = false;
        }
        if (status != STATUS_OK || merge->count == 0) {
            return status == STATUS_OK ? STATUS_END : status;
        }
        const struct input *input = &merge->inputs[merge->heap[0]];
        uint64_t seq = input->order.ingest_seq;
        merge->has_given = true;
        /* The same row out of two files: they come one behind the other. */
        if (seq == merge->last_seq || (merge->keys && row_keys_is_later(merge->keys, seq))) {
            merge->dropped++;
            continue;
        }
        merge->last_seq = seq;
        *row = input->row;
        *cells = &input->cells;
        return STATUS_OK;
    }
}
