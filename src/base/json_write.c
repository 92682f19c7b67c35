#include "base/json.h"

#include "base/json_node.h"

static char *copy_bytes(char *to, const char *from, size_t len)
{
    memcpy(to, from, len);
    return to + len;
}

/* What stands between strings. */
static char *copy_without_space(char *to, const char *p, const char *end)
{
    for (; p < end; ++p) {
        *to = *p;
        to += (unsigned char)*p > ' ';
    }
    return to;
}

/* \ufffd is as long as what it replaces. */
static char *copy_repaired(char *to, const char *p, const char *end)
{
    while (p < end) {
        int unit = json_unit(p, end);
        bool is_pair = json_is_high(unit) && json_is_low(json_unit(p + 6, end));
        if (is_pair) {
            to = copy_bytes(to, p, 12);
            p += 12;
        } else if (json_is_high(unit) || json_is_low(unit)) {
            to = copy_bytes(to, "\\ufffd", 6);
            p += 6;
        } else {
            /* Two bytes of an escape, so that \\ud800 (backslash, letters) is left alone. */
            size_t len = *p == '\\' ? 2 : 1;
            to = copy_bytes(to, p, len);
            p += len;
        }
    }
    return to;
}

static char *copy_compact(char *to, const struct json *doc, json_value value)
{
    uint32_t done = doc->nodes[value].start;
    uint32_t end = doc->nodes[value].end;
    const char *text = doc->text.at;
    for (json_value i = value; json_has(doc, i) && doc->nodes[i].start < end; ++i) {
        const struct json_node *node = &doc->nodes[i];
        if (node->kind != JSON_STRING) {
            continue;
        }
        to = copy_without_space(to, text + done, text + node->start);
        if (node->flags & NODE_HAS_LONE_SURROGATE) {
            to = copy_repaired(to, text + node->start, text + node->end);
        } else {
            to = copy_bytes(to, text + node->start, node->end - node->start);
        }
        done = node->end;
    }
    return copy_without_space(to, text + done, text + end);
}

enum status json_append_compact(struct buf *out, const struct json *doc, json_value value)
{
    struct view raw = json_raw(doc, value);
    if (!doc->has_space && doc->lone_surrogates == 0) {
        return buf_append_view(out, raw);
    }
    char *place = raw.len > 0 ? buf_reserve(out, raw.len) : NULL;
    if (place) {
        buf_used(out, (size_t)(copy_compact(place, doc, value) - place));
    }
    return out->status;
}

static void append_escape(struct buf *out, unsigned char byte)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    static const char hex[] = "0123456789abcdef";
    if (byte >= 0x20) {
        buf_append(out, (const char[]){'\\', (char)byte}, 2);
    } else if (letters[byte]) {
        buf_append(out, (const char[]){'\\', letters[byte]}, 2);
    } else {
        buf_append(out, (const char[]){'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]}, 6);
    }
}

static void append_inside(struct buf *out, struct view text)
{
    const char *p = text.at;
    const char *end = p + text.len;
    while (p < end) {
        const char *stop = json_plain_end(p, end);
        buf_append(out, p, (size_t)(stop - p));
        p = stop;
        if (p == end) {
            break;
        }
        size_t len = (unsigned char)*p >= 0x80 ? json_utf8_len(p, end) : 1;
        if (len == 0) {
            buf_append_text(out, "\xEF\xBF\xBD");
            ++p;
            continue;
        }
        if (len > 1) {
            buf_append(out, p, len);
        } else {
            append_escape(out, (unsigned char)*p);
        }
        p += len;
    }
}

enum status json_append_string(struct buf *out, struct view text)
{
    size_t before = out->len;
    buf_append_byte(out, '"');
    if (text.len > 0) {
        append_inside(out, text);
    }
    buf_append_byte(out, '"');
    if (out->status != STATUS_OK) {
        buf_truncate(out, before);
    }
    return out->status;
}
