/*
 * privacy_report.h - the record of processing (GDPR art. 30) and the skeleton of an impact
 * assessment (art. 35), of the options that hold and of the data that is there; in Markdown.
 *
 * What a program can know is filled in: what is collected, what of it is in the data, for how long
 * it is kept, how small the smallest groups are. What only the controller knows is left to be
 * filled in, and said so. It says what is done, never that this is enough.
 *
 *     privacy_report_append(&out, &options, &fault);
 *     privacy_report_append_groups(&out, &options, &fault);
 */
#ifndef PIPES_APP_PRIVACY_REPORT_H
#define PIPES_APP_PRIVACY_REPORT_H

#include "app/config.h"
#include "base/clock.h"

struct privacy_report_options {
    const struct config *config; /* that of the collector, where one runs */
    bool is_live;                /* and whether one does */
    int data_fd;                 /* borrowed */
    const char *library;         /* of DuckDB; empty: looked for */
    const struct clock *clock;
    int err_fd;
};

enum status privacy_report_append(struct buf *out, const struct privacy_report_options *options,
                                  struct fault *fault) MUST_CHECK;
/* How unique what is stored makes a visitor, without any id: the sizes of the groups that the
 * remaining columns make. */
enum status privacy_report_append_groups(struct buf *out,
                                         const struct privacy_report_options *options,
                                         struct fault *fault) MUST_CHECK;

#endif
