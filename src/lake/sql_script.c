#include "lake/sql_script.h"

#include <ctype.h>

/* Behind the closing quote; a doubled one stays inside. */
static size_t skip_quoted(struct view sql, size_t at)
{
    char quote = sql.at[at++];
    while (at < sql.len && (sql.at[at] != quote || (at + 1 < sql.len && sql.at[at + 1] == quote))) {
        at += sql.at[at] == quote ? 2 : 1;
    }
    return at < sql.len ? at + 1 : at;
}

/* e'...': a backslash takes away what the next byte means. */
static size_t skip_escaped(struct view sql, size_t at)
{
    for (at++; at < sql.len && sql.at[at] != '\''; at++) {
        at += sql.at[at] == '\\';
    }
    return at < sql.len ? at + 1 : sql.len;
}

static bool is_name(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 0x80;
}

/* $tag$ ... $tag$; where no such thing stands, behind the dollar. */
static size_t skip_dollars(struct view sql, size_t at)
{
    size_t end = at + 1;
    while (end < sql.len && is_name(sql.at[end])) {
        end++;
    }
    if (end == sql.len || sql.at[end] != '$' || isdigit((unsigned char)sql.at[at + 1])) {
        return at + 1;
    }
    struct view tag = view_part(sql, at, end + 1 - at);
    for (size_t i = end + 1; i + tag.len <= sql.len; i++) {
        if (view_equal(view_part(sql, i, tag.len), tag)) {
            return i + tag.len;
        }
    }
    return sql.len;
}

static size_t skip_line(struct view sql, size_t at)
{
    return at + view_find(view_part(sql, at, sql.len), '\n');
}

static size_t skip_comment(struct view sql, size_t at)
{
    for (at += 2; at + 1 < sql.len; at++) {
        if (sql.at[at] == '*' && sql.at[at + 1] == '/') {
            return at + 2;
        }
    }
    return sql.len;
}

static bool is_pair(struct view sql, size_t at, const char *pair)
{
    return at + 1 < sql.len && sql.at[at] == pair[0] && sql.at[at + 1] == pair[1];
}

/* Behind what begins here; *is_space: it says nothing. */
static size_t skip_one(struct view sql, size_t at, bool *is_space)
{
    char byte = sql.at[at];
    *is_space = isspace((unsigned char)byte) || is_pair(sql, at, "--") || is_pair(sql, at, "/*");
    if (is_pair(sql, at, "--")) {
        return skip_line(sql, at);
    }
    if (is_pair(sql, at, "/*")) {
        return skip_comment(sql, at);
    }
    bool is_start = at == 0 || !is_name(sql.at[at - 1]);
    if (is_start && (is_pair(sql, at, "e'") || is_pair(sql, at, "E'"))) {
        return skip_escaped(sql, at + 1);
    }
    if (byte == '$' && is_start) {
        return skip_dollars(sql, at);
    }
    return byte == '\'' || byte == '"' ? skip_quoted(sql, at) : at + 1;
}

bool sql_script_next(struct view *rest, struct view *statement)
{
    while (rest->len > 0) {
        bool says_something = false;
        size_t at = 0;
        while (at < rest->len && rest->at[at] != ';') {
            bool is_space;
            at = skip_one(*rest, at, &is_space);
            says_something = says_something || !is_space;
        }
        *statement = view_part(*rest, 0, at);
        *rest = view_part(*rest, at + 1, rest->len);
        if (says_something) {
            return true;
        }
    }
    return false;
}
