#include "app/replay.h"

#include "app/replay_append.h"
#include "lake/lake_commit.h"
#include "lake/lake_done.h"
#include "lake/lake_hour.h"
#include "lake/lake_work.h"
#include "lake/part_reader.h"
#include "lake/replay_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOT_BYTES_MAX = 16 * 1024 * 1024, DONE_MAX = 1 << 26, PARTS_MAX = 1 << 20 };
static const int64_t HOUR_MS = 3600000;

/* A part that rows left, and which. */
struct replayed_part {
    int64_t hour;
    struct lake_part part;
    uint64_t *done;
    size_t done_count;
    size_t done_room;
};

struct replay {
    struct lake_work work;
    bool has_work;
    int data_fd;
    int lake_fd;
    int tree_fd;
    struct replay_report report;
    struct replayed_part *parts; /* by hour */
    size_t part_count;
    struct buf lot; /* rows, a line each */
    size_t lot_rows;
};

enum status replay_begin(struct replay **replay, int data_fd, const char *data_path,
                         const struct logger *log, struct fault *fault)
{
    struct replay *made = calloc(1, sizeof(*made));
    *replay = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to replay");
    }
    made->data_fd = data_fd;
    made->lake_fd = openat(data_fd, "lake", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    made->tree_fd = openat(data_fd, "lake/quarantine", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_init(&made->lot, LOT_BYTES_MAX);
    enum status status = STATUS_OK;
    if (made->tree_fd >= 0) {
        status = lake_work_wait(&made->work, data_fd, data_path, log, fault);
        made->has_work = status == STATUS_OK;
    }
    if (status != STATUS_OK) {
        replay_end(made);
        return status;
    }
    *replay = made;
    return STATUS_OK;
}

void replay_end(struct replay *replay)
{
    if (!replay) {
        return;
    }
    for (size_t i = 0; i < replay->part_count; i++) {
        free(replay->parts[i].done);
    }
    free(replay->parts);
    buf_free(&replay->lot);
    if (replay->has_work) {
        lake_work_end(&replay->work);
    }
    if (replay->tree_fd >= 0) {
        close(replay->tree_fd);
    }
    if (replay->lake_fd >= 0) {
        close(replay->lake_fd);
    }
    free(replay);
}

const struct replay_report *replay_report(const struct replay *replay)
{
    return &replay->report;
}

static enum status note_done(struct replayed_part *part, const struct replay_lot *lot,
                             struct fault *fault)
{
    size_t count = part->done_count + lot->done_count;
    if (count > part->done_room) {
        size_t room = count * 2;
        uint64_t *more = room <= DONE_MAX ? realloc(part->done, room * sizeof(*more)) : NULL;
        if (!more) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory for the rows of %s",
                             part->part.name);
        }
        part->done = more;
        part->done_room = room;
    }
    if (lot->done_count > 0) {
        memcpy(part->done + part->done_count, lot->done, lot->done_count * sizeof(*lot->done));
        part->done_count = count;
    }
    return STATUS_OK;
}

static void drop_rows(struct replay *replay, size_t count)
{
    struct view rest = buf_view(&replay->lot);
    for (size_t i = 0; i < count; i++) {
        view_cut(&rest, '\n');
    }
    buf_consume(&replay->lot, replay->lot.len - rest.len);
    replay->lot_rows -= count;
}

/* Until all of the lot was looked at: of what does not fit into one commit a part remains. */
static enum status put_lot(struct replay *replay, struct replayed_part *part,
                           const struct replay_sink *sink, struct fault *fault)
{
    enum status status = STATUS_OK;
    while (replay->lot_rows > 0 && status == STATUS_OK) {
        struct replay_lot lot = {0};
        status = sink->put(sink->self, buf_view(&replay->lot), &lot, fault);
        if (status == STATUS_OK && (lot.looked == 0 || lot.looked > replay->lot_rows)) {
            status = fault_set(fault, STATUS_IO, "nothing was looked at");
        }
        if (status == STATUS_OK) {
            status = note_done(part, &lot, fault);
            replay->report.events += lot.events;
            replay->report.understood += lot.done_count;
            drop_rows(replay, lot.looked);
        }
    }
    return status;
}

static enum status add_row(struct replay *replay, struct replayed_part *part, struct view row,
                           const struct replay_sink *sink, struct fault *fault)
{
    enum status status = STATUS_OK;
    replay->report.rows++;
    if (replay->lot_rows == REPLAY_ROWS_MAX ||
        (replay->lot_rows > 0 && replay->lot.len + row.len > REPLAY_BYTES_MAX)) {
        status = put_lot(replay, part, sink, fault);
    }
    if (status == STATUS_OK && row.len + 1 <= LOT_BYTES_MAX) {
        buf_append_view(&replay->lot, row);
        buf_append_byte(&replay->lot, '\n');
        replay->lot_rows++;
    }
    return status;
}

