#include "lake/late_arrivals.h"

bool late_arrivals_is_one(struct late_arrivals *late, const struct frame_event *event)
{
    bool is_one = late->tombstones && tombstones_meet(late->tombstones, event->row);
    late->is_in_journal = late->is_in_journal || is_one;
    return is_one;
}

bool late_arrivals_renew(struct late_arrivals *late)
{
    int64_t now_ms = clock_monotonic_ms(late->clock);
    bool is_due = late->renewed_ms == 0 || now_ms - late->renewed_ms >= LATE_ARRIVALS_MS;
    struct fault ignored;
    if (!late->is_in_journal || !is_due) {
        return false;
    }
    /* What cannot be renewed now is left: it is tried again. */
    if (journal_renew(late->journal, &ignored) != STATUS_OK) {
        return false;
    }
    late->renewed_ms = now_ms;
    late->is_in_journal = false;
    late->is_renewing = true;
    return true;
}

bool late_arrivals_are_left(struct late_arrivals *late)
{
    late->is_renewing = late->is_renewing && !journal_is_renewed(late->journal);
    return late->is_renewing || late->is_in_journal;
}
