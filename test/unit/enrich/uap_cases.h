/*
 * uap_cases.h - reads uap-core's own test cases, the little YAML they are written in.
 *
 *     struct uap_cases cases;
 *     if (uap_cases_open(&cases, "test_ua.yaml")) {
 *         struct uap_case one;
 *         while (uap_cases_next(&cases, &one)) { ... one.agent, one.family }
 *     }
 *     uap_cases_close(&cases);
 */
#ifndef PIPES_TEST_UAP_CASES_H
#define PIPES_TEST_UAP_CASES_H

#include "base/buf.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { UAP_FILE_BYTES_MAX = 8 << 20, UAP_TEXT_BYTES = 2048 };

struct uap_text {
    char bytes[UAP_TEXT_BYTES];
    size_t len;
};

struct uap_case {
    struct uap_text agent;
    struct uap_text family;
    struct uap_text major;
};

struct uap_cases {
    struct buf file;
    struct view rest;
};

/* False, with nothing to close, when the file is not there. */
static bool uap_cases_open(struct uap_cases *cases, const char *name)
{
    char path[4096];
    const char *data = getenv("PIPES_SHARED_DATA");
    snprintf(path, sizeof(path), "%s/uap-core/tests/%s", data ? data : "../shared/data", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *cases = (struct uap_cases){0};
    if (fd < 0) {
        return false;
    }
    buf_init(&cases->file, UAP_FILE_BYTES_MAX);
    char *room = buf_reserve(&cases->file, UAP_FILE_BYTES_MAX - 1);
    for (ssize_t got; room && (got = read(fd, room + cases->file.len,
                                          UAP_FILE_BYTES_MAX - 1 - cases->file.len)) > 0;) {
        cases->file.len += (size_t)got;
    }
    close(fd);
    cases->rest = buf_view(&cases->file);
    return true;
}

static void uap_cases_close(struct uap_cases *cases)
{
    buf_free(&cases->file);
}

/* 'it''s', "a \"text\"", or nothing. */
static void uap_text_read(struct uap_text *text, struct view value)
{
    value = view_trim(value);
    text->len = 0;
    char quote = value.len > 0 ? value.at[0] : 0;
    if (quote != '\'' && quote != '"') {
        return;
    }
    for (size_t i = 1; i < value.len && text->len < UAP_TEXT_BYTES; i++) {
        bool is_quote = value.at[i] == quote;
        bool is_doubled =
            is_quote && quote == '\'' && i + 1 < value.len && value.at[i + 1] == quote;
        if (is_quote && !is_doubled) {
            return;
        }
        bool is_escape = is_doubled || (quote == '"' && value.at[i] == '\\');
        i += is_escape ? 1 : 0;
        text->bytes[text->len++] = value.at[i];
    }
}

static bool uap_cases_take(struct view line, const char *name, struct uap_text *text)
{
    size_t len = strlen(name);
    bool is_it = view_starts_with(line, name);
    if (is_it) {
        uap_text_read(text, view_part(line, len, line.len));
    }
    return is_it;
}

static bool uap_cases_next(struct uap_cases *cases, struct uap_case *one)
{
    bool has_agent = false;
    while (cases->rest.len > 0) {
        struct view before = cases->rest;
        struct view line = view_trim(view_cut(&cases->rest, '\n'));
        if (view_starts_with(line, "- ")) {
            line = view_trim(view_part(line, 2, line.len));
        }
        if (view_starts_with(line, "user_agent_string:") && has_agent) {
            cases->rest = before;
            return true;
        }
        if (uap_cases_take(line, "user_agent_string:", &one->agent)) {
            has_agent = true;
            one->family.len = one->major.len = 0;
        }
        uap_cases_take(line, "family:", &one->family);
        uap_cases_take(line, "major:", &one->major);
    }
    return has_agent;
}

static struct view uap_view(const struct uap_text *text)
{
    return view_make(text->bytes, text->len);
}

#endif
