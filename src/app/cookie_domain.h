/*
 * cookie_domain.h - which hosts a cookie of a domain is for (RFC 6265, 5.1.3).
 *
 *     cookie_domain_covers(domain, cookie_domain_host(http_header(head, "host")))
 */
#ifndef PIPES_APP_COOKIE_DOMAIN_H
#define PIPES_APP_COOKIE_DOMAIN_H

#include "base/view.h"

/* A Host header without its port. */
struct view cookie_domain_host(struct view authority);

/* Letters, digits, '-', '.' and '_', 1 to 253 of them: what may stand in a Set-Cookie line. */
bool cookie_domain_is_host(struct view host);

/* In capitals or not. */
bool cookie_domain_is_same(struct view a, struct view b);

/* Whether the host is the domain itself or one under it. */
bool cookie_domain_covers(struct view domain, struct view host);

#endif