static enum status collect_part(struct replay *replay, struct replayed_part *part,
                                const struct replay_sink *sink, struct fault *fault)
{
    char path[LAKE_HOUR_PATH_BYTES];
    struct part_reader *reader = NULL;
    struct view row;
    lake_hour_path(part->hour, path);
    int fd = openat(replay->tree_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = part_reader_open(&reader, fd, part->part.name, fault);
    bool is_read = status == STATUS_OK;
    while (status == STATUS_OK && is_read) {
        enum status next = part_reader_next(reader, &row, fault);
        is_read = next == STATUS_OK;
        replay->report.skipped += next == STATUS_DAMAGED;
        status = is_read ? add_row(replay, part, row, sink, fault) : STATUS_OK;
    }
    part_reader_close(reader);
    if (fd >= 0) {
        close(fd);
    }
    return status == STATUS_OK ? put_lot(replay, part, sink, fault) : status;
}

/* The part is kept in mind only when something left it. */
static enum status look_at_part(struct replay *replay, int64_t hour, const struct lake_part *part,
                                const struct replay_sink *sink, struct fault *fault)
{
    size_t count = replay->part_count;
    if ((count & (count - 1)) == 0) {
        size_t room = count > 0 ? count * 2 : 1;
        void *more =
            room <= PARTS_MAX ? realloc(replay->parts, room * sizeof(*replay->parts)) : NULL;
        if (!more) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory for parts");
        }
        replay->parts = more;
    }
    struct replayed_part *kept = &replay->parts[replay->part_count++];
    *kept = (struct replayed_part){.hour = hour, .part = *part};
    enum status status = collect_part(replay, kept, sink, fault);
    if (kept->done_count == 0) {
        free(kept->done);
        replay->part_count--;
    }
    return status;
}

enum status replay_collect(struct replay *replay, const struct replay_sink *sink,
                           struct fault *fault)
{
    struct lake_done done = {0};
    struct lake_hours hours = {0};
    if (replay->tree_fd < 0) {
        return STATUS_OK;
    }
    enum status status = lake_done_load(&done, replay->data_fd, fault);
    status = status == STATUS_OK ? lake_hours_list(&hours, replay->tree_fd, fault) : status;
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        struct lake_parts parts = {0};
        status = lake_parts_list(&parts, replay->tree_fd, hours.at[i], fault);
        for (size_t j = 0; j < parts.count && status == STATUS_OK; j++) {
            bool may_go = lake_done_covers(&done, TREE_QUARANTINE, &parts.at[j].parsed);
            replay->report.skipped += !may_go;
            status =
                may_go ? look_at_part(replay, hours.at[i], &parts.at[j], sink, fault) : STATUS_OK;
        }
        lake_parts_free(&parts);
    }
    lake_hours_free(&hours);
    lake_done_free(&done);
    return status;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static enum status copy_rows(const struct replayed_part *part, struct part_reader *reader,
                             struct part_writer *writer, struct fault *fault)
{
    struct view row;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = part_reader_next(reader, &row, fault)) == STATUS_OK) {
        uint64_t seq = 0;
        bool is_done =
            part_row_seq(row, &seq) && bsearch(&seq, part->done, part->done_count,
                                               sizeof(part->done[0]), compare_numbers) != NULL;
        status = is_done ? STATUS_OK : part_writer_row(writer, row, fault);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Writes the part without its rows, and adds what a commit is to do. */
static enum status rewrite(struct replay *replay, struct replayed_part *part, struct buf *change,
                           struct fault *fault)
{
    char path[LAKE_HOUR_PATH_BYTES];
    char unfinished[PART_WRITER_NAME_BYTES];
    struct part_reader *reader = NULL;
    struct part_writer *writer = NULL;
    lake_hour_path(part->hour, path);
    qsort(part->done, part->done_count, sizeof(part->done[0]), compare_numbers);
    int fd = openat(replay->tree_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = part_reader_open(&reader, fd, part->part.name, fault);
    if (status == STATUS_OK) {
        status = part_writer_begin(&writer, replay->tree_fd, part->part.parsed.stream,
                                   part->part.parsed.first_seq, part->hour * HOUR_MS, fault);
    }
    status = status == STATUS_OK ? copy_rows(part, reader, writer, fault) : status;
    bool is_empty = writer && part_writer_rows(writer) == 0;
    if (status != STATUS_OK || is_empty) {
        part_writer_abandon(writer);
    } else {
        status = part_writer_close(writer, unfinished, fault);
    }
    if (status == STATUS_OK && is_empty) {
        buf_append_format(change, "remove quarantine/%s/%s\n", path, part->part.name);
    } else if (status == STATUS_OK) {
        buf_append_format(change, "replace quarantine/%s/%s quarantine/%s/%s\n", path, unfinished,
                          path, part->part.name);
    }
    part_reader_close(reader);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* The parts from `first` on that are of one hour; *next is behind them. */
static enum status commit_hour(struct replay *replay, size_t first, size_t *next,
                               struct fault *fault)
{
    struct buf change;
    struct replay_manifest manifest;
    int64_t hour = replay->parts[first].hour;
    char unfinished[REPLAY_MANIFEST_NAME_BYTES];
    char finished[REPLAY_MANIFEST_NAME_BYTES];
    buf_init(&change, LAKE_CHANGE_BYTES_MAX);
    enum status status = replay_manifest_load(&manifest, replay->lake_fd, hour, fault);
    replay_manifest_name(manifest.day, true, unfinished);
    replay_manifest_name(manifest.day, false, finished);
    buf_append_format(&change, "replace %s %s\n", unfinished, finished);
    size_t at = first;
    for (; at < replay->part_count && replay->parts[at].hour == hour && status == STATUS_OK; at++) {
        manifest.rows[(hour % 24 + 24) % 24] += replay->parts[at].done_count;
        status = rewrite(replay, &replay->parts[at], &change, fault);
    }
    status = status == STATUS_OK ? buf_status(&change) : status;
    status = status == STATUS_OK ? replay_manifest_save(&manifest, replay->lake_fd, fault) : status;
    status =
        status == STATUS_OK ? lake_work_commit(&replay->work, buf_view(&change), fault) : status;
    buf_free(&change);
    *next = at;
    return status;
}

enum status replay_commit(struct replay *replay, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t at = 0; at < replay->part_count && status == STATUS_OK;) {
        status = commit_hour(replay, at, &at, fault);
    }
    return status;
}
