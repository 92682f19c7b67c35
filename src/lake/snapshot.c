#include "lake/snapshot.h"

#include "journal/data_folder.h"
#include "lake/snapshot_files.h"
#include "lake/snapshot_inside.h"
#include "lake/snapshot_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 8, UNSAVED_MAX = 1024 };
static const char LOCK_NAME[] = "SNAPSHOT";

/* What is needed while it is taken. */
struct taking {
    struct snapshot *snapshot;
    int data_fd;
    int lake_fd; /* -1: there is no lake yet */
    struct key_view keys;
    struct cursor before_keys;     /* read before the keys: what it covers has its keys there */
    struct cursor locked;          /* read before the trees were listed */
    struct snapshot_part *unsaved; /* parts whose keys may not be saved yet, open */
    size_t unsaved_count;
};

static const struct cursor_row *find_row(const struct cursor *cursor, uint64_t stream)
{
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->rows[i].stream == stream) {
            return &cursor->rows[i];
        }
    }
    return NULL;
}

/* Streams without a row are gone from the journal, or so new that all their numbers are higher. */
static bool has_keys_saved(const struct cursor *cursor, const struct part_name *part)
{
    const struct cursor_row *row = find_row(cursor, part->stream);
    if (row) {
        return part->last_seq <= row->keys_done;
    }
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->rows[i].keys_done >= part->first_seq) {
            return true;
        }
    }
    return false;
}

static enum status open_unsaved(struct taking *taking, struct fault *fault)
{
    const struct snapshot_files *files = &taking->snapshot->files;
    taking->unsaved = calloc(UNSAVED_MAX, sizeof(*taking->unsaved));
    if (!taking->unsaved) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a list of parts");
    }
    for (size_t i = 0; i < files->part_count; i++) {
        struct snapshot_part part = files->parts[i];
        if (has_keys_saved(&taking->before_keys, &part.name) ||
            taking->unsaved_count == UNSAVED_MAX) {
            continue;
        }
        part.fd = openat(taking->lake_fd, part.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (part.fd < 0) {
            return fault_errno(fault, errno, "cannot open lake/%s", part.path);
        }
        taking->unsaved[taking->unsaved_count++] = part;
    }
    return STATUS_OK;
}

static bool is_stream_gone(const struct taking *taking, uint64_t stream)
{
    char path[64];
    struct stat facts;
    snprintf(path, sizeof(path), "journal/%020llu", (unsigned long long)stream);
    return fstatat(taking->data_fd, path, &facts, 0) != 0 && errno == ENOENT;
}

/* A row in the cursor for each stream of the tail. */
static enum status add_streams(struct taking *taking, struct fault *fault)
{
    struct journal_tail *tail = taking->snapshot->tail;
    uint64_t latest = 0;
    for (size_t i = 0; i < journal_tail_count(tail); i++) {
        uint64_t stream = journal_tail_row(tail, i)->stream;
        if (stream == latest || find_row(&taking->locked, stream)) {
            latest = stream;
            continue;
        }
        struct cursor_row *row = cursor_row(&taking->locked, stream);
        if (!row) {
            return fault_set(fault, STATUS_TOO_BIG, "too many streams wait for the lake");
        }
        /* The lake took the last of it while we looked. */
        row->done[TREE_RAW] = is_stream_gone(taking, stream) ? UINT64_MAX : 0;
        latest = stream;
    }
    return STATUS_OK;
}

/* Rows of the tail that stand in closed parts are no longer its own. */
static enum status leave_out_done(struct taking *taking, struct fault *fault)
{
    struct snapshot *snapshot = taking->snapshot;
    enum status status = add_streams(taking, fault);
    for (size_t i = 0; i < snapshot->files.part_count && status == STATUS_OK; i++) {
        const struct part_name *part = &snapshot->files.parts[i].name;
        struct cursor_row *row = find_row(&taking->locked, part->stream)
                                     ? cursor_row(&taking->locked, part->stream)
                                     : NULL;
        if (row && row->done[TREE_RAW] < part->last_seq) {
            row->done[TREE_RAW] = part->last_seq;
        }
    }
    for (size_t i = 0; i < journal_tail_count(snapshot->tail) && status == STATUS_OK; i++) {
        struct tail_row *row = journal_tail_row(snapshot->tail, i);
        const struct cursor_row *done = find_row(&taking->locked, row->stream);
        row->is_left_out = done && row->ingest_seq <= done->done[TREE_RAW];
    }
    return status;
}

static enum status look_at_trees(struct taking *taking, struct fault *fault)
{
    struct snapshot *snapshot = taking->snapshot;
    enum status status = cursor_load(&taking->locked, taking->lake_fd, fault);
    if (status == STATUS_OK) {
        status = snapshot_files_list(&snapshot->files, taking->lake_fd, fault);
    }
    if (status == STATUS_OK) {
        status = promoted_load(&snapshot->promoted, taking->lake_fd, fault);
    }
    if (status == STATUS_OK) {
        status = lake_columns_load(&snapshot->columns, taking->lake_fd, fault);
    }
    if (status == STATUS_OK) {
        status = leave_out_done(taking, fault);
    }
    if (status == STATUS_OK) {
        status = open_unsaved(taking, fault);
    }
    if (status == STATUS_OK) {
        status =
            snapshot_files_open(&snapshot->files, taking->lake_fd, &snapshot->options.range, fault);
    }
    return status;
}

