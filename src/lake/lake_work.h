/*
 * lake_work.h - the right to write the lake's files anew: one process at a time, whichever it is.
 *
 * Compaction, erasure and retention prepare files beside those that are read, which takes long, and
 * then ask for a commit, which does not. Who works holds lake/WORK (flock); it goes with the
 * process. A commit needs data/LOCK: when nobody holds it the worker takes it for that moment; when
 * `pipes serve` does, the change is proposed to it:
 *
 *     lake/_proposal     "worker <token>", then the change
 *     lake/_answer       "<token> done", or "<token> refused: why"
 *
 * The token, which also stands in lake/WORK, makes sure that a proposal of a process that was
 * killed is never carried out once somebody else began to work.
 *
 *     lake_work_begin(&work, data_fd, "data", &fault);
 *     lake_work_commit(&work, change, &fault);           any number of times
 *     lake_work_end(&work);
 */
#ifndef PIPES_LAKE_LAKE_WORK_H
#define PIPES_LAKE_LAKE_WORK_H

#include "base/logger.h"
#include "base/status.h"
#include "base/view.h"
#include "lake/ledger_book.h"

enum { LAKE_TOKEN_BYTES = 64 };

struct lake_work {
    int data_fd;           /* borrowed */
    const char *data_path; /* borrowed */
    int lake_fd;
    int fd; /* lake/WORK */
    char token[LAKE_TOKEN_BYTES];
};

/* STATUS_BUSY: another process works (the fault says which). */
enum status lake_work_begin(struct lake_work *work, int data_fd, const char *data_path,
                            struct fault *fault) MUST_CHECK;
/* Waits for the end of whoever works, and says so first (NULL: silently). Not by the holder of
 * data/LOCK: who is waited for may need it. */
enum status lake_work_wait(struct lake_work *work, int data_fd, const char *data_path,
                           const struct logger *log, struct fault *fault) MUST_CHECK;
/* Accepts one that failed to begin. */
void lake_work_end(struct lake_work *work);
/* As lake_commit(); waits for as long as the holder of data/LOCK needs. */
enum status lake_work_commit(struct lake_work *work, struct view change, struct fault *fault)
    MUST_CHECK;

/* Of the holder of data/LOCK: carries out what is proposed, and answers. STATUS_END: nothing is;
 * STATUS_BUSY: try again soon. A refused proposal is STATUS_BAD_INPUT. `carried`, NULL or a buf of
 * the caller's, gets the change that was made. */
struct lake_work_hand {
    int data_fd;              /* borrowed */
    struct ledger_book *book; /* borrowed; the process's */
};
enum status lake_work_serve(const struct lake_work_hand *hand, struct buf *carried,
                            struct fault *fault) MUST_CHECK;

#endif
