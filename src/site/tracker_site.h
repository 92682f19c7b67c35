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

struct tracker_site {
    struct bundle bundle;
    struct buf tag;                  /* the default tag */
    struct buf tag_page;             /* tag.html */
    struct buf stub;                 /* pipes-stub.js */
    struct buf manifest;             /* JSON: hash, modules, sizes, integrity */
    struct bundle_settings settings; /* its texts are borrowed */
    char hashed_name[40];            /* "pipes.<hash>.js" */
};

enum status tracker_site_make(struct tracker_site *site, const struct bundle_settings *settings,
                              const char *base_url, struct fault *fault) MUST_CHECK;
/* What takes most of the time: the compressed variants, and the manifest that tells their sizes.
 * May run in another thread than what reads the rest. */
enum status tracker_site_compress(struct tracker_site *site, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void tracker_site_free(struct tracker_site *site);
enum status tracker_site_write(const struct tracker_site *site, int folder_fd, struct fault *fault)
    MUST_CHECK;

#endif
