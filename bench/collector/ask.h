/*
 * ask.h - one HTTP/1.1 request on a connection of its own, and its answer.
 */
#ifndef PIPES_BENCH_ASK_H
#define PIPES_BENCH_ASK_H

#include "base/buf.h"

#include <stdint.h>

struct asked {
    unsigned status;
    struct view body; /* in the buffer that was given */
};

/* Waits at most 10 seconds. */
enum status ask(unsigned port, struct view request, struct buf *bytes, struct asked *asked,
                struct fault *fault) MUST_CHECK;
/* An event to POST /e. */
enum status ask_with_event(unsigned port, struct buf *bytes, struct asked *asked,
                           struct fault *fault) MUST_CHECK;

/* The first number behind "name": in JSON text; 0 when there is none. */
uint64_t asked_number(const struct asked *asked, const char *name);

#endif
