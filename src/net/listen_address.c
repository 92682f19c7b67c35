#include "net/listen_address.h"

#include "net/ip_address.h"

#include <arpa/inet.h>

static const char UNIX_PREFIX[] = "unix:";

static enum status refuse(struct view text, struct fault *fault)
{
    return fault_set(fault, STATUS_BAD_INPUT,
                     "\"%.*s\" is not an address: write 127.0.0.1:8080, [::1]:8080, *:8080 or "
                     "unix:/path, and behind it tls or proxy where that is spoken",
                     VIEW_ARG(view_part(text, 0, LISTEN_TEXT_BYTES)));
}

static bool parse_unix(struct listen_address *address, struct view path)
{
    if (path.len == 0 || path.len >= sizeof(address->at.local.sun_path)) {
        return false;
    }
    address->is_unix = true;
    address->at.local.sun_family = AF_UNIX;
    memcpy(address->at.local.sun_path, path.at, path.len);
    address->len = sizeof(address->at.local);
    return true;
}

static bool set_v6(struct listen_address *address, const char *host)
{
    address->at.v6.sin6_family = AF_INET6;
    address->len = sizeof(address->at.v6);
    return inet_pton(AF_INET6, host, &address->at.v6.sin6_addr) == 1;
}

static bool parse_internet(struct listen_address *address, struct view text)
{
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':') {
        colon--;
    }
    uint16_t port = 0;
    struct view host = view_part(text, 0, colon > 0 ? colon - 1 : 0);
    char name[INET6_ADDRSTRLEN] = "";
    if (!ip_port_parse(&port, view_part(text, colon, text.len)) || host.len == 0 ||
        host.len >= sizeof(name)) {
        return false;
    }
    address->is_any = view_is(host, "*");
    bool is_bracketed = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    host = is_bracketed ? view_part(host, 1, host.len - 2) : host;
    memcpy(name, host.at, host.len);
    bool is_right = true;
    if (address->is_any || is_bracketed) {
        is_right = set_v6(address, address->is_any ? "::" : name);
    } else {
        address->at.v4.sin_family = AF_INET;
        address->len = sizeof(address->at.v4);
        is_right = inet_pton(AF_INET, name, &address->at.v4.sin_addr) == 1;
    }
    listen_address_set_port(address, port);
    return is_right;
}

static bool parse_words(struct listen_address *address, struct view words)
{
    while (words.len > 0) {
        struct view word = view_cut(&words, ' ');
        if (view_is(word, "tls")) {
            address->has_tls = true;
        } else if (view_is(word, "proxy")) {
            address->has_proxy_header = true;
        } else if (word.len > 0) {
            return false;
        }
    }
    return true;
}

enum status listen_address_parse(struct listen_address *address, struct view text,
                                 struct fault *fault)
{
    struct view rest = view_trim(text);
    struct view place = view_cut(&rest, ' ');
    memset(address, 0, sizeof(*address));
    bool is_unix = view_starts_with(place, UNIX_PREFIX);
    bool is_right =
        place.len < LISTEN_TEXT_BYTES && view_find(place, '\0') == place.len &&
        (is_unix ? parse_unix(address, view_part(place, sizeof(UNIX_PREFIX) - 1, place.len))
                 : parse_internet(address, place)) &&
        parse_words(address, rest);
    if (!is_right) {
        return refuse(text, fault);
    }
    memcpy(address->text, place.at, place.len);
    return STATUS_OK;
}

enum status listen_address_parse_list(struct listen_address list[LISTEN_ADDRESSES_MAX],
                                      size_t *count, const char *text, struct fault *fault)
{
    struct view rest = view_from_text(text);
    bool has_more = true;
    *count = 0;
    while (has_more) {
        has_more = view_find(rest, ',') < rest.len;
        struct view one = view_cut(&rest, ',');
        if (*count == LISTEN_ADDRESSES_MAX) {
            return fault_set(fault, STATUS_TOO_BIG, "at most %d addresses to listen on",
                             LISTEN_ADDRESSES_MAX);
        }
        enum status status = listen_address_parse(&list[*count], one, fault);
        if (status != STATUS_OK) {
            return status;
        }
        (*count)++;
    }
    return STATUS_OK;
}

uint16_t listen_address_port(const struct listen_address *address)
{
    if (address->is_unix) {
        return 0;
    }
    bool is_v4 = address->at.any.sa_family == AF_INET;
    return ntohs(is_v4 ? address->at.v4.sin_port : address->at.v6.sin6_port);
}

void listen_address_set_port(struct listen_address *address, uint16_t port)
{
    if (address->at.any.sa_family == AF_INET) {
        address->at.v4.sin_port = htons(port);
    } else if (address->at.any.sa_family == AF_INET6) {
        address->at.v6.sin6_port = htons(port);
    }
}
