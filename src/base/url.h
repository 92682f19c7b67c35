/*
 * url.h - the little of URLs that is needed here: parts, query parameters, percent-encoding.
 *
 * After RFC 3986 and the URL standard's form encoding; hostile input gives empty parts, never a
 * failure. Nothing is normalised.
 *
 *     struct url_parts parts = url_split(url);
 *     while (url_next_parameter(&query, &name, &value)) { ... }
 */
#ifndef PIPES_BASE_URL_H
#define PIPES_BASE_URL_H

#include "base/arena.h"
#include "base/view.h"

#include <stdbool.h>

/* Parts of "https://user@host:8080/path?query#fragment"; those not there are empty. */
struct url_parts {
    struct view host;  /* without user and port */
    struct view path;  /* with its slash; "/" when there is a host and no path */
    struct view query; /* without the '?' */
};

struct url_parts url_split(struct view url);
/* Cuts the next name and value off *query, both still encoded. */
bool url_next_parameter(struct view *query, struct view *name, struct view *value);
/* The value of the first parameter of that name, still encoded; false when there is none. */
bool url_find_parameter(struct view query, const char *name, struct view *value);
/* '+' becomes a space, %XX its byte; what is no such escape stays. The view itself when there is
 * nothing to decode; at is NULL when there is no memory. */
struct view url_decode(struct view text, struct arena *arena);

#endif
