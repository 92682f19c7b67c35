#include "app/assets.h"

#include <stdatomic.h>
#include <stdio.h>

bool assets_add(struct assets *assets, const struct asset *asset)
{
    size_t at = 0;
    while (at < assets->count && strcmp(assets->rows[at].path, asset->path) != 0) {
        at++;
    }
    if (at == ASSETS_MAX) {
        return false;
    }
    assets->rows[at] = *asset;
    assets->count += at == assets->count;
    return true;
}

/* "br;q=0" is a no (RFC 9110, 12.5.3); any other weight is taken as a yes. */
static bool is_accepted(struct view accept, const char *coding)
{
    while (accept.len > 0) {
        struct view member = view_cut(&accept, ',');
        struct view name = view_trim(view_cut(&member, ';'));
        struct view weight = view_trim(member);
        if (view_is_ignoring_case(name, coding)) {
            return !(view_is(weight, "q=0") || view_starts_with(weight, "q=0.0") ||
                     view_is(weight, "q=0."));
        }
    }
    return false;
}

struct variant {
    struct view bytes;
    const char *coding; /* "" for the bytes as they are */
};

static struct variant choose(const struct asset *asset, struct view accept)
{
    const struct asset_variants *variants = asset->variants;
    bool is_ready = variants && atomic_load_explicit(&variants->is_ready, memory_order_acquire);
    if (is_ready && is_accepted(accept, "br")) {
        return (struct variant){variants->brotli, "br"};
    }
    if (is_ready && is_accepted(accept, "gzip")) {
        return (struct variant){variants->gzip, "gzip"};
    }
    return (struct variant){asset->bytes, ""};
}

static bool has_tag(struct view if_none_match, const char *tag)
{
    while (if_none_match.len > 0) {
        struct view member = view_trim(view_cut(&if_none_match, ','));
        if (view_starts_with(member, "W/")) {
            member = view_part(member, 2, member.len);
        }
        if (view_is(member, tag) || view_is(member, "*")) {
            return true;
        }
    }
    return false;
}

static void fill(const struct asset *asset, const struct http_head *head, struct http_reply *reply)
{
    struct variant variant = choose(asset, http_header(head, "accept-encoding"));
    char tag[128];
    snprintf(tag, sizeof(tag), "\"%.64s%s%s\"", asset->hash, variant.coding[0] ? "-" : "",
             variant.coding);
    http_reply_header(reply, "ETag", view_from_text(tag));
    http_reply_header(reply, "Cache-Control", view_from_text(asset->cache));
    http_reply_header(reply, "Vary", VIEW_LITERAL("Accept-Encoding"));
    http_reply_header(reply, "X-Content-Type-Options", VIEW_LITERAL("nosniff"));
    if (asset->is_shared) {
        http_reply_header(reply, "Cross-Origin-Resource-Policy", VIEW_LITERAL("cross-origin"));
    }
    if (has_tag(http_header(head, "if-none-match"), tag)) {
        reply->status = 304;
        return;
    }
    http_reply_header(reply, "Content-Type", view_from_text(asset->type));
    if (variant.coding[0]) {
        http_reply_header(reply, "Content-Encoding", view_from_text(variant.coding));
    }
    buf_append_view(&reply->body, variant.bytes);
}

bool assets_answer(const struct assets *assets, const struct http_head *head,
                   struct http_reply *reply)
{
    for (size_t i = 0; i < assets->count; i++) {
        if (view_is(head->path, assets->rows[i].path)) {
            fill(&assets->rows[i], head, reply);
            return true;
        }
    }
    return false;
}
