/*
 * proxy_protocol.h - reads the header that a balancer puts before a connection's first byte, to
 * say who the client is (HAProxy's PROXY protocol, versions 1 and 2).
 *
 * A pure function over the bytes received so far, from the connection's first byte. Only for
 * listeners behind a balancer: whoever can connect can claim any address.
 *
 *     struct proxy_header header;
 *     switch (proxy_header_parse(&header, buf_view(&input), &refusal)) {
 *     case HTTP_NEED_MORE: ... read on and ask again with all bytes
 *     case HTTP_DONE: ... the request starts behind header.len bytes
 *     case HTTP_REFUSED: ... close; nobody waits for an answer of HTTP
 *     }
 */
#ifndef PIPES_NET_PROXY_PROTOCOL_H
#define PIPES_NET_PROXY_PROTOCOL_H

#include "net/http_head.h"
#include "net/ip_address.h"

enum {
    PROXY_V1_BYTES_MAX = 107,      /* line end included */
    PROXY_V2_PAYLOAD_MAX = 512,    /* addresses and extensions */
    PROXY_V2_BYTES_MAX = 16 + 512, /* room an input buffer needs */
};

struct proxy_header {
    size_t len;
    bool is_local;    /* the balancer's own connection (LOCAL): a health check */
    bool has_address; /* false for LOCAL, UNKNOWN and other families: keep the socket's peer */
    char address[IP_ADDRESS_TEXT_BYTES]; /* the client's; empty without */
    uint16_t port;
};

/* Fills header when done and refusal (400) when refused. Needs 107 bytes at most to tell that this
 * is no header. Extensions (TLV) of version 2 are skipped. */
enum http_progress proxy_header_parse(struct proxy_header *header, struct view bytes,
                                      struct http_refusal *refusal);

#endif
