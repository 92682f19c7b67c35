/*
 * pace.h - when the next request is to be sent.
 *
 * Closed loop (rate 0): as soon as the one before it was answered; it begins when it is sent. Open
 * loop: at a fixed rate, whatever the server does. There a request begins when it was due: that it
 * had to wait for a free connection is part of its latency, or a server that stands still would be
 * measured by the few requests it lets through ("coordinated omission").
 */
#ifndef PIPES_BENCH_PACE_H
#define PIPES_BENCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t rate; /* requests a second; 0: closed loop */
    int64_t begin_ns;
    uint64_t taken;
};

void pace_begin(struct pace *pace, uint64_t rate, int64_t now_ns);
/* Takes the next request when it is due, and says when it begins. */
bool pace_take(struct pace *pace, int64_t now_ns, int64_t *started_ns);
/* 0 when one is due. */
int64_t pace_wait_ns(const struct pace *pace, int64_t now_ns);
/* How many were due until then. */
uint64_t pace_due(const struct pace *pace, int64_t now_ns);

#endif