static void forget_trees(struct taking *taking)
{
    snapshot_files_close(&taking->snapshot->files);
    cursor_free(&taking->locked);
    for (size_t i = 0; i < taking->unsaved_count; i++) {
        close(taking->unsaved[i].fd);
    }
    free(taking->unsaved);
    taking->unsaved = NULL;
    taking->unsaved_count = 0;
}

static int open_lock(const struct taking *taking)
{
    return openat(taking->lake_fd, LOCK_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* Where nothing was ever compacted there is nothing to lock yet; if it comes while we look, we look
 * again. STATUS_BUSY: then. */
static enum status look_once(struct taking *taking, struct fault *fault)
{
    int lock_fd = open_lock(taking);
    bool was_locked = lock_fd >= 0;
    while (lock_fd >= 0 && flock(lock_fd, LOCK_SH) != 0) {
        if (errno != EINTR) {
            close(lock_fd);
            return fault_errno(fault, errno, "cannot lock lake/%s", LOCK_NAME);
        }
    }
    enum status status = look_at_trees(taking, fault);
    if (!was_locked) {
        lock_fd = open_lock(taking);
        status = lock_fd >= 0 ? STATUS_BUSY : status;
    }
    if (lock_fd >= 0) {
        close(lock_fd);
    }
    return status;
}

static enum status look(struct taking *taking, struct fault *fault)
{
    enum status status = STATUS_BUSY;
    for (int tries = 0; status == STATUS_BUSY && tries < TRIES; tries++) {
        forget_trees(taking);
        status = look_once(taking, fault);
    }
    return status;
}

static enum status copy_tail(struct taking *taking, struct fault *fault)
{
    struct snapshot *snapshot = taking->snapshot;
    struct cursor done = {0};
    struct journal_tail_options options = {.spill_folder = snapshot->options.spill_folder,
                                           .on_damage = snapshot->options.on_damage,
                                           .self = snapshot->options.self};
    enum status status =
        taking->lake_fd >= 0 ? cursor_load(&done, taking->lake_fd, fault) : STATUS_OK;
    if (status == STATUS_OK) {
        status = journal_tail_read(&snapshot->tail, taking->data_fd, &done, &options, fault);
    }
    cursor_free(&done);
    return status;
}

static void finish_tail(struct snapshot *snapshot)
{
    for (size_t i = 0; i < journal_tail_count(snapshot->tail); i++) {
        struct tail_row *row = journal_tail_row(snapshot->tail, i);
        row->is_left_out =
            row->is_left_out ||
            !snapshot_range_has(&snapshot->options.range, row->received_ms, row->ingest_seq);
        snapshot->tail_count += !row->is_left_out;
        snapshot->tail_bytes += row->is_left_out ? 0 : row->bytes;
    }
}

static enum status mark_repeats(struct taking *taking, struct fault *fault)
{
    struct journal_tail *tail = taking->snapshot->tail;
    const struct snapshot_part *parts[UNSAVED_MAX];
    for (size_t i = 0; i < taking->unsaved_count; i++) {
        parts[i] = &taking->unsaved[i];
    }
    enum status status = snapshot_keys_mark(tail, &taking->keys, fault);
    if (status == STATUS_OK) {
        status = snapshot_keys_mark_parts(tail, parts, taking->unsaved_count, fault);
    }
    return status;
}

/* The order of these is what makes it one moment: see the header. */
static enum status take(struct taking *taking, struct fault *fault)
{
    enum status status = copy_tail(taking, fault);
    if (status == STATUS_OK && taking->lake_fd >= 0) {
        status = cursor_load(&taking->before_keys, taking->lake_fd, fault);
        if (status == STATUS_OK && journal_tail_count(taking->snapshot->tail) > 0) {
            status = key_view_open(&taking->keys, taking->lake_fd, fault);
        }
        if (status == STATUS_OK) {
            status = look(taking, fault);
        }
    }
    if (status == STATUS_OK) {
        status = mark_repeats(taking, fault);
    }
    if (status == STATUS_OK) {
        finish_tail(taking->snapshot);
    }
    return status;
}

static enum status take_from(struct snapshot *snapshot, int data_fd, struct fault *fault)
{
    struct taking *taking = calloc(1, sizeof(*taking));
    if (!taking) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a snapshot");
    }
    taking->snapshot = snapshot;
    taking->data_fd = data_fd;
    enum status status = data_folder_enter(data_fd, "lake", false, &taking->lake_fd, fault);
    if (status == STATUS_NOT_FOUND) {
        taking->lake_fd = -1;
        status = STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = take(taking, fault);
    }
    struct snapshot_files kept = snapshot->files;
    snapshot->files = (struct snapshot_files){0};
    forget_trees(taking);
    snapshot->files = kept;
    cursor_free(&taking->before_keys);
    key_view_close(&taking->keys);
    if (taking->lake_fd >= 0) {
        close(taking->lake_fd);
    }
    free(taking);
    return status;
}

enum status snapshot_open(struct snapshot **snapshot, int data_fd,
                          const struct snapshot_options *options, struct fault *fault)
{
    struct snapshot *made = calloc(1, sizeof(*made));
    *snapshot = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a snapshot");
    }
    made->options = *options;
    if (!made->options.spill_folder) {
        made->options.spill_folder = "/tmp";
    }
    enum status status = take_from(made, data_fd, fault);
    if (status != STATUS_OK) {
        snapshot_close(made);
        return status;
    }
    *snapshot = made;
    return STATUS_OK;
}

void snapshot_close(struct snapshot *snapshot)
{
    if (!snapshot) {
        return;
    }
    snapshot_files_close(&snapshot->files);
    journal_tail_close(snapshot->tail);
    free(snapshot);
}
