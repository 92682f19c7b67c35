/*
 * malformed_case.h - reads the cases of test/unit/net/malformed: requests as bytes, and what a
 * server has to make of them.
 *
 *     # a comment
 *     case: a bare LF ends the request line
 *     expect: 400 close
 *     > GET / HTTP/1.1\n
 *     > Host: a\r\n\r\n
 *
 * An empty line ends a case. The bytes are what stands behind each "> ", one line behind the
 * other; the end of a line in the file stands for nothing. Escapes are \r \n \t \0 \\ \xNN, and
 * \*300(text) for 300 times that text. What is expected is one of
 *
 *     400 close    refused with that status, and nothing behind it is read as a request
 *     200 close    accepted, and nothing behind it is read as a request
 *     200 keep     accepted, and what follows is the next request
 *     415 keep     refused, but its end is known: what follows is the next request
 *     none close   the client has ended before its request had: no request, no answer
 *
 * and for 200 a line "seen: METHOD TARGET HOST BODY" says what the handler must be given.
 */
#ifndef PIPES_TEST_MALFORMED_CASE_H
#define PIPES_TEST_MALFORMED_CASE_H

#include "base/buf.h"

#include <stdlib.h>

enum { MALFORMED_BYTES_MAX = 64 * 1024 };

/* The views point into the text of the file. */
struct malformed_case {
    struct view name;
    unsigned status; /* 0: none */
    bool is_kept;
    struct buf seen;  /* empty when no request must reach the handler */
    struct buf bytes; /* as they are sent */
};

static void malformed_case_init(struct malformed_case *one)
{
    *one = (struct malformed_case){0};
    buf_init(&one->seen, MALFORMED_BYTES_MAX);
    buf_init(&one->bytes, MALFORMED_BYTES_MAX);
}

static void malformed_case_free(struct malformed_case *one)
{
    buf_free(&one->seen);
    buf_free(&one->bytes);
}

/* One byte behind a backslash; false when there is no such escape. */
static bool take_escape(struct view *text, char *byte)
{
    static const char names[] = "rnt0\\";
    static const char bytes[] = "\r\n\t\0\\";
    const char *found = text->len > 0 ? strchr(names, text->at[0]) : NULL;
    if (found && *found) {
        *byte = bytes[found - names];
        *text = view_part(*text, 1, text->len);
        return true;
    }
    if (text->len < 3 || text->at[0] != 'x') {
        return false;
    }
    const char digits[] = {text->at[1], text->at[2], '\0'};
    char *end = NULL;
    *byte = (char)strtoul(digits, &end, 16);
    *text = view_part(*text, 3, text->len);
    return end == digits + 2;
}

/* Bytes that stand for themselves and plain escapes. */
static bool append_plain(struct buf *out, struct view text)
{
    while (text.len > 0) {
        char byte = text.at[0];
        text = view_part(text, 1, text.len);
        if (byte == '\\' && !take_escape(&text, &byte)) {
            return false;
        }
        buf_append_byte(out, byte);
    }
    return buf_status(out) == STATUS_OK;
}

static bool append_repeated(struct buf *out, struct view *text)
{
    struct view number = view_cut(text, '(');
    struct view repeated = view_cut(text, ')');
    uint64_t count = 0;
    if (!view_to_uint64(number, &count) || count > MALFORMED_BYTES_MAX) {
        return false;
    }
    bool is_good = true;
    for (uint64_t i = 0; i < count && is_good; i++) {
        is_good = append_plain(out, repeated);
    }
    return is_good;
}

static size_t find_repetition(struct view text)
{
    size_t at = 0;
    while (at + 1 < text.len && (text.at[at] != '\\' || text.at[at + 1] != '*')) {
        at += text.at[at] == '\\' ? 2 : 1;
    }
    return at + 1 < text.len ? at : text.len;
}

/* False when an escape is not known or there is too much. */
static bool append_unescaped(struct buf *out, struct view text)
{
    while (text.len > 0) {
        size_t at = find_repetition(text);
        bool is_last = at == text.len;
        if (!append_plain(out, view_part(text, 0, at))) {
            return false;
        }
        text = view_part(text, at + 2, text.len);
        if (!is_last && !append_repeated(out, &text)) {
            return false;
        }
    }
    return true;
}

static bool take_expected(struct malformed_case *one, struct view text)
{
    uint64_t status = 0;
    struct view answer = view_cut(&text, ' ');
    bool is_known = view_is(answer, "none") || view_to_uint64(answer, &status);
    one->status = (unsigned)status;
    one->is_kept = view_is(text, "keep");
    return is_known && (one->is_kept ? status != 0 : view_is(text, "close"));
}

static bool take_line(struct malformed_case *one, struct view line)
{
    if (view_starts_with(line, "case: ")) {
        one->name = view_part(line, 6, line.len);
        return true;
    }
    if (view_starts_with(line, "expect: ")) {
        return take_expected(one, view_part(line, 8, line.len));
    }
    if (view_starts_with(line, "seen: ")) {
        return append_unescaped(&one->seen, view_part(line, 6, line.len));
    }
    return view_starts_with(line, "> ") &&
           append_unescaped(&one->bytes, view_part(line, 2, line.len));
}

/* Cuts the next case off the text. False when there is none; *is_good is false when a line was not
 * understood or something is missing. */
static bool malformed_case_next(struct malformed_case *one, struct view *text, bool *is_good)
{
    bool has_lines = false;
    *is_good = true;
    one->name = view_make(NULL, 0);
    buf_clear(&one->seen);
    buf_clear(&one->bytes);
    while (text->len > 0) {
        struct view line = view_cut(text, '\n');
        if (line.len == 0 && has_lines) {
            break;
        }
        if (line.len > 0 && line.at[0] != '#') {
            has_lines = true;
            *is_good = *is_good && take_line(one, line);
        }
    }
    *is_good = *is_good && one->name.len > 0 && one->bytes.len > 0 &&
               (one->status == 200) == (one->seen.len > 0);
    return has_lines;
}

#endif
