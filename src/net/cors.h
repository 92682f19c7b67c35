/*
 * cors.h - which pages of other origins may read our answers (Fetch standard, "CORS protocol").
 *
 * Answers always name the one origin that asked, never "*": a wildcard is void with credentials.
 *
 *     bool is_allowed = cors_apply(&cors, origin, head->method == HTTP_OPTIONS, reply);
 */
#ifndef PIPES_NET_CORS_H
#define PIPES_NET_CORS_H

#include "net/http_reply.h"

struct cors {
    const struct view *origins; /* "https://shop.example"; borrowed */
    size_t origin_count;        /* 0: every origin */
    const char *methods;        /* for preflights; NULL is "GET, POST, OPTIONS" */
    const char *headers; /* for preflights; NULL: Content-Type, Content-Encoding, Authorization */
};

/* Adds the headers to reply. Without an Origin (not a cross-origin request) or with one that is
 * not on the list only Vary is added. True when the origin is allowed, or there is none. */
bool cors_apply(const struct cors *cors, struct view origin, bool is_preflight,
                struct http_reply *reply);

#endif
