/*
 * listen_address.h - where to listen, as it is written in options.
 *
 *     "*:8080, 127.0.0.1:8443 tls, unix:/run/pipes/events.sock proxy"
 *
 * An address is HOST:PORT with an IPv4 address, an [IPv6] one or "*" as host, or unix:PATH. Words
 * behind it: tls (needs a certificate), proxy (a balancer begins each connection with a PROXY
 * header).
 */
#ifndef PIPES_NET_LISTEN_ADDRESS_H
#define PIPES_NET_LISTEN_ADDRESS_H

#include "base/status.h"
#include "base/view.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { LISTEN_ADDRESSES_MAX = 16, LISTEN_TEXT_BYTES = 128 };

struct listen_address {
    char text[LISTEN_TEXT_BYTES]; /* the address without words */
    bool is_any;                  /* "*": IPv4 and IPv6 */
    bool is_unix;
    bool has_tls;
    bool has_proxy_header;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
        struct sockaddr_storage room;
    } at;
    socklen_t len;
};

/* One address with its words. On failure the fault says what is allowed. */
enum status listen_address_parse(struct listen_address *address, struct view text,
                                 struct fault *fault) MUST_CHECK;
/* Comma-separated ones; at least one. */
enum status listen_address_parse_list(struct listen_address list[LISTEN_ADDRESSES_MAX],
                                      size_t *count, const char *text, struct fault *fault)
    MUST_CHECK;

/* 0 for a Unix socket. */
uint16_t listen_address_port(const struct listen_address *address);
void listen_address_set_port(struct listen_address *address, uint16_t port);

#endif
