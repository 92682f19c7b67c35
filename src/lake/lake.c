#include "lake/lake.h"

#include "journal/data_folder.h"
#include "lake/cursor.h"
#include "lake/key_set.h"
#include "lake/late_arrivals.h"
#include "lake/lake_commit.h"
#include "lake/lake_folders.h"
#include "lake/open_parts.h"
#include "lake/quarantine_room.h"
#include "lake/reserve.h"
#include "lake/stream_merge.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const TREE_NAMES[TREES] = {"raw", "quarantine"};

struct lake_stream {
    uint64_t taken; /* last number taken since the last roll; 0: none */
    bool is_done;   /* the journal has nothing of it any more */
    struct open_parts parts;
};

struct lake {
    struct lake_options options;
    struct lake_counts counts;
    int folder_fd;
    int tree_fds[TREES];
    int keys_fd;
    bool is_broken; /* go back to the cursor before anything else */
    struct key_set *keys;
    struct cursor cursor;
    struct stream_merge *merge;
    struct lake_stream *streams; /* by the merge's indexes */
    int64_t opened_ms;     /* monotonic; when the oldest thing not yet rolled was taken; -1: none */
    uint64_t taken_stable; /* all below it was taken */
    uint64_t rolled_stable; /* and is in closed parts */
    uint64_t row_bytes;
    struct quarantine_room room;
    struct late_arrivals late;
    struct lake_account account;
    struct open_parts_shared parts;
};

static void note_damage(void *self, const char *file, uint64_t offset, uint64_t end,
                        const char *reason)
{
    struct lake *lake = self;
    atomic_fetch_add(&lake->counts.damaged, 1);
    logger_error(lake->options.log, "lake",
                 "journal segment %s is damaged from byte %llu to %llu and was passed over there: "
                 "%s",
                 file, (unsigned long long)offset, (unsigned long long)end, reason);
}

/* Forgets everything that is not on disk. */
static void close_state(struct lake *lake)
{
    size_t count = lake->merge && lake->streams ? stream_merge_count(lake->merge) : 0;
    for (size_t i = 0; i < count; i++) {
        open_parts_abandon(&lake->streams[i].parts);
    }
    free(lake->streams);
    lake->streams = NULL;
    stream_merge_close(lake->merge);
    lake->merge = NULL;
    key_set_close(lake->keys);
    lake->keys = NULL;
    cursor_free(&lake->cursor);
    lake->opened_ms = -1;
    lake->row_bytes = 0;
}

/* Rows of streams that the journal does not have any more: their ids never come again. */
static void forget_gone_streams(struct lake *lake)
{
    size_t i = 0;
    while (i < lake->cursor.count) {
        uint64_t id = lake->cursor.rows[i].stream;
        size_t at = 0;
        while (at < stream_merge_count(lake->merge) && stream_merge_id(lake->merge, at) != id) {
            at++;
        }
        if (at == stream_merge_count(lake->merge)) {
            cursor_forget(&lake->cursor, id); /* another row takes its place */
        } else {
            i++;
        }
    }
}

static enum status open_streams(struct lake *lake, struct fault *fault)
{
    enum status status = stream_merge_open(&lake->merge, lake->options.journal,
                                           lake->options.workers, note_damage, lake, fault);
    if (status != STATUS_OK) {
        return status;
    }
    size_t count = stream_merge_count(lake->merge);
    forget_gone_streams(lake);
    lake->streams = calloc(count, sizeof(*lake->streams));
    for (size_t i = 0; lake->streams && i < count; i++) {
        if (!cursor_row(&lake->cursor, stream_merge_id(lake->merge, i))) {
            return fault_set(fault, STATUS_TOO_BIG, "too many streams wait for the lake");
        }
        lake->streams[i].parts =
            (struct open_parts){.shared = &lake->parts, .stream = stream_merge_id(lake->merge, i)};
    }
    return lake->streams ? STATUS_OK
                         : fault_set(fault, STATUS_NO_MEMORY, "no memory for %zu streams", count);
}

static enum status open_keys(struct lake *lake, struct fault *fault)
{
    unsigned damaged = 0;
    enum status status =
        key_set_open(&lake->keys, lake->keys_fd, lake->options.window_ms, &damaged, fault);
    if (damaged > 0) {
        logger_error(lake->options.log, "lake",
                     "%u files of keys were damaged and set aside in lake/keys: events sent twice "
                     "before now may be stored twice",
                     damaged);
    }
    return status;
}

