/*
 * forwarded.h - who the client is behind trusted proxies: X-Forwarded-For, X-Forwarded-Proto.
 *
 * Each proxy appends the address it was called from, so only the right end of the list can be
 * believed: from there the walk goes left over trusted addresses; the first other one is the
 * client. What stands left of it was written by the client itself.
 *
 *     struct trusted_networks trusted;
 *     if (trusted_networks_parse(&trusted, "127.0.0.0/8, ::1", &fault) != STATUS_OK) { ... }
 *     struct forwarded client;
 *     forwarded_read(&client, &trusted, request->peer, request->head);
 *     ... client.address
 */
#ifndef PIPES_NET_FORWARDED_H
#define PIPES_NET_FORWARDED_H

#include "base/status.h"
#include "net/http_head.h"
#include "net/ip_address.h"

enum { TRUSTED_NETWORKS_MAX = 32, FORWARDED_HOPS_MAX = 32 };

struct network {
    struct ip_address address;
    unsigned bits; /* of the 128 */
};

/* "10.0.0.0/8", "fd00::/8", or an address alone. STATUS_BAD_INPUT. */
enum status network_parse(struct network *network, struct view text, struct fault *fault)
    MUST_CHECK;

/* Zeroed: nobody is trusted. Holds no memory. */
struct trusted_networks {
    struct network networks[TRUSTED_NETWORKS_MAX];
    size_t count;
    bool has_unix; /* whoever comes over a Unix socket */
};

struct forwarded {
    char address[IP_ADDRESS_TEXT_BYTES]; /* without port; IPv4 as such even when mapped to IPv6 */
    bool is_https;                       /* a trusted peer says that the client used https */
};

/* Comma-separated networks ("10.0.0.0/8"), addresses ("::1") and "unix" for all who come over a
 * Unix socket; an empty text trusts nobody. On failure the fault names the member, and nobody is
 * trusted. */
enum status trusted_networks_parse(struct trusted_networks *trusted, const char *text,
                                   struct fault *fault) MUST_CHECK;

bool trusted_networks_hold(const struct trusted_networks *trusted,
                           const struct ip_address *address);

/* peer is the address of the connection; it is the answer when it is not trusted or the headers
 * say nothing. A member that is no address ("unknown", "_hidden", nonsense) and the 33rd one end
 * the walk: the answer is then the trusted address reached last. A peer that is no address ("unix",
 * of a Unix socket) is copied, cut at the room, unless it is trusted and names another. */
void forwarded_read(struct forwarded *client, const struct trusted_networks *trusted,
                    const char *peer, const struct http_head *head);
/* The client's address by that, in `room`; where nobody is trusted the peer's, for nothing. */
const char *forwarded_client(struct forwarded *room, const struct trusted_networks *trusted,
                             const char *peer, const struct http_head *head);

#endif
