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

static void append_stub(struct buf *out, const struct embedded *tracker)
{
    buf_append_view(out, embedded_find(tracker, "stub.min.js"));
    /* The stub may end in a line end or a semicolon of its own; it is an expression to be called.
     */
    while (out->len > 0 && (out->at[out->len - 1] == '\n' || out->at[out->len - 1] == ';')) {
        buf_truncate(out, out->len - 1);
    }
}

static void append_stub_call(struct buf *out, const struct embedded *tracker, const char *url,
                             const char *integrity)
{
    append_stub(out, tracker);
    buf_append_byte(out, '(');
    append_argument(out, url);
    if (integrity) {
        buf_append_byte(out, ',');
        append_argument(out, integrity);
    }
    buf_append_text(out, ");");
}

static enum status append_inline(struct buf *out, const struct tag_source *source,
                                 const char *attributes)
{
    char url[URL_BYTES_MAX];
    snprintf(url, sizeof(url), "%s/pipes.js", source->base_url);
    buf_append_format(out, "<script%s>", attributes);
    append_stub_call(out, source->tracker, url, NULL);
    return buf_append_text(out, "</script>\n");
}

enum status tag_append_default(struct buf *out, const struct tag_source *source)
{
    return append_inline(out, source, "");
}

enum status tag_append_nonce(struct buf *out, const struct tag_source *source)
{
    return append_inline(out, source, " nonce=\"NONCE\"");
}

enum status tag_append_pinned(struct buf *out, const struct tag_source *source)
{
    char url[URL_BYTES_MAX];
    snprintf(url, sizeof(url), "%s/pipes.%s.js", source->base_url, source->bundle->hash);
    buf_append_text(out, "<script>");
    append_stub_call(out, source->tracker, url, source->bundle->integrity);
    return buf_append_text(out, "</script>\n");
}

/* Within an attribute's double quotes. */
static void append_attribute(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&') {
            buf_append_text(out, "&amp;");
        } else if (*text == '"') {
            buf_append_text(out, "&quot;");
        } else {
            buf_append_byte(out, *text);
        }
    }
}

enum status tag_append_external(struct buf *out, const struct tag_source *source)
{
    buf_append_text(out, "<script async src=\"");
    append_attribute(out, source->base_url);
    return buf_append_text(out, "/pipes.js\"></script>\n");
}

enum status tag_append_external_pinned(struct buf *out, const struct tag_source *source)
{
    buf_append_text(out, "<script async src=\"");
    append_attribute(out, source->base_url);
    return buf_append_format(
        out, "/pipes.%s.js\" integrity=\"%s\" crossorigin=\"anonymous\"></script>\n",
        source->bundle->hash, source->bundle->integrity);
}

enum status tag_append_external_stub(struct buf *out, const struct tag_source *source)
{
    /* Not async: what follows in the page may call at once. */
    buf_append_text(out, "<script src=\"");
    append_attribute(out, source->base_url);
    return buf_append_text(out, "/pipes-stub.js\"></script>\n");
}

enum status tag_append_stub_file(struct buf *out, const struct tag_source *source)
{
    char url[URL_BYTES_MAX];
    snprintf(url, sizeof(url), "%s/pipes.js", source->base_url);
    append_stub(out, source->tracker);
    /* The tracker lies beside this file, wherever that was taken from. */
    buf_append_text(out, "((document.currentScript||{src:");
    append_argument(out, url);
    return buf_append_text(out, "}).src.replace(\"/pipes-stub.js\",\"/pipes.js\"));\n");
}