static enum status open_state(struct lake *lake, struct fault *fault)
{
    enum status status = cursor_load(&lake->cursor, lake->folder_fd, fault);
    if (status == STATUS_OK) {
        status = open_streams(lake, fault);
    }
    if (status == STATUS_OK) {
        status = lake_account_resume(&lake->account, &lake->cursor, lake->tree_fds, fault);
    }
    uint64_t file_bytes[TREES];
    for (int i = 0; i < TREES && status == STATUS_OK; i++) {
        status = cursor_scan_parts(&lake->cursor, (enum tree)i, lake->tree_fds[i], &file_bytes[i],
                                   fault);
    }
    if (status == STATUS_OK) {
        quarantine_room_set(&lake->room, file_bytes[TREE_QUARANTINE]);
        status = open_keys(lake, fault);
    }
    return status;
}

enum status lake_open(struct lake **lake, const struct lake_options *options, struct fault *fault)
{
    struct lake *made = calloc(1, sizeof(*made));
    *lake = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the lake");
    }
    made->options = *options;
    made->folder_fd = made->keys_fd = -1;
    made->opened_ms = -1;
    made->late = (struct late_arrivals){
        .tombstones = options->tombstones, .journal = options->journal, .clock = options->clock};
    made->parts = (struct open_parts_shared){made->tree_fds, &made->account, &made->counts.parts};
    for (int i = 0; i < TREES; i++) {
        made->tree_fds[i] = -1;
    }
    /* First of all: names of parts that a commit was about to remove say nothing any more. */
    enum status status = lake_commit_recover(options->data_fd, options->ledger.book, fault);
    status =
        status == STATUS_OK ? lake_account_open(&made->account, &options->ledger, fault) : status;
    status = status == STATUS_OK
                 ? data_folder_enter(options->data_fd, "lake", true, &made->folder_fd, fault)
                 : status;
    for (int i = 0; i < TREES && status == STATUS_OK; i++) {
        status = lake_folders_enter(made->folder_fd, TREE_NAMES[i], &made->tree_fds[i], fault);
    }
    if (status == STATUS_OK) {
        status = data_folder_enter(made->folder_fd, "keys", true, &made->keys_fd, fault);
    }
    quarantine_room_init(&made->room, made->tree_fds[TREE_QUARANTINE], made->options.clock,
                         made->options.log);
    if (status == STATUS_OK) {
        status = open_state(made, fault);
    }
    if (status != STATUS_OK) {
        lake_close(made);
        return status;
    }
    reserve_hold(made->folder_fd);
    *lake = made;
    return STATUS_OK;
}

void lake_close(struct lake *lake)
{
    if (!lake) {
        return;
    }
    close_state(lake);
    lake_account_close(&lake->account);
    int fds[] = {lake->folder_fd, lake->keys_fd, lake->tree_fds[TREE_RAW],
                 lake->tree_fds[TREE_QUARANTINE]};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(lake);
}

const struct lake_counts *lake_counts(const struct lake *lake)
{
    return &lake->counts;
}

static enum status store(struct lake *lake, size_t index, enum tree tree,
                         const struct frame_event *event, struct fault *fault)
{
    lake->row_bytes += event->row.len;
    return open_parts_store(&lake->streams[index].parts, tree, event, fault);
}

static enum status quarantine(struct lake *lake, size_t index, const struct frame_event *event,
                              struct fault *fault)
{
    if (!quarantine_room_take(&lake->room, lake->options.limits.quarantine_bytes, event->row.len)) {
        atomic_fetch_add(&lake->counts.quarantine_dropped, 1);
        lake_account_add(&lake->account, event, LEDGER_QUARANTINE_FULL);
        return STATUS_OK;
    }
    atomic_fetch_add(&lake->counts.quarantined, 1);
    lake_account_add(&lake->account, event, LEDGER_QUARANTINED);
    return store(lake, index, TREE_QUARANTINE, event, fault);
}

