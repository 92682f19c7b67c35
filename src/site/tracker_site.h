/*
 * tracker_site.h - the tracker of one site as files: made once, kept in memory, written anywhere.
 *
 *     tracker_site_make(&site, &settings, base_url, &fault);
 *     tracker_site_compress(&site, &fault);
 *     tracker_site_write(&site, folder_fd, &fault);     pipes.js, pipes.<hash>.js, .gz, .br,
 *                                         pipes-stub.js, tag.html, manifest.json
 *     tracker_site_free(&site);
 *
 * Files with a hash in their name are never removed: pages that name them stay whole.
 */
#ifndef PIPES_SITE_TRACKER_SITE_H
#define PIPES_SITE_TRACKER_SITE_H

#include "site/bundle.h"

enum {
    TRACKER_SITE_NAME_BYTES = 60,
    TRACKER_SITE_FILES = 9,
    TRACKER_SITE_SCRIPT_NAME_MAX = 32,
    TRACKER_SITE_MANIFEST_BYTES_MAX = 64 * 1024,
};

/* One of the files, with what a server says of it. */
struct tracker_site_file {
    char name[TRACKER_SITE_NAME_BYTES];
    struct view bytes; /* of the site */
    const char *type;
    const char *cache;  /* Cache-Control */
    const char *coding; /* "gzip", "br"; empty: as it is */
};

struct tracker_site {
    struct bundle bundle;
    struct buf tag;                  /* the default tag */
    struct buf tag_page;             /* tag.html */
    struct buf stub;                 /* pipes-stub.js */
    struct buf manifest;             /* JSON: site, environment, bundle, modules, files with their
                                        sizes and hashes */
    struct bundle_settings settings; /* its texts are borrowed */
    char hashed_name[TRACKER_SITE_NAME_BYTES]; /* "pipes.<hash>.js" */
};

/* STATUS_BAD_INPUT for a script name that is not of letters, digits, '-' and '_'. */
enum status tracker_site_make(struct tracker_site *site, const struct bundle_settings *settings,
                              const char *base_url, struct fault *fault) MUST_CHECK;
/* What takes most of the time: the compressed variants, and the manifest that tells their sizes.
 * May run in another thread than what reads the rest. */
enum status tracker_site_compress(struct tracker_site *site, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void tracker_site_free(struct tracker_site *site);
/* All files in the order in which they are to be written: what others refer to comes first. After
 * tracker_site_compress(). */
void tracker_site_list(const struct tracker_site *site,
                       struct tracker_site_file files[TRACKER_SITE_FILES]);
enum status tracker_site_write(const struct tracker_site *site, int folder_fd, struct fault *fault)
    MUST_CHECK;
/* Whether a manifest that is there already is of the same site and environment: STATUS_BUSY when it
 * is another's. What is no manifest of ours is nobody's. */
enum status tracker_site_compare(const struct tracker_site *site, struct view manifest,
                                 const char *where, struct fault *fault) MUST_CHECK;

#endif
