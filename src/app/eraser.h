/*
 * eraser.h - the thread of a running collector that forgets people, one after another.
 *
 *     eraser_start(&eraser, &options, &fault);      goes on with what was cut off
 *     eraser_ask(eraser, order, &fault);            {"ids":["..."],"site":"..."}
 *     eraser_append_state(eraser, &out);            {"state":"working"} ... {"state":"done",...}
 *     eraser_stop(eraser);                          before the lake's thread and the compactor
 *     eraser_destroy(eraser);                       when the admin address is closed
 *
 * Collection goes on meanwhile: the lake's thread takes a moment to empty the journal, all the rest
 * happens here, in the background.
 */
#ifndef PIPES_APP_ERASER_H
#define PIPES_APP_ERASER_H

#include "app/compactor.h"
#include "app/erasure.h"
#include "app/lake_thread.h"
#include "app/raw_keeper.h"
#include "base/logger.h"

struct eraser;

/* All borrowed. */
struct eraser_options {
    int data_fd;
    const char *data;    /* its path */
    const char *library; /* of DuckDB; empty: looked for */
    struct journal *journal;
    struct lake_thread *lake;
    struct compactor *compactor;
    struct tombstones *tombstones; /* the lake's thread's */
    struct raw_keeper *raw;
    const struct clock *clock;
    const struct logger *log;
};

enum status eraser_start(struct eraser **eraser, const struct eraser_options *options,
                         struct fault *fault) MUST_CHECK;
/* What is under way is left to the next start; nothing more is taken. Accepts NULL. */
void eraser_stop(struct eraser *eraser);
/* After it was stopped, and when nobody asks any more. Accepts NULL. */
void eraser_destroy(struct eraser *eraser);

/* From any thread. Durable when it returns STATUS_OK; STATUS_BUSY while another is under way,
 * STATUS_BAD_INPUT when it is not understood. */
enum status eraser_ask(struct eraser *eraser, struct view order, struct fault *fault) MUST_CHECK;
/* From any thread: a JSON object, with the last receipt when there is one. */
void eraser_append_state(struct eraser *eraser, struct buf *out);

#endif
