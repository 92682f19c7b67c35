/*
 * answer.h - reads one HTTP/1.1 answer: its status and where it ends.
 */
#ifndef PIPES_BENCH_ANSWER_H
#define PIPES_BENCH_ANSWER_H

#include "base/view.h"

enum answer_progress { ANSWER_NEED_MORE, ANSWER_DONE, ANSWER_UNREADABLE };

struct answer {
    unsigned status;
    size_t len;       /* head and body */
    struct view body; /* of a chunked one with its framing */
    bool closes;
};

/* Fills answer when done. The body's end is known by Content-Length or chunks. */
enum answer_progress answer_read(struct view bytes, struct answer *answer);

#endif
