/*
 * erase_job.h - what an erasure is told, and what it tells: shared by all that rewrite files.
 */
#ifndef PIPES_LAKE_ERASE_JOB_H
#define PIPES_LAKE_ERASE_JOB_H

#include "lake/ledger_hour.h"
#include "lake/retention.h"
#include "lake/subject.h"

#include <stdatomic.h>

/* Files are ready to take the place of others. */
struct erase_change {
    const int64_t *hours; /* that it speaks of, since 1970 */
    size_t hour_count;
    struct view files; /* lines for lake_commit.h */
    struct view posts; /* lines of a posting, see ledger_book.h, without its first */
};

/* Appends it as one for lake_commit(): with its posting as notes. Only whoever holds lake/WORK. */
enum status erase_change_append(struct buf *text, int data_fd, enum ledger_source source,
                                const struct erase_change *change, struct fault *fault) MUST_CHECK;

struct erase_job {
    const struct subject *subject;     /* whose rows go; or NULL, and */
    const struct retention *retention; /* which rows are over */
    bool is_dry;                       /* only counts */
    const _Atomic bool *should_stop;   /* NULL: never. Then STATUS_BUSY */
    void *self;
    /* Has it done before it returns. Not called when is_dry. */
    enum status (*commit)(void *self, const struct erase_change *change, struct fault *fault);
};

struct erase_counts {
    uint64_t files;            /* looked at */
    uint64_t rewritten;        /* of these */
    uint64_t rows;             /* erased */
    uint64_t rows_redacted;    /* of others, in which the subject was mentioned */
    uint64_t unreadable;       /* files that could not be looked at */
    char unreadable_name[160]; /* the first of them */
};

/* What the ledger calls rows that go. */
static inline enum ledger_count erase_job_count(const struct erase_job *job)
{
    return job->subject ? LEDGER_ERASED : LEDGER_EXPIRED;
}

/* Whether rows of the hour may have to go. */
static inline bool erase_job_meets(const struct erase_job *job, int64_t hour)
{
    return job->subject || retention_meets(job->retention, hour);
}

static inline bool erase_job_is_stopped(const struct erase_job *job)
{
    return job->should_stop && atomic_load(job->should_stop);
}

#endif
