#include "enrich/referrer_list.h"

#include "enrich/referrer_table.h"

#include <stdlib.h>

enum { HOST_BYTES_MAX = 253, SHORT_LABEL = 3 };

struct view referrer_kind_name(enum referrer_kind kind)
{
    static const char *const NAMES[] = {"search", "social", "mail", "ai", "video"};
    return view_from_text(NAMES[kind]);
}

static int compare(const void *key, const void *row)
{
    const struct view *text = key;
    const char *domain = ((const struct referrer_row *)row)->domain;
    size_t len = strlen(domain);
    int order = memcmp(text->at, domain, text->len < len ? text->len : len);
    return order != 0 ? order : (text->len > len) - (text->len < len);
}

static const struct referrer_row *find_exactly(struct view text)
{
    return bsearch(&text, referrer_table, referrer_table_count, sizeof(referrer_table[0]), compare);
}

/* The host itself, and what stands above it: www.bing.com, bing.com, com. */
static const struct referrer_row *find_domain(struct view host)
{
    const struct referrer_row *row = NULL;
    while (host.len > 0 && !row) {
        row = find_exactly(host);
        view_cut(&host, '.');
    }
    return row;
}

/* "at", "co.uk": google.evil.example is not Google. */
static bool is_ending(struct view text)
{
    struct view first = view_cut(&text, '.');
    bool has_second = text.len > 0;
    return first.len > 0 && (!has_second || (first.len <= SHORT_LABEL && text.len == 2));
}

/* The same for names under any ending. */
static const struct referrer_row *find_name(struct view host)
{
    const struct referrer_row *row = NULL;
    while (host.len > 0 && !row) {
        struct view whole = host;
        struct view name = view_cut(&host, '.');
        row = is_ending(host) ? find_exactly(view_part(whole, 0, name.len + 1)) : NULL;
    }
    return row;
}

const struct referrer_row *referrer_list_find(struct view host)
{
    char small[HOST_BYTES_MAX];
    if (host.len > sizeof(small)) {
        return NULL;
    }
    for (size_t i = 0; i < host.len; i++) {
        char byte = host.at[i];
        small[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
    }
    struct view text = view_make(small, host.len);
    const struct referrer_row *row = find_domain(text);
    return row ? row : find_name(text);
}
