/*
 * site_bucket.h - the tracker's files in a bucket of S3, or of a server that speaks its protocol.
 *
 * Each object has its type, Cache-Control and, where it is packed, Content-Encoding. They go in the
 * order in which they refer to each other, the manifest last: one that is there tells of files that
 * are.
 *
 *     struct site_bucket_options options = {.target = "s3://bucket/js", .environment = environ};
 *     site_bucket_write(&options, &site, &fault);
 */
#ifndef PIPES_APP_SITE_BUCKET_H
#define PIPES_APP_SITE_BUCKET_H

#include "site/tracker_site.h"

#include <stdbool.h>

struct site_bucket_options {
    const char *target;       /* "s3://bucket/prefix" */
    const char *endpoint;     /* "https://storage.example"; empty: AWS */
    const char *region;       /* empty: AWS_REGION, AWS_DEFAULT_REGION, us-east-1 */
    bool may_replace;         /* the tracker of another site */
    char *const *environment; /* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN */
};

bool site_bucket_is(const char *target);
/* STATUS_BUSY: another site's tracker is there; STATUS_IO: the server refused, with its reason. */
enum status site_bucket_write(const struct site_bucket_options *options,
                              const struct tracker_site *site, struct fault *fault) MUST_CHECK;

#endif
