#include "net/ip_address.h"

#include <arpa/inet.h>
#include <assert.h>

static_assert(IP_ADDRESS_TEXT_BYTES == INET6_ADDRSTRLEN, "room for every address");

enum { V4_BYTES = 4, V4_START = 12, PORT_DIGITS_MAX = 5 };

static const uint8_t MAPPED[V4_START] = {[10] = 0xff, [11] = 0xff};

struct ip_address ip_address_from_v4(const uint8_t *bytes)
{
    struct ip_address address;
    memcpy(address.bytes, MAPPED, V4_START);
    memcpy(address.bytes + V4_START, bytes, V4_BYTES);
    return address;
}

struct ip_address ip_address_from_v6(const uint8_t *bytes)
{
    struct ip_address address;
    memcpy(address.bytes, bytes, sizeof(address.bytes));
    return address;
}

bool ip_address_is_v4(const struct ip_address *address)
{
    return memcmp(address->bytes, MAPPED, V4_START) == 0;
}

bool ip_address_parse(struct ip_address *address, struct view text)
{
    char copy[IP_ADDRESS_TEXT_BYTES] = "";
    uint8_t bytes[sizeof(address->bytes)];
    /* A zero byte would end the copy before the text ends. */
    if (text.len == 0 || text.len >= sizeof(copy) || view_find(text, '\0') < text.len) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    if (inet_pton(AF_INET, copy, bytes) == 1) {
        *address = ip_address_from_v4(bytes);
        return true;
    }
    if (inet_pton(AF_INET6, copy, bytes) == 1) {
        *address = ip_address_from_v6(bytes);
        return true;
    }
    return false;
}

bool ip_port_parse(uint16_t *port, struct view text)
{
    uint64_t value = 0;
    bool has_leading_zero = text.len > 1 && text.at[0] == '0';
    if (text.len > PORT_DIGITS_MAX || has_leading_zero || !view_to_uint64(text, &value) ||
        value > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

bool ip_address_parse_with_port(struct ip_address *address, struct view text)
{
    uint16_t port = 0;
    if (ip_address_parse(address, text)) {
        return true;
    }
    if (view_starts_with(text, "[")) {
        struct view rest = view_part(text, 1, text.len);
        size_t end = view_find(rest, ']');
        struct view behind = view_part(rest, end + 1, rest.len);
        bool has_end = end < rest.len;
        bool has_colons = view_find(view_part(rest, 0, end), ':') < end;
        bool is_closed =
            behind.len == 0 ||
            (behind.at[0] == ':' && ip_port_parse(&port, view_part(behind, 1, behind.len)));
        return has_end && has_colons && is_closed &&
               ip_address_parse(address, view_part(rest, 0, end));
    }
    /* Only IPv4 stands without brackets before a port: its first colon is its last. */
    size_t colon = view_find(text, ':');
    return colon < text.len && ip_port_parse(&port, view_part(text, colon + 1, text.len)) &&
           ip_address_parse(address, view_part(text, 0, colon));
}

void ip_address_text(const struct ip_address *address, char text[IP_ADDRESS_TEXT_BYTES])
{
    bool is_v4 = ip_address_is_v4(address);
    const char *written =
        inet_ntop(is_v4 ? AF_INET : AF_INET6, address->bytes + (is_v4 ? V4_START : 0), text,
                  IP_ADDRESS_TEXT_BYTES);
    assert(written);
    (void)written;
}
