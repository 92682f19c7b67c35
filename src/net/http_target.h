/*
 * http_target.h - inside of http_head.c: the request target and the host (RFC 9112, 3.2 and 3.3).
 */
#ifndef PIPES_NET_HTTP_TARGET_H
#define PIPES_NET_HTTP_TARGET_H

#include "net/http_head.h"

/* A host, and perhaps a port; both may be empty, user information may not stand (RFC 9112, 3.2). */
bool http_is_host(struct view v);

/* Fills path, query and authority of a head whose method is known. */
enum http_progress http_target_parse(struct http_head *head, struct view target,
                                     struct http_refusal *refusal);

#endif
