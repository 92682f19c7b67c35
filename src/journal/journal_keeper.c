#include "journal/journal_keeper.h"

#include "base/background.h"
#include "base/bell.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { ROUND_MS = 250, BUSY_ROUND_MS = 10, STEPS_MAX = 3 };

struct journal_keeper {
    struct journal_stream *streams;
    unsigned count;
    _Atomic bool *has_room;
    struct bell bell;
    bool is_stopping; /* under the lock */
    pthread_t thread;
};

bool journal_keeper_has_room(int folder_fd, uint64_t free_bytes)
{
    struct statvfs facts;
    if (free_bytes == 0 || fstatvfs(folder_fd, &facts) != 0) {
        return true;
    }
    return (uint64_t)facts.f_bavail * facts.f_frsize >= free_bytes;
}

/* Failures are no news here: the worker that needs the segment or the number meets them, says so,
 * and answers for them. */
static bool prepare_segments(struct segment_spares *spares)
{
    struct fault ignored;
    bool has_prepared = false;
    for (int i = 0; i < STEPS_MAX && segment_spares_wants(spares); i++) {
        if (segment_spares_prepare(spares, &ignored) != STATUS_OK) {
            return false;
        }
        has_prepared = true;
    }
    return has_prepared;
}

/* True when segments are used up, so that the next ones may be wanted soon. */
static bool do_round(struct journal_keeper *keeper)
{
    struct fault ignored;
    enum status status = STATUS_OK;
    struct journal_stream *first = &keeper->streams[0];
    const struct journal_options *options = first->options;
    bool has_room = journal_keeper_has_room(first->journal_fd, options->free_bytes);
    atomic_store(keeper->has_room, has_room);
    if (sequence_is_low(first->sequence)) {
        status = sequence_reserve(first->sequence, &ignored);
    }
    (void)status;
    bool is_busy = false;
    for (unsigned i = 0; i < keeper->count && has_room; i++) {
        is_busy |= prepare_segments(keeper->streams[i].spares);
    }
    return is_busy;
}

static void *run(void *argument)
{
    struct journal_keeper *keeper = argument;
    /* Those it works for do not wait for the end of its turn, nor long for what it makes. */
    background_enter(BACKGROUND_EQUAL);
    bell_lock(&keeper->bell);
    while (!keeper->is_stopping) {
        bell_unlock(&keeper->bell);
        int wait_ms = do_round(keeper) ? BUSY_ROUND_MS : ROUND_MS;
        bell_lock(&keeper->bell);
        if (!keeper->is_stopping) {
            bell_wait_ms(&keeper->bell, wait_ms);
        }
    }
    bell_unlock(&keeper->bell);
    return NULL;
}

enum status journal_keeper_start(struct journal_keeper **keeper, struct journal_stream *streams,
                                 unsigned count, _Atomic bool *has_room, struct fault *fault)
{
    struct journal_keeper *made = calloc(1, sizeof(*made));
    *keeper = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the journal's keeper");
    }
    made->streams = streams;
    made->count = count;
    made->has_room = has_room;
    bell_init(&made->bell);
    int reason = pthread_create(&made->thread, NULL, run, made);
    if (reason != 0) {
        bell_free(&made->bell);
        free(made);
        return fault_errno(fault, reason, "cannot start the journal's keeper");
    }
    pthread_setname_np(made->thread, "journal-keeper");
    *keeper = made;
    return STATUS_OK;
}

void journal_keeper_stop(struct journal_keeper *keeper)
{
    if (!keeper) {
        return;
    }
    bell_lock(&keeper->bell);
    keeper->is_stopping = true;
    bell_ring(&keeper->bell);
    bell_unlock(&keeper->bell);
    pthread_join(keeper->thread, NULL);
    bell_free(&keeper->bell);
    free(keeper);
}
