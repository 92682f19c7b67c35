#include "net/proxy_protocol.h"

enum {
    V2_SIGNATURE_BYTES = 12,
    V2_FIXED_BYTES = 16,
    V2_V4_BYTES = 12, /* two addresses, two ports */
    V2_V6_BYTES = 36,
};

enum command { COMMAND_LOCAL, COMMAND_PROXY };
enum family { FAMILY_INET = 1, FAMILY_INET6 = 2 };
enum transport { TRANSPORT_STREAM = 1, TRANSPORT_DGRAM = 2 };

static const struct view V1_START = {"PROXY ", 6};
static const struct view V2_SIGNATURE = {"\r\n\r\n\0\r\nQUIT\n", V2_SIGNATURE_BYTES};

static enum http_progress refuse(struct http_refusal *refusal, const char *sentence)
{
    *refusal = (struct http_refusal){400, sentence};
    return HTTP_REFUSED;
}

/* What is there of bytes agrees with start. */
static bool may_start_with(struct view bytes, struct view start)
{
    size_t len = bytes.len < start.len ? bytes.len : start.len;
    return view_equal(view_part(bytes, 0, len), view_part(start, 0, len));
}

static void set_client(struct proxy_header *header, const struct ip_address *address, uint16_t port)
{
    ip_address_text(address, header->address);
    header->port = port;
    header->has_address = true;
}

static bool parse_v1_address(struct ip_address *address, struct view text, bool is_v6)
{
    bool is_written_v6 = view_find(text, ':') < text.len;
    return is_written_v6 == is_v6 && ip_address_parse(address, text);
}

/* "SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT", one space between. */
static bool parse_v1_addresses(struct proxy_header *header, struct view rest, bool is_v6)
{
    struct ip_address source;
    struct ip_address destination;
    uint16_t source_port = 0;
    uint16_t destination_port = 0;
    if (!parse_v1_address(&source, view_cut(&rest, ' '), is_v6) ||
        !parse_v1_address(&destination, view_cut(&rest, ' '), is_v6) ||
        !ip_port_parse(&source_port, view_cut(&rest, ' ')) ||
        !ip_port_parse(&destination_port, rest)) {
        return false;
    }
    set_client(header, &source, source_port);
    return true;
}

static enum http_progress parse_v1(struct proxy_header *header, struct view bytes,
                                   struct http_refusal *refusal)
{
    struct view line = view_part(bytes, 0, PROXY_V1_BYTES_MAX);
    size_t end = view_find(line, '\n');
    size_t cr = view_find(line, '\r');
    if (end == line.len && line.len == PROXY_V1_BYTES_MAX) {
        return refuse(refusal, "the PROXY line is longer than 107 bytes");
    }
    bool is_open = end == line.len && cr + 1 >= line.len;
    if (!is_open && cr + 1 != end) {
        return refuse(refusal, "the PROXY line does not end with CR LF");
    }
    if (is_open) {
        return HTTP_NEED_MORE;
    }
    header->len = end + 1;
    struct view rest = view_part(line, V1_START.len, cr - V1_START.len);
    struct view family = view_cut(&rest, ' ');
    /* What follows UNKNOWN is to be ignored. */
    if (view_is(family, "UNKNOWN")) {
        return HTTP_DONE;
    }
    bool is_v6 = view_is(family, "TCP6");
    if ((!is_v6 && !view_is(family, "TCP4")) || !parse_v1_addresses(header, rest, is_v6)) {
        return refuse(refusal, "the PROXY line must be TCP4 or TCP6 with two addresses and ports, "
                               "or UNKNOWN");
    }
    return HTTP_DONE;
}

static uint16_t read_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* False when the payload is too short for its family. */
static bool take_v2_addresses(struct proxy_header *header, uint8_t kind, struct view payload)
{
    const uint8_t *at = (const uint8_t *)payload.at;
    unsigned family = kind >> 4;
    unsigned transport = kind & 0x0f;
    if ((family != FAMILY_INET && family != FAMILY_INET6) ||
        (transport != TRANSPORT_STREAM && transport != TRANSPORT_DGRAM)) {
        return true;
    }
    bool is_v6 = family == FAMILY_INET6;
    if (payload.len < (is_v6 ? V2_V6_BYTES : V2_V4_BYTES)) {
        return false;
    }
    struct ip_address source = is_v6 ? ip_address_from_v6(at) : ip_address_from_v4(at);
    set_client(header, &source, read_u16(at + (is_v6 ? 32 : 8)));
    return true;
}

static enum http_progress parse_v2(struct proxy_header *header, struct view bytes,
                                   struct http_refusal *refusal)
{
    const uint8_t *at = (const uint8_t *)bytes.at;
    unsigned command = bytes.len > 12 ? at[12] & 0x0f : COMMAND_LOCAL;
    if (bytes.len > 12 && (at[12] >> 4 != 2 || command > COMMAND_PROXY)) {
        return refuse(refusal, "the PROXY header has a version or command that is not known");
    }
    if (bytes.len < V2_FIXED_BYTES) {
        return HTTP_NEED_MORE;
    }
    size_t payload_len = read_u16(at + 14);
    if (payload_len > PROXY_V2_PAYLOAD_MAX) {
        return refuse(refusal, "the PROXY header is longer than 512 bytes");
    }
    if (bytes.len - V2_FIXED_BYTES < payload_len) {
        return HTTP_NEED_MORE;
    }
    header->len = V2_FIXED_BYTES + payload_len;
    header->is_local = command == COMMAND_LOCAL;
    struct view payload = view_part(bytes, V2_FIXED_BYTES, payload_len);
    if (!header->is_local && !take_v2_addresses(header, at[13], payload)) {
        return refuse(refusal, "the PROXY header is too short for its addresses");
    }
    return HTTP_DONE;
}

enum http_progress proxy_header_parse(struct proxy_header *header, struct view bytes,
                                      struct http_refusal *refusal)
{
    *header = (struct proxy_header){0};
    bool is_v1 = may_start_with(bytes, V1_START);
    bool is_v2 = may_start_with(bytes, V2_SIGNATURE);
    if (!is_v1 && !is_v2) {
        return refuse(refusal, "the connection does not start with a PROXY header");
    }
    /* An empty input agrees with both. */
    if (bytes.len < V1_START.len || (is_v2 && bytes.len < V2_SIGNATURE.len)) {
        return HTTP_NEED_MORE;
    }
    return is_v1 ? parse_v1(header, bytes, refusal) : parse_v2(header, bytes, refusal);
}
