#include "site/tag.h"

const char *tag_script_name(const struct tag_source *source)
{
    return source->name ? source->name : "pipes";
}

static void append_stub(struct buf *out, const struct embedded *tracker)
{
    buf_append_view(out, embedded_find(tracker, "stub.min.js"));
    while (out->len > 0 && out->at[out->len - 1] == '\n') {
        buf_truncate(out, out->len - 1);
    }
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

/* The element that loads the tracker. In the page's own text, not made by script: the browser finds
 * it before it runs anything, and Trusted Types have nothing to object to. */
static void append_loader(struct buf *out, const struct tag_source *source, const char *attributes)
{
    buf_append_format(out, "<script%s async src=\"", attributes);
    append_attribute(out, source->base_url);
    buf_append_format(out, "/%s.js\"></script>\n", tag_script_name(source));
}

static void append_pinned_loader(struct buf *out, const struct tag_source *source)
{
    buf_append_text(out, "<script async src=\"");
    append_attribute(out, source->base_url);
    buf_append_format(out, "/%s.%s.js\" integrity=\"%s\" crossorigin=\"anonymous\"></script>\n",
                      tag_script_name(source), source->bundle->hash, source->bundle->integrity);
}

static void append_inline(struct buf *out, const struct tag_source *source, const char *attributes)
{
    buf_append_format(out, "<script%s>", attributes);
    append_stub(out, source->tracker);
    buf_append_text(out, "</script>");
}

enum status tag_append_inline_text(struct buf *out, const struct tag_source *source)
{
    append_stub(out, source->tracker);
    return buf_status(out);
}

enum status tag_append_default(struct buf *out, const struct tag_source *source)
{
    append_inline(out, source, "");
    append_loader(out, source, "");
    return buf_status(out);
}

enum status tag_append_nonce(struct buf *out, const struct tag_source *source)
{
    append_inline(out, source, " nonce=\"NONCE\"");
    append_loader(out, source, " nonce=\"NONCE\"");
    return buf_status(out);
}

enum status tag_append_pinned(struct buf *out, const struct tag_source *source)
{
    append_inline(out, source, "");
    append_pinned_loader(out, source);
    return buf_status(out);
}

enum status tag_append_external(struct buf *out, const struct tag_source *source)
{
    append_loader(out, source, "");
    return buf_status(out);
}

enum status tag_append_external_pinned(struct buf *out, const struct tag_source *source)
{
    append_pinned_loader(out, source);
    return buf_status(out);
}

enum status tag_append_external_stub(struct buf *out, const struct tag_source *source)
{
    /* Not async: what follows in the page may call at once. */
    buf_append_text(out, "<script src=\"");
    append_attribute(out, source->base_url);
    buf_append_format(out, "/%s-stub.js\"></script>", tag_script_name(source));
    append_loader(out, source, "");
    return buf_status(out);
}

enum status tag_append_stub_file(struct buf *out, const struct tag_source *source)
{
    append_stub(out, source->tracker);
    return buf_append_byte(out, '\n');
}
