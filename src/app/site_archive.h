/*
 * site_archive.h - trackers of earlier configurations, kept for the pages that name them by hash.
 *
 * data/site/pipes.<hash>.js holds each one ever served; data/site/CURRENT names the newest. A file
 * is removed 13 months after another took its place.
 *
 *     site_archive_open(&archive, data_path, &site, now_ms, &fault);
 *     site_archive_add(archive, &assets);
 *     site_archive_close(archive);      after the assets' last use
 */
#ifndef PIPES_APP_SITE_ARCHIVE_H
#define PIPES_APP_SITE_ARCHIVE_H

#include "app/assets.h"
#include "site/tracker_site.h"

struct site_archive;

enum { SITE_ARCHIVE_FILES_MAX = 32, SITE_ARCHIVE_DAYS = 395 };

/* Writes the current tracker (making the data folder if need be), notes when the one before it was
 * replaced, removes what is too old, reads the rest. */
enum status site_archive_open(struct site_archive **archive, const char *data_path,
                              const struct tracker_site *site, int64_t now_ms, struct fault *fault)
    MUST_CHECK;
/* Adds what is kept, but for the current one, under its path. */
void site_archive_add(const struct site_archive *archive, struct assets *assets);
/* Accepts NULL. */
void site_archive_close(struct site_archive *archive);

#endif
