/*
 * tag_page.h - tag.html: every tag there is, and what each needs of a Content-Security-Policy.
 *
 *     tag_page_append(&out, &(struct tag_source){tracker, base_url, &bundle}, endpoint, &fault);
 */
#ifndef PIPES_SITE_TAG_PAGE_H
#define PIPES_SITE_TAG_PAGE_H

#include "site/tag.h"

/* endpoint: where the tracker posts; "" for where it came from. */
enum status tag_page_append(struct buf *out, const struct tag_source *source, const char *endpoint,
                            struct fault *fault) MUST_CHECK;

#endif