static enum status take_event(struct lake *lake, size_t index, const struct frame_event *event,
                              struct fault *fault)
{
    const struct cursor_row *row = cursor_row(&lake->cursor, stream_merge_id(lake->merge, index));
    if (event->ingest_seq <= row->keys_done) {
        return STATUS_OK;
    }
    bool is_old = index < stream_merge_count(lake->merge) - lake->options.workers;
    enum status status = lake_account_taken(&lake->account, event, row->stream, is_old, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (event->kind == FRAME_QUARANTINED) {
        /* Of a round that a stop cut off behind its parts: they say what became of it. */
        bool is_closed = event->ingest_seq <= row->done[TREE_QUARANTINE];
        return is_closed ? lake_account_closed(&lake->account, TREE_QUARANTINE, event,
                                               LEDGER_QUARANTINE_FULL)
                         : quarantine(lake, index, event, fault);
    }
    bool is_closed = event->ingest_seq <= row->done[TREE_RAW];
    bool is_forgotten = late_arrivals_is_one(&lake->late, event);
    if (is_forgotten && !is_closed) {
        atomic_fetch_add(&lake->counts.erased, 1);
        lake_account_add(&lake->account, event, LEDGER_ERASED_EARLY);
        return STATUS_OK;
    }
    bool is_new = false;
    struct key key = {event->key_hash[0], event->key_hash[1]};
    /* What is replayed was received long ago, and must be known again should it come twice. */
    int64_t now_ms = clock_now_ms(lake->options.clock);
    int64_t seen_ms = event->received_ms > now_ms ? event->received_ms : now_ms;
    status = key_set_add(lake->keys, key, seen_ms, &is_new, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (is_closed) {
        return lake_account_closed(&lake->account, TREE_RAW, event,
                                   is_forgotten ? LEDGER_ERASED_EARLY : LEDGER_DUPLICATE);
    }
    if (!is_new) {
        atomic_fetch_add(&lake->counts.duplicates, 1);
        lake_account_add(&lake->account, event, LEDGER_DUPLICATE);
        return STATUS_OK;
    }
    atomic_fetch_add(&lake->counts.stored, 1);
    lake_account_add(&lake->account, event, LEDGER_STORED);
    return store(lake, index, TREE_RAW, event, fault);
}

static enum status take_frame(struct lake *lake, size_t index, const struct frame *frame,
                              struct fault *fault)
{
    struct view body = frame->body;
    struct frame_event event;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && frame_next_event(&body, &event) == STATUS_OK) {
        status = take_event(lake, index, &event, fault);
        lake->streams[index].taken = event.ingest_seq;
    }
    if (lake->opened_ms < 0) {
        lake->opened_ms = clock_monotonic_ms(lake->options.clock);
    }
    return status;
}

static enum status finish_parts(struct lake *lake, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < stream_merge_count(lake->merge) && status == STATUS_OK; i++) {
        status = open_parts_finish(&lake->streams[i].parts, lake->streams[i].taken, fault);
    }
    return status;
}

static void raise_to(uint64_t *mark, uint64_t value)
{
    *mark = value > *mark ? value : *mark;
}

static void move_cursor(struct lake *lake)
{
    for (size_t i = 0; i < stream_merge_count(lake->merge); i++) {
        if (lake->streams[i].is_done) {
            cursor_forget(&lake->cursor, stream_merge_id(lake->merge, i));
            continue;
        }
        struct cursor_row *row = cursor_row(&lake->cursor, stream_merge_id(lake->merge, i));
        uint64_t taken = lake->streams[i].taken;
        raise_to(&row->done[TREE_RAW], taken);
        raise_to(&row->done[TREE_QUARANTINE], taken);
        raise_to(&row->keys_done, taken);
    }
}

/* Gives the journal back what is in the lake. The cursor keeps the rows of streams that are gone
 * until it is saved the next time: harmless, ids never come again. */
static enum status release(struct lake *lake, struct fault *fault)
{
    for (size_t i = 0; i < stream_merge_count(lake->merge); i++) {
        bool is_done = false;
        enum status status = stream_merge_release(lake->merge, i, &is_done, fault);
        if (status != STATUS_OK) {
            return status;
        }
        lake->streams[i].taken = 0;
        lake->streams[i].is_done = is_done;
    }
    return STATUS_OK;
}

/* The order matters: rows, keys, cursor (and with it what was counted), and only then the journal.
 */
static enum status roll(struct lake *lake, struct fault *fault)
{
    enum status status = finish_parts(lake, fault);
    if (status == STATUS_OK) {
        status = key_set_save(lake->keys, clock_now_ms(lake->options.clock), fault);
    }
    if (status == STATUS_OK) {
        status = lake_account_post(&lake->account, &lake->cursor, fault);
    }
    if (status == STATUS_OK) {
        move_cursor(lake);
        status = cursor_save(&lake->cursor, lake->folder_fd, fault);
    }
    if (status == STATUS_OK) {
        status = lake_account_done(&lake->account, &lake->cursor, fault);
    }
    if (status == STATUS_OK) {
        status = release(lake, fault);
    }
    lake->opened_ms = -1;
    lake->row_bytes = 0;
    if (status == STATUS_OK) {
        quarantine_room_closed(&lake->room);
        lake->rolled_stable = lake->taken_stable;
        reserve_hold(lake->folder_fd);
        /* One more round then. */
        bool is_left = late_arrivals_are_left(&lake->late);
        lake->opened_ms = is_left ? clock_monotonic_ms(lake->options.clock) : -1;
    }
    return status;
}

