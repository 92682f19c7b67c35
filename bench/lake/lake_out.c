#include "bench/lake/lake_out.h"

#include "base/file.h"
#include "base/hash.h"
#include "journal/data_folder.h"
#include "lake/cursor.h"
#include "lake/key_set.h"
#include "lake/part_writer.h"
#include "bench/lake/row.h"

#include <stdlib.h>
#include <unistd.h>

enum { STREAMS = 2 };
static const int64_t WINDOW_MS = INT64_C(8) * 86400000;

struct lake_out {
    const struct lake_out_options *options;
    struct truth *truth;
    struct data_folder data;
    int lake_fd;
    int raw_fd;
    int keys_fd;
    uint64_t key_seed;
    struct key_set *keys;
    struct row row;
    struct part_writer *parts[STREAMS];
    uint64_t taken[STREAMS]; /* last number that was looked at */
    uint64_t stream_ids[STREAMS];
};

static enum status enter(int folder_fd, const char *name, int *fd, struct fault *fault)
{
    return data_folder_enter(folder_fd, name, true, fd, fault);
}

static enum status write_number(int folder_fd, const char *name, uint64_t number,
                                struct fault *fault)
{
    char text[VIEW_INT64_BYTES + 1];
    struct buf line;
    buf_init_over(&line, text, sizeof(text));
    buf_append_uint64(&line, number);
    buf_append_byte(&line, '\n');
    return file_replace(folder_fd, name, buf_view(&line), fault);
}

static enum status open_out(struct lake_out *out, struct fault *fault)
{
    unsigned damaged = 0;
    int journal_fd = -1;
    enum status status =
        data_folder_open(&out->data, out->options->folder, DATA_FOLDER_WRITE, fault);
    if (status == STATUS_OK) {
        status = enter(out->data.fd, "journal", &journal_fd, fault);
    }
    if (status == STATUS_OK) {
        status = write_number(journal_fd, "SEQUENCE", out->truth->rows.last_seq + 1, fault);
        close(journal_fd);
    }
    if (status == STATUS_OK) {
        status = write_number(out->data.fd, "SEED", out->key_seed, fault);
    }
    if (status == STATUS_OK) {
        status = enter(out->data.fd, "lake", &out->lake_fd, fault);
    }
    if (status == STATUS_OK && faccessat(out->lake_fd, "raw", F_OK, 0) == 0) {
        status = fault_set(fault, STATUS_BUSY, "%s has a lake already; remove it, or name another",
                           out->options->folder);
    }
    if (status == STATUS_OK) {
        status = enter(out->lake_fd, "raw", &out->raw_fd, fault);
    }
    if (status == STATUS_OK) {
        status = enter(out->lake_fd, "keys", &out->keys_fd, fault);
    }
    return status == STATUS_OK ? key_set_open(&out->keys, out->keys_fd, WINDOW_MS, &damaged, fault)
                               : status;
}

static void close_out(struct lake_out *out)
{
    int fds[] = {out->lake_fd, out->raw_fd, out->keys_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    for (int i = 0; i < STREAMS; i++) {
        part_writer_abandon(out->parts[i]);
    }
    key_set_close(out->keys);
    row_free(&out->row);
    data_folder_close(&out->data);
}

static enum status add_key(struct lake_out *out, int64_t received_ms, struct fault *fault)
{
    uint64_t hash[2];
    bool is_new;
    hash_pair_128(out->key_seed, out->row.site, out->row.event_id, hash);
    struct key key = {hash[0], hash[1]};
    if (key_set_fresh(out->keys) >= KEY_SET_FRESH_MAX - 1) {
        enum status status = key_set_save(out->keys, received_ms, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return key_set_add(out->keys, key, received_ms, &is_new, fault);
}

static enum status finish_part(struct lake_out *out, int stream, struct fault *fault)
{
    struct part_writer *part = out->parts[stream];
    out->parts[stream] = NULL;
    if (!part) {
        return STATUS_OK;
    }
    out->truth->rows.files++;
    return part_writer_finish(part, out->taken[stream], fault);
}

static enum status place(struct lake_out *out, int stream, const struct step *step, uint64_t seq,
                         struct fault *fault)
{
    struct part_writer *part = out->parts[stream];
    enum status status = STATUS_OK;
    if (part && (part_writer_hour(part) != part_hour(step->received_ms) ||
                 part_writer_rows(part) >= out->options->part_rows)) {
        status = finish_part(out, stream, fault);
    }
    if (status == STATUS_OK && !out->parts[stream]) {
        status = part_writer_begin(&out->parts[stream], out->raw_fd, out->stream_ids[stream], seq,
                                   step->received_ms, fault);
    }
    return status;
}

static enum status write_row(struct lake_out *out, int stream, const struct step *step,
                             uint64_t seq, struct fault *fault)
{
    struct truth_rows *rows = &out->truth->rows;
    enum status status = place(out, stream, step, seq, fault);
    if (status == STATUS_OK) {
        status = row_make(&out->row, step, seq, fault);
    }
    if (status == STATUS_OK) {
        status = part_writer_row(out->parts[stream], buf_view(&out->row.text), fault);
    }
    rows->raw++;
    rows->bytes += out->row.text.len + 1;
    return status == STATUS_OK && !step->is_repeat ? add_key(out, step->received_ms, fault)
                                                   : status;
}

static enum status write_steps(struct lake_out *out, const struct plan *plan, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < plan->count && status == STATUS_OK; i++) {
        const struct step *step = &plan->steps[i];
        int stream = (int)(step->load % STREAMS);
        uint64_t seq = out->truth->rows.first_seq + i;
        truth_note_row(out->truth, step);
        if (!step->is_repeat || out->options->has_repeats) {
            status = write_row(out, stream, step, seq, fault);
        }
        out->taken[stream] = seq;
    }
    for (int i = 0; i < STREAMS && status == STATUS_OK; i++) {
        status = finish_part(out, i, fault);
    }
    return status;
}

static enum status save_cursor(struct lake_out *out, struct fault *fault)
{
    struct cursor cursor = {0};
    for (int i = 0; i < STREAMS; i++) {
        struct cursor_row *row = cursor_row(&cursor, out->stream_ids[i]);
        if (!row) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory for the cursor");
        }
        row->done[TREE_RAW] = row->done[TREE_QUARANTINE] = row->keys_done = out->taken[i];
    }
    enum status status = cursor_save(&cursor, out->lake_fd, fault);
    cursor_free(&cursor);
    return status;
}

enum status lake_out_write(const struct plan *plan, const struct world *world,
                           const struct lake_out_options *options, struct truth *truth,
                           struct fault *fault)
{
    struct lake_out out = {
        .options = options,
        .truth = truth,
        .data = {.fd = -1, .lock_fd = -1},
        .lake_fd = -1,
        .raw_fd = -1,
        .keys_fd = -1,
        .key_seed = world->seed,
    };
    const struct plan_options *when = &plan->options;
    truth->rows.first_seq = 1;
    truth->rows.last_seq = plan->count;
    for (int i = 0; i < STREAMS; i++) {
        out.stream_ids[i] = (uint64_t)when->start_ms * 64 + (uint64_t)i;
    }
    row_init(&out.row, world, when->start_ms);
    enum status status = open_out(&out, fault);
    if (status == STATUS_OK) {
        status = write_steps(&out, plan, fault);
    }
    if (status == STATUS_OK) {
        status = key_set_save(out.keys, when->start_ms + when->days * INT64_C(86400000), fault);
    }
    if (status == STATUS_OK) {
        status = save_cursor(&out, fault);
    }
    close_out(&out);
    return status;
}
