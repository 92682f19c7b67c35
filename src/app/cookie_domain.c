#include "app/cookie_domain.h"

enum { HOST_BYTES_MAX = 253 };

struct view cookie_domain_host(struct view authority)
{
    struct view host = authority;
    return view_cut(&host, ':');
}

static bool is_host_byte(char byte)
{
    bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    return is_letter || (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
}

bool cookie_domain_is_host(struct view host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (!is_host_byte(host.at[i])) {
            return false;
        }
    }
    return host.len > 0 && host.len <= HOST_BYTES_MAX;
}

bool cookie_domain_is_same(struct view a, struct view b)
{
    return a.len == b.len && view_is_text_ignoring_case(a, b.at);
}

bool cookie_domain_covers(struct view domain, struct view host)
{
    if (host.len <= domain.len) {
        return cookie_domain_is_same(host, domain);
    }
    size_t before = host.len - domain.len;
    return host.at[before - 1] == '.' &&
           cookie_domain_is_same(view_part(host, before, domain.len), domain);
}
