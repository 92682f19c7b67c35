#include "site/tag.h"

#include "base/json.h"

#include <stdio.h>

enum { URL_BYTES_MAX = 2048 };

/* An argument within an inline script: a JSON string that cannot end the element. */
static void append_argument(struct buf *out, const char *text)
{
    struct buf quoted;
    buf_init(&quoted, 2 * URL_BYTES_MAX);
    json_append_string(&quoted, view_from_text(text));
    for (size_t i = 0; i < quoted.len; i++) {
        if (quoted.at[i] == '<') {
            buf_append_text(out, "\\u003c");
        } else {
            buf_append_byte(out, quoted.at[i]);
        }
    }
    buf_free(&quoted);
}

static enum status append_tag(struct buf *out, const struct embedded *tracker, const char *url,
                              const char *integrity)
{
    buf_append_text(out, "<script>");
    buf_append_view(out, embedded_find(tracker, "stub.min.js"));
    /* The stub may end in a line end or a semicolon of its own; it is an expression to be called.
     */
    while (out->len > 0 && (out->at[out->len - 1] == '\n' || out->at[out->len - 1] == ';')) {
        buf_truncate(out, out->len - 1);
    }
    buf_append_byte(out, '(');
    append_argument(out, url);
    if (integrity) {
        buf_append_byte(out, ',');
        append_argument(out, integrity);
    }
    return buf_append_text(out, ");</script>\n");
}

enum status tag_append_default(struct buf *out, const struct embedded *tracker,
                               const char *base_url)
{
    char url[URL_BYTES_MAX];
    snprintf(url, sizeof(url), "%s/pipes.js", base_url);
    return append_tag(out, tracker, url, NULL);
}

enum status tag_append_pinned(struct buf *out, const struct embedded *tracker, const char *base_url,
                              const struct bundle *bundle)
{
    char url[URL_BYTES_MAX];
    snprintf(url, sizeof(url), "%s/pipes.%s.js", base_url, bundle->hash);
    return append_tag(out, tracker, url, bundle->integrity);
}
