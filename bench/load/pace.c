#include "load/pace.h"

enum { SECOND_NS = 1000 * 1000 * 1000 };

static int64_t due_ns(const struct pace *pace, uint64_t number)
{
    return pace->begin_ns + (int64_t)(number * SECOND_NS / pace->rate);
}

void pace_begin(struct pace *pace, uint64_t rate, int64_t now_ns)
{
    *pace = (struct pace){.rate = rate, .begin_ns = now_ns};
}

bool pace_take(struct pace *pace, int64_t now_ns, int64_t *started_ns)
{
    *started_ns = pace->rate > 0 ? due_ns(pace, pace->taken) : now_ns;
    bool is_due = *started_ns <= now_ns;
    pace->taken += is_due;
    return is_due;
}

int64_t pace_wait_ns(const struct pace *pace, int64_t now_ns)
{
    int64_t due = pace->rate > 0 ? due_ns(pace, pace->taken) : now_ns;
    return due > now_ns ? due - now_ns : 0;
}

uint64_t pace_due(const struct pace *pace, int64_t now_ns)
{
    uint64_t passed_ns = (uint64_t)(now_ns - pace->begin_ns);
    return pace->rate > 0 ? passed_ns / 1000 * pace->rate / (SECOND_NS / 1000) : pace->taken;
}
