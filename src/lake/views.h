/*
 * views.h - a snapshot as tables of DuckDB: what `pipes query` and `pipes export` ask.
 *
 *     events_all   every row, the columns of src/event/columns.c
 *     events       without test traffic; all views below are made of these
 *     sessions, page_views, identities, person_events, users, funnel(), retention()
 *
 * docs/query.md says what they hold. Making a view costs time, so only those that the SQL names are
 * made.
 *
 *     views_open(&views, duck, snapshot, &options, &fault);
 *     views_create(&views, sql, &fault);
 *     views_lock(&views, "/proc/self/fd/7", &fault);        from now on SQL of others may run
 *     views_close(&views);                                  after duck_close()
 */
#ifndef PIPES_LAKE_VIEWS_H
#define PIPES_LAKE_VIEWS_H

#include "lake/compact_columns.h"
#include "lake/duck_rows.h"
#include "lake/snapshot.h"

struct views_options {
    struct snapshot_range range; /* the snapshot's */
    unsigned threads;
    bool has_promoted; /* columns of promoted properties stand behind the others, where they are
                          asked for */
};

struct views {
    struct duck *duck;
    struct snapshot *snapshot;
    struct views_options options;
    struct compact_columns columns;
    struct duck_rows rows; /* of parts and tail */
};

/* duck and snapshot are borrowed, and so is `views` by duck until that is closed. */
enum status views_open(struct views *views, struct duck *duck, struct snapshot *snapshot,
                       const struct views_options *options, struct fault *fault) MUST_CHECK;
/* Makes what this SQL names, and `events` where it does not name `events_all` alone. Once. */
enum status views_create(struct views *views, struct view sql, struct fault *fault) MUST_CHECK;
/* DuckDB opens no other file than the snapshot's (and `output`, unless NULL), and no setting can be
 * changed any more. */
enum status views_lock(struct views *views, const char *output, struct fault *fault) MUST_CHECK;

#endif
