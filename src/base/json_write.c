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

char *json_put_compact(char *to, const struct json *doc, json_value value)
{
    if (json_is_compact(doc)) {
        struct view raw = json_raw(doc, value);
        return copy_bytes(to, raw.at, raw.len);
    }
    uint32_t done = doc->nodes[value].start;
    uint32_t end = doc->nodes[value].end;
    const char *text = doc->text.at;
    for (json_value i = value; json_has(doc, i) && doc->nodes[i].start < end; ++i) {
        const struct json_node *node = &doc->nodes[i];
        if (node->kind != JSON_STRING) {
            continue;
        }
        to = copy_without_space(to, text + done, text + node->start);
        if (node->flags & JSON_NODE_HAS_LONE_SURROGATE) {
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
    if (json_is_compact(doc)) {
        return buf_append_view(out, raw);
    }
    char *place = raw.len > 0 ? buf_reserve(out, raw.len) : NULL;
    if (place) {
        buf_used(out, (size_t)(json_put_compact(place, doc, value) - place));
    }
    return out->status;
}

/* The letter of a short escape, or 0. */
static char letter_of(unsigned char byte)
{
    static const char LETTERS[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    return byte < 0x20 ? LETTERS[byte] : (char)byte;
}

/* Of a quote, a backslash or a control character. */
static char *put_escape(char *to, unsigned char byte)
{
    static const char HEX[] = "0123456789abcdef";
    char letter = letter_of(byte);
    if (letter) {
        return copy_bytes(to, (const char[]){'\\', letter}, 2);
    }
    return copy_bytes(to, (const char[]){'\\', 'u', '0', '0', HEX[byte >> 4], HEX[byte & 15]}, 6);
}

/* What json_plain_end() stopped at: how many bytes of text, and how many they become. */
struct special {
    size_t len;
    size_t becomes;
};

static struct special special_at(const char *p, const char *end)
{
    if ((unsigned char)*p < 0x80) {
        return (struct special){1, letter_of((unsigned char)*p) ? 2 : 6};
    }
    size_t len = json_utf8_len(p, end);
    return len > 0 ? (struct special){len, len} : (struct special){1, 3};
}

size_t json_string_bytes(struct view text)
{
    const char *p = text.len > 0 ? text.at : "";
    const char *end = p + text.len;
    size_t bytes = text.len + 2;
    while ((p = json_plain_end(p, end)) < end) {
        struct special special = special_at(p, end);
        bytes += special.becomes - special.len;
        p += special.len;
    }
    return bytes;
}

static char *put_special(char *to, const char *p, const struct special *special)
{
    if ((unsigned char)*p < 0x80) {
        return put_escape(to, (unsigned char)*p);
    }
    bool is_valid = special->len == special->becomes;
    return copy_bytes(to, is_valid ? p : "\xEF\xBF\xBD", special->becomes);
}

char *json_put_string(char *to, struct view text)
{
    const char *p = text.len > 0 ? text.at : "";
    const char *end = p + text.len;
    *to++ = '"';
    for (;;) {
        const char *stop = json_plain_end(p, end);
        to = copy_bytes(to, p, (size_t)(stop - p));
        if (stop == end) {
            break;
        }
        struct special special = special_at(stop, end);
        to = put_special(to, stop, &special);
        p = stop + special.len;
    }
    *to++ = '"';
    return to;
}

enum status json_append_string(struct buf *out, struct view text)
{
    char *place = buf_reserve(out, json_string_bytes(text));
    if (place) {
        buf_used(out, (size_t)(json_put_string(place, text) - place));
    }
    return out->status;
}
