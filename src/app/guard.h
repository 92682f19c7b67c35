/*
 * guard.h - how much one source and one site may ask for: connections from an address, requests a
 * second from a source, requests a second with events of a site.
 *
 * A source is the client's IPv4 address or the /64 of its IPv6 address (what one subscriber has),
 * as forwarded_client() says. This machine, Unix sockets and the trusted
 * proxies themselves are no sources: one of them stands for many. Addresses are kept as keyed
 * hashes, in memory only. Limits come with each question, so a reload needs nothing here. Safe from
 * several threads.
 */
#ifndef PIPES_APP_GUARD_H
#define PIPES_APP_GUARD_H

#include "app/settings.h"

struct guard;

enum { GUARD_KEYS = 65536 /* sources and sites whose rates are known */ };

/* For at most that many connections at a time. */
enum status guard_create(struct guard **guard, size_t connections, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void guard_destroy(struct guard *guard);

/* False when the address has too many; else it counts until guard_disconnect(). */
bool guard_connect(struct guard *guard, const struct settings *settings, const char *peer);
void guard_disconnect(struct guard *guard, const char *peer);

/* False: not before *wait_ms. */
bool guard_request(struct guard *guard, const struct settings *settings, const char *client,
                   int64_t *wait_ms);
bool guard_site(struct guard *guard, uint32_t per_second, struct view site, int64_t *wait_ms);

/* One source and one site: what a single sender may do with a key that everybody can read. */
struct guard_source {
    const char *client;
    struct view site;
};
bool guard_source_of_site(struct guard *guard, const struct settings *settings, uint32_t per_second,
                          const struct guard_source *source, int64_t *wait_ms);

#endif
