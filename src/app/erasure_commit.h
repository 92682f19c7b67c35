/*
 * erasure_commit.h - how the holder of data/LOCK does what an erasure or retention proposes: the
 * files change places, and the ledger says so.
 */
#ifndef PIPES_APP_ERASURE_COMMIT_H
#define PIPES_APP_ERASURE_COMMIT_H

#include "lake/erase_job.h"
#include "lake/ledger_book.h"

struct erasure_commit {
    int data_fd;              /* borrowed */
    struct ledger_book *book; /* borrowed; NULL: nothing is posted */
    enum ledger_source source;
};

/* For struct erase_job; self is a struct erasure_commit. */
enum status erasure_commit(void *self, const struct erase_change *change, struct fault *fault)
    MUST_CHECK;

#endif
