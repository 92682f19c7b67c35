#include "app/commit_timing.h"

enum { ROUNDS_NOT_PUT_OFF = 8, HALF_CLIENTS = 64, HALF_BYTES = 256 * 1024 };

bool commit_timing_in_halves(const struct commit_timing *timing,
                             const struct commit_situation *situation)
{
    size_t clients = timing->expected.clients / 2;
    size_t bytes = timing->expected.bytes / 2;
    bool is_worth = clients >= HALF_CLIENTS || (clients > 0 && bytes >= HALF_BYTES);
    return situation->has_ring && situation->window_ns == 0 && is_worth;
}

bool commit_timing_is_half(const struct commit_timing *timing,
                           const struct commit_situation *situation)
{
    return commit_timing_in_halves(timing, situation) &&
           situation->gathered.clients >= timing->expected.clients / 2;
}

/* On a slow disk: whether more will come soon enough to be worth the wait. */
static bool is_worth_waiting(struct commit_timing *timing, const struct commit_situation *situation)
{
    if (situation->window_ns == 0 || situation->gathered.clients >= timing->expected.clients) {
        return false;
    }
    if (situation->is_timed) {
        return true;
    }
    if (timing->commit_by_ns == 0 && timing->not_put_off > 0) {
        timing->not_put_off--;
        return false;
    }
    if (timing->commit_by_ns == 0) {
        timing->commit_by_ns = situation->now_ns + situation->window_ns;
    } else if (situation->now_ns >= timing->commit_by_ns) {
        /* They come whenever they like, not because they were answered: waiting gains nothing. */
        timing->not_put_off = ROUNDS_NOT_PUT_OFF;
        return false;
    } else if (situation->gathered.clients == timing->seen_at_last_look) {
        return false;
    }
    timing->seen_at_last_look = situation->gathered.clients;
    return true;
}

enum commit_when commit_timing_ask(struct commit_timing *timing,
                                   const struct commit_situation *situation)
{
    if (situation->gathered.clients == 0) {
        return COMMIT_NOW; /* of nothing: what was left to the system is synced */
    }
    if (commit_timing_in_halves(timing, situation)) {
        return commit_timing_is_half(timing, situation) ? COMMIT_NOW : COMMIT_WHEN_DRY;
    }
    return is_worth_waiting(timing, situation) ? COMMIT_LATER : COMMIT_NOW;
}

void commit_timing_began(struct commit_timing *timing)
{
    timing->commit_by_ns = 0;
    timing->seen_at_last_look = 0;
}

void commit_timing_ended(struct commit_timing *timing, const struct commit_crowd *crowd)
{
    timing->expected = *crowd;
}
