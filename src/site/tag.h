/*
 * tag.h - what is pasted into a page.
 *
 * The default tag names pipes.js: short caching, every change arrives by itself. The pinned tag
 * names pipes.<hash>.js with its integrity: nothing but these bytes is ever run. Both are two
 * elements: an inline stub that queues calls until the tracker is there, and the asynchronous
 * script, which the browser's look ahead finds at once. Where a page may have no inline script,
 * pipes-stub.js is the stub as a file, and the external tags do without one.
 *
 * base_url stands before the file's name: "" for the page's own host, "https://c.example" else.
 */
#ifndef PIPES_SITE_TAG_H
#define PIPES_SITE_TAG_H

#include "site/bundle.h"

struct tag_source {
    const struct embedded *tracker;
    const char *base_url;
    const struct bundle *bundle;
    const char *name; /* "pipes": of pipes.js and the others; NULL: that */
};

const char *tag_script_name(const struct tag_source *source);

enum status tag_append_default(struct buf *out, const struct tag_source *source);
enum status tag_append_pinned(struct buf *out, const struct tag_source *source);
/* The default tag with nonce="NONCE", which the page's server replaces. */
enum status tag_append_nonce(struct buf *out, const struct tag_source *source);
enum status tag_append_external(struct buf *out, const struct tag_source *source);
enum status tag_append_external_pinned(struct buf *out, const struct tag_source *source);
enum status tag_append_external_stub(struct buf *out, const struct tag_source *source);
/* What stands between the marks of the inline element, to the byte: a policy names its hash. */
enum status tag_append_inline_text(struct buf *out, const struct tag_source *source);
/* The text of pipes-stub.js. */
enum status tag_append_stub_file(struct buf *out, const struct tag_source *source);

#endif
