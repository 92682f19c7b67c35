#include "journal/sync_pace.h"

enum { MEAN_WEIGHT = 8, LULL_SHARE = 8 };

void sync_pace_note(struct sync_pace *pace, int64_t ns, size_t bytes)
{
    ns = ns > (int64_t)bytes ? ns - (int64_t)bytes : 1;
    pace->mean_ns = pace->mean_ns == 0 ? ns : pace->mean_ns + (ns - pace->mean_ns) / MEAN_WEIGHT;
    bool is_slow = ns >= SYNC_PACE_SLOW_NS;
    /* One alone happens on every disk now and then. */
    if (is_slow && (pace->was_slow || pace->quick < SYNC_PACE_PROOFS)) {
        pace->quick = 0;
    } else if (ns < SYNC_PACE_QUICK_NS && pace->quick < SYNC_PACE_PROOFS) {
        pace->quick++;
    }
    pace->was_slow = is_slow;
}

bool sync_pace_is_quick(const struct sync_pace *pace)
{
    return pace->quick >= SYNC_PACE_PROOFS;
}

int64_t sync_pace_window_ns(const struct sync_pace *pace)
{
    return sync_pace_is_quick(pace) ? 0 : pace->mean_ns;
}

int64_t sync_pace_lull_ns(const struct sync_pace *pace)
{
    return sync_pace_is_quick(pace) ? 0 : pace->mean_ns / LULL_SHARE;
}
