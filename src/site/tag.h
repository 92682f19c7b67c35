/*
 * tag.h - what is pasted into a page.
 *
 * The default tag names pipes.js: short caching, every change arrives by itself. The pinned tag
 * names pipes.<hash>.js with its integrity: nothing but these bytes is ever run.
 */
#ifndef PIPES_SITE_TAG_H
#define PIPES_SITE_TAG_H

#include "site/bundle.h"

/* base_url stands before the file's name: "" for the page's own host, "https://c.example" else. */
enum status tag_append_default(struct buf *out, const struct embedded *tracker,
                               const char *base_url);
enum status tag_append_pinned(struct buf *out, const struct embedded *tracker, const char *base_url,
                              const struct bundle *bundle);

#endif
