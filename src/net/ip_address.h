/*
 * ip_address.h - an IPv4 or IPv6 address as 16 bytes, from text and back.
 *
 * IPv4 is kept as RFC 4291 maps it (::ffff:1.2.3.4), so that both ways to write one address are
 * equal; its text is always 1.2.3.4.
 *
 *     struct ip_address address;
 *     char text[IP_ADDRESS_TEXT_BYTES];
 *     if (ip_address_parse(&address, VIEW_LITERAL("::ffff:10.0.0.1"))) {
 *         ip_address_text(&address, text); ... "10.0.0.1"
 *     }
 */
#ifndef PIPES_NET_IP_ADDRESS_H
#define PIPES_NET_IP_ADDRESS_H

#include "base/view.h"

enum { IP_ADDRESS_TEXT_BYTES = 46 /* INET6_ADDRSTRLEN */, IP_ADDRESS_BITS = 128 };

struct ip_address {
    uint8_t bytes[16];
};

/* The whole view: no port, no brackets, no zone. address is untouched when false. */
bool ip_address_parse(struct ip_address *address, struct view text);
/* The same with a port that may follow: "1.2.3.4:567", "[::1]:8", "[::1]". The port is checked and
 * dropped. */
bool ip_address_parse_with_port(struct ip_address *address, struct view text);
/* From 4 or 16 bytes in network order. */
struct ip_address ip_address_from_v4(const uint8_t *bytes);
struct ip_address ip_address_from_v6(const uint8_t *bytes);

bool ip_address_is_v4(const struct ip_address *address);
void ip_address_text(const struct ip_address *address, char text[IP_ADDRESS_TEXT_BYTES]);

/* Decimal, without sign or leading zeros, up to 65535. */
bool ip_port_parse(uint16_t *port, struct view text);

#endif
