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

/* From a zero-terminated text; NULL gives the empty view. */
struct view view_from_text(const char *text);

bool view_equal(struct view a, struct view b);
bool view_is(struct view v, const char *text);
/* ASCII letters alike, all other bytes as they are. */
bool view_is_ignoring_case(struct view v, const char *text);
bool view_starts_with(struct view v, const char *text);
bool view_ends_with(struct view v, const char *text);

/* The part from start, of at most len bytes; both are cut to what is there. */
struct view view_part(struct view v, size_t start, size_t len);
/* Without spaces and tabs at both ends. */
struct view view_trim(struct view v);
/* Position of byte, or v.len. */
size_t view_find(struct view v, char byte);
/* Cuts off what stands before the first `separator` and returns it; *rest becomes what follows
 * (empty when there was no separator). */
struct view view_cut(struct view *rest, char separator);

/* Decimal digits only, the whole view, no sign; false when empty, longer or over the maximum. */
bool view_to_uint64(struct view v, uint64_t *value);
/* With an optional leading minus. */
bool view_to_int64(struct view v, int64_t *value);

#endif