static bool is_roll_due(const struct lake *lake)
{
    return lake_next_roll_ms(lake) == 0 || lake->row_bytes >= lake->options.limits.roll_bytes ||
           lake_account_is_full(&lake->account) ||
           key_set_fresh(lake->keys) >= KEY_SET_FRESH_MAX - FRAME_EVENTS_MAX;
}

void lake_set_limits(struct lake *lake, const struct lake_limits *limits)
{
    lake->options.limits = *limits;
}

int64_t lake_next_roll_ms(const struct lake *lake)
{
    if (lake->opened_ms < 0) {
        return -1;
    }
    int64_t age = clock_monotonic_ms(lake->options.clock) - lake->opened_ms;
    return age >= lake->options.limits.roll_ms ? 0 : lake->options.limits.roll_ms - age;
}

/* Takes what is stable, rolling on the way when much comes at once. */
static enum status take_stable(struct lake *lake, struct fault *fault)
{
    uint64_t stable = journal_stable(lake->options.journal);
    enum status status = stream_merge_refresh(lake->merge, fault);
    while (status == STATUS_OK) {
        size_t index;
        struct frame frame;
        status = stream_merge_next(lake->merge, stable, &index, &frame, fault);
        if (status == STATUS_OK) {
            status = take_frame(lake, index, &frame, fault);
        }
        if (status == STATUS_OK && is_roll_due(lake)) {
            status = roll(lake, fault);
        }
    }
    if (status == STATUS_END) {
        lake->taken_stable = stable;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* For whoever watches: also of a lake that cannot write. */
static void note_lag(struct lake *lake)
{
    bool is_behind = journal_stable(lake->options.journal) > lake->rolled_stable;
    if (!is_behind) {
        atomic_store(&lake->counts.behind_since_ms, 0);
    } else if (atomic_load(&lake->counts.behind_since_ms) == 0) {
        atomic_store(&lake->counts.behind_since_ms, clock_now_ms(lake->options.clock));
    }
}

static enum status recover(struct lake *lake, struct fault *fault)
{
    if (!lake->is_broken) {
        return STATUS_OK;
    }
    close_state(lake);
    enum status status = open_state(lake, fault);
    lake->is_broken = status != STATUS_OK;
    return status;
}

static enum status try_run(struct lake *lake, bool is_last, struct fault *fault)
{
    enum status status = recover(lake, fault);
    if (status == STATUS_OK) {
        status = take_stable(lake, fault);
    }
    bool is_due = status == STATUS_OK && (is_last || is_roll_due(lake));
    if (is_due && late_arrivals_renew(&lake->late)) {
        status = take_stable(lake, fault);
    }
    if (is_due && status == STATUS_OK) {
        status = roll(lake, fault);
    } else if (status == STATUS_OK && lake->opened_ms < 0) {
        lake->rolled_stable = lake->taken_stable; /* there was nothing to take */
    }
    lake->is_broken = lake->is_broken || status != STATUS_OK;
    return status;
}

static enum status run(struct lake *lake, bool is_last, struct fault *fault)
{
    note_lag(lake);
    enum status status = try_run(lake, is_last, fault);
    if (status == STATUS_FULL && reserve_give_up(lake->folder_fd)) {
        logger_warn(lake->options.log, "lake", "the disk is full; its reserve of %d MiB is used up",
                    RESERVE_BYTES >> 20);
        /* All of it at once: closed parts give the journal's segments back. */
        status = try_run(lake, true, fault);
    }
    note_lag(lake);
    return status;
}

enum status lake_step(struct lake *lake, struct fault *fault)
{
    return run(lake, false, fault);
}

enum status lake_drain(struct lake *lake, struct fault *fault)
{
    enum status status = run(lake, true, fault);
    bool is_left = false;
    if (status == STATUS_OK) {
        status = stream_merge_left(lake->merge, &is_left, fault);
    }
    /* The caller removes the journal's streams: never while one of them holds something. */
    return is_left ? fault_set(fault, STATUS_BUSY, "the journal holds events that are in flight")
                   : status;
}
