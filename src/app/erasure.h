/*
 * erasure.h - has the whole data folder forget a subject, one step after another.
 *
 *     1. who it is stands in lake/FORGETTING, durably           erasure_begin()
 *     2. tombstones: what comes from now on is dropped          erasure_finish()
 *     3. what the journal holds goes into closed parts, its segments and spares are replaced
 *        (and requests that are kept as they came, without those in which an id stands)
 *     4. parts of raw and quarantine, and Parquet files, are written anew without the subject
 *     5. the receipt is kept, FORGETTING overwritten and removed
 *
 * Cut off anywhere, erasure_finish() does all of it again: each step finds done what was done.
 * Who runs it says how steps 3 and 4 are done in its place: a collector by its threads and a child,
 * a command alone by itself.
 */
#ifndef PIPES_APP_ERASURE_H
#define PIPES_APP_ERASURE_H

#include "app/erasure_receipt.h"
#include "base/clock.h"
#include "lake/erase_intent.h"

struct erasure_world {
    int lake_fd;               /* borrowed */
    const struct clock *clock; /* borrowed */
    void *self;
    /* Steps 2 and 3. Appends the tombstones' hashes to the receipt's. */
    enum status (*settle)(void *self, const struct subject *subject,
                          struct erasure_receipt *receipt, struct fault *fault);
    /* How many requests were dropped that are kept as they came. */
    enum status (*forget_raw)(void *self, const struct subject *subject, uint64_t *dropped,
                              struct fault *fault);
    /* Step 4: erase_lake(), here or in another process. */
    enum status (*erase_files)(void *self, const struct subject *subject,
                               struct erase_report *report, struct fault *fault);
};

enum status erasure_begin(const struct erasure_world *world, struct erase_intent *intent,
                          struct fault *fault) MUST_CHECK;
/* What FORGETTING says; STATUS_NOT_FOUND when there is nothing to finish. */
enum status erasure_finish(const struct erasure_world *world, struct erasure_receipt *receipt,
                           struct fault *fault) MUST_CHECK;

#endif
