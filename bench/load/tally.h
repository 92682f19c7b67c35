/*
 * tally.h - what came of a run: answers by status, rates and latencies, for each slice of its time.
 *
 *     tally_init(&tally, 5, &fault);
 *     tally_begin(&tally, begin_ns, seconds);
 *     tally_add(&tally, status, started_ns, ended_ns);
 *     tally_print(&tally, &work, &out);      "req_s=98123.0 p50_ms=0.523 ..."
 *
 * With several slices rates and latencies are the medians of theirs: a stall of the machine spoils
 * one slice and not the figure.
 */
#ifndef PIPES_BENCH_TALLY_H
#define PIPES_BENCH_TALLY_H

#include "base/buf.h"

#include <stdint.h>

enum { TALLY_SLICES_MAX = 1000, TALLY_STATUS_MAX = 600 };

struct tally_slice;

struct tally {
    struct tally_slice *slices;
    size_t slice_count;
    int64_t begin_ns;
    int64_t slice_ns;
    uint64_t by_status[TALLY_STATUS_MAX]; /* 0: a stream that was reset */
    uint64_t broken;                      /* connections that ended and were made anew */
};

/* What one request carries. */
struct tally_work {
    size_t events;
    size_t bytes;
};

enum status tally_init(struct tally *tally, size_t slices, struct fault *fault) MUST_CHECK;
void tally_free(struct tally *tally);

/* Forgets what was added. */
void tally_begin(struct tally *tally, int64_t begin_ns, double seconds);
/* What ended after the last slice is left out. */
void tally_add(struct tally *tally, unsigned status, int64_t started_ns, int64_t ended_ns);
/* Of all slices, good or not. */
uint64_t tally_answers(const struct tally *tally);
void tally_print(const struct tally *tally, const struct tally_work *work, struct buf *out);

#endif
