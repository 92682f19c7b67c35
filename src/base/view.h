/*
 * view.h - a borrowed run of bytes: where it starts and how long it is.
 *
 * Never ends at a zero byte, may hold any byte, owns nothing. Who hands one out says how long the
 * bytes stay.
 *
 *     if (view_is(name, "content-length")) { ... }
 */
#ifndef PIPES_BASE_VIEW_H
#define PIPES_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
    const char *at; /* may be NULL when len is 0 */
    size_t len;
};

/* For printf: "%.*s", VIEW_ARG(v) */
#define VIEW_ARG(v) (int)(v).len, (v).at ? (v).at : ""
#define VIEW_LITERAL(text) ((struct view){"" text, sizeof(text) - 1})

static inline struct view view_make(const char *at, size_t len)
{
    return (struct view){at, len};
}

/* From a zero-terminated text; NULL gives the empty view. Inline, as the next ones: of a literal
 * the compiler knows the length. */
static inline struct view view_from_text(const char *text)
{
    return text ? view_make(text, strlen(text)) : view_make(NULL, 0);
}

static inline bool view_equal(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool view_is(struct view v, const char *text)
{
    return view_equal(v, view_from_text(text));
}

/* Of view_is_ignoring_case(), when the lengths are the same. */
bool view_is_text_ignoring_case(struct view v, const char *text);
/* ASCII letters alike, all other bytes as they are. */
static inline bool view_is_ignoring_case(struct view v, const char *text)
{
    return v.len == strlen(text) && view_is_text_ignoring_case(v, text);
}

bool view_starts_with(struct view v, const char *text);
bool view_ends_with(struct view v, const char *text);

/* The part from start, of at most len bytes; both are cut to what is there. */
static inline struct view view_part(struct view v, size_t start, size_t len)
{
    if (start >= v.len) {
        return view_make(NULL, 0);
    }
    size_t left = v.len - start;
    return view_make(v.at + start, len < left ? len : left);
}

static inline bool view_is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Without spaces and tabs at both ends. */
struct view view_trim(struct view v);
/* Position of byte, or v.len. */
static inline size_t view_find(struct view v, char byte)
{
    const char *found = v.len > 0 ? (const char *)memchr(v.at, byte, v.len) : NULL;
    return found ? (size_t)(found - v.at) : v.len;
}

/* Cuts off what stands before the first `separator` and returns it; *rest becomes what follows
 * (empty when there was no separator). */
struct view view_cut(struct view *rest, char separator);

/* Decimal digits only, the whole view, no sign; false when empty, longer or over the maximum. */
bool view_to_uint64(struct view v, uint64_t *value);
/* With an optional leading minus. */
bool view_to_int64(struct view v, int64_t *value);
/* Decimal, at the end of text; the view says where. */
enum { VIEW_INT64_BYTES = 20 };
struct view view_of_int64(int64_t value, char text[VIEW_INT64_BYTES]);
struct view view_of_uint64(uint64_t value, char text[VIEW_INT64_BYTES]);

#endif
