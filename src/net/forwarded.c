#include "net/forwarded.h"

enum { V4_BITS = 32 };
static const char UNIX_PEER[] = "unix";

/* Both are of one family, or "::/0" would hold the mapped IPv4 addresses, too. */
static bool network_holds(const struct network *network, const struct ip_address *address)
{
    unsigned whole = network->bits / 8;
    unsigned mask = (0xff00u >> network->bits % 8) & 0xff;
    if (ip_address_is_v4(&network->address) != ip_address_is_v4(address) ||
        memcmp(network->address.bytes, address->bytes, whole) != 0) {
        return false;
    }
    return mask == 0 || ((network->address.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

bool trusted_networks_hold(const struct trusted_networks *trusted, const struct ip_address *address)
{
    for (size_t i = 0; i < trusted->count; i++) {
        if (network_holds(&trusted->networks[i], address)) {
            return true;
        }
    }
    return false;
}

static bool has_bits_behind(const struct network *network)
{
    for (unsigned bit = network->bits; bit < IP_ADDRESS_BITS; bit++) {
        if (network->address.bytes[bit / 8] & (0x80u >> bit % 8)) {
            return true;
        }
    }
    return false;
}

enum status network_parse(struct network *network, struct view member, struct fault *fault)
{
    struct view bits = member;
    struct view address = view_cut(&bits, '/');
    uint64_t count = 0;
    if (!ip_address_parse(&network->address, address)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "'%.*s' is no network; write 10.0.0.0/8, fd00::/8, an address or unix",
                         VIEW_ARG(member));
    }
    bool is_written_v4 = view_find(address, ':') == address.len;
    unsigned most = is_written_v4 ? V4_BITS : IP_ADDRESS_BITS;
    bool has_bits = address.len < member.len;
    if (has_bits && (!view_to_uint64(bits, &count) || count > most)) {
        return fault_set(fault, STATUS_BAD_INPUT, "'%.*s': behind the '/' stands 0 to %u",
                         VIEW_ARG(member), most);
    }
    network->bits = IP_ADDRESS_BITS - (has_bits ? most - (unsigned)count : 0);
    if (has_bits_behind(network)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "'%.*s' is an address in a network; bits behind the first %u must be 0",
                         VIEW_ARG(member), (unsigned)count);
    }
    return STATUS_OK;
}

enum status trusted_networks_parse(struct trusted_networks *trusted, const char *text,
                                   struct fault *fault)
{
    struct view rest = view_trim(view_from_text(text));
    struct trusted_networks found = {0};
    *trusted = found;
    while (rest.len > 0) {
        struct view member = view_trim(view_cut(&rest, ','));
        if (view_is(member, UNIX_PEER)) {
            found.has_unix = true;
            continue;
        }
        if (found.count == TRUSTED_NETWORKS_MAX) {
            return fault_set(fault, STATUS_TOO_BIG, "more than %d networks are trusted",
                             TRUSTED_NETWORKS_MAX);
        }
        enum status status = network_parse(&found.networks[found.count], member, fault);
        if (status != STATUS_OK) {
            return status;
        }
        found.count++;
    }
    *trusted = found;
    return STATUS_OK;
}

/* Cuts off what stands behind the last comma and returns it. */
static struct view cut_last(struct view *list)
{
    size_t start = list->len;
    while (start > 0 && list->at[start - 1] != ',') {
        start--;
    }
    struct view last = view_part(*list, start, list->len);
    *list = view_part(*list, 0, start > 0 ? start - 1 : 0);
    return view_trim(last);
}

struct walk {
    const struct trusted_networks *trusted;
    struct ip_address reached;
    bool has_reached;
    size_t hops;
};

/* False when the walk is over. */
static bool walk_value(struct walk *walk, struct view list)
{
    while (list.len > 0) {
        struct view member = cut_last(&list);
        if (walk->hops++ == FORWARDED_HOPS_MAX) {
            return false;
        }
        /* RFC 9110, 5.6.1: empty members are to be passed over. */
        if (member.len == 0) {
            continue;
        }
        if (!ip_address_parse_with_port(&walk->reached, member)) {
            return false;
        }
        walk->has_reached = true;
        if (!trusted_networks_hold(walk->trusted, &walk->reached)) {
            return false;
        }
    }
    return true;
}

/* Several headers of the name are one list, in their order. */
static void walk_headers(struct walk *walk, const struct http_head *head)
{
    bool goes_on = true;
    for (size_t i = head->header_count; i > 0 && goes_on; i--) {
        const struct http_header *header = &head->headers[i - 1];
        if (view_is_ignoring_case(header->name, "x-forwarded-for")) {
            goes_on = walk_value(walk, header->value);
        }
    }
}

/* Where proxies append, the first member is of the one the client spoke with. */
static bool says_https(const struct http_head *head)
{
    struct view list = http_header(head, "x-forwarded-proto");
    return view_is_ignoring_case(view_trim(view_cut(&list, ',')), "https");
}

void forwarded_read(struct forwarded *client, const struct trusted_networks *trusted,
                    const char *peer, const struct http_head *head)
{
    struct walk walk = {.trusted = trusted};
    *client = (struct forwarded){0};
    walk.has_reached = ip_address_parse(&walk.reached, view_from_text(peer));
    bool is_trusted = walk.has_reached ? trusted_networks_hold(trusted, &walk.reached)
                                       : trusted->has_unix && strcmp(peer, UNIX_PEER) == 0;
    if (is_trusted) {
        walk_headers(&walk, head);
        client->is_https = says_https(head);
    }
    if (walk.has_reached) {
        ip_address_text(&walk.reached, client->address);
    } else {
        struct view part = view_part(view_from_text(peer), 0, sizeof(client->address) - 1);
        memcpy(client->address, part.len > 0 ? part.at : "", part.len);
    }
}

const char *forwarded_client(struct forwarded *room, const struct trusted_networks *trusted,
                             const char *peer, const struct http_head *head)
{
    if (trusted->count == 0 && !trusted->has_unix) {
        return peer;
    }
    forwarded_read(room, trusted, peer, head);
    return room->address;
}
