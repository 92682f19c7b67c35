#include "site/tag_page.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { TAG_BYTES_MAX = 64 * 1024, SHA256_BYTES = 32, BASE64_BYTES = 45 };

static bool is_of_host(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != 0 && strchr(".:-_[]", byte));
}

/* Scheme, host and port of an address: what a policy allows. 'self' for a path. */
static struct view source_of(struct view url)
{
    size_t at = 0;
    while (at < url.len && url.at[at] != '/' && is_of_host(url.at[at])) {
        at++;
    }
    bool has_host = view_starts_with(view_part(url, at, url.len), "//");
    if (!has_host) {
        return VIEW_LITERAL("'self'");
    }
    size_t start = at == 0 ? 2 : 0;
    at += 2;
    while (at < url.len && is_of_host(url.at[at])) {
        at++;
    }
    return view_part(url, start, at - start);
}

/* The policy in which `script` stands beside the addresses of tracker and collector. */
static void append_policy(struct buf *out, const struct tag_source *source, const char *endpoint,
                          const char *script)
{
    struct view from = source_of(view_from_text(source->base_url));
    struct view to = endpoint[0] ? source_of(view_from_text(endpoint)) : from;
    buf_append_format(out, "script-src %s%s%.*s; connect-src %.*s\n", script, script[0] ? " " : "",
                      VIEW_ARG(from), VIEW_ARG(to));
}

/* 'sha256-...' of the inline text: the same for both tags, whatever they load. */
static enum status inline_hash(const struct tag_source *source, char hash[64], struct fault *fault)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    char text[BASE64_BYTES];
    struct buf inside;
    buf_init(&inside, TAG_BYTES_MAX);
    enum status status = tag_append_inline_text(&inside, source);
    if (status != STATUS_OK ||
        EVP_Digest(inside.at, inside.len, sum, NULL, EVP_sha256(), NULL) != 1) {
        status = fault_set(fault, STATUS_NO_MEMORY, "cannot compute a digest");
    } else {
        EVP_EncodeBlock((unsigned char *)text, sum, SHA256_BYTES);
        snprintf(hash, 64, "'sha256-%s'", text);
    }
    buf_free(&inside);
    return status;
}

static enum status append_hashed(struct buf *out, const struct tag_source *source,
                                 const char *endpoint, struct fault *fault)
{
    char hash[64];
    enum status status = inline_hash(source, hash, fault);
    if (status != STATUS_OK) {
        return status;
    }
    buf_append_text(out, "<!-- The default tag: follows every change by itself. -->\n");
    tag_append_default(out, source);
    buf_append_text(out, "\n<!-- The pinned tag: these bytes and no others. -->\n");
    tag_append_pinned(out, source);
    buf_append_text(out, "\n<!-- Under a Content-Security-Policy both tags need\n");
    append_policy(out, source, endpoint, hash);
    buf_append_text(out, "and work with trusted-types 'none'. -->\n");
    return STATUS_OK;
}

enum status tag_page_append(struct buf *out, const struct tag_source *source, const char *endpoint,
                            struct fault *fault)
{
    enum status status = append_hashed(out, source, endpoint, fault);
    if (status != STATUS_OK) {
        return status;
    }
    buf_append_text(out, "\n<!-- The default tag with a nonce: your server puts a new one in place "
                         "of NONCE in each answer.\n");
    append_policy(out, source, endpoint, "'nonce-NONCE'");
    buf_append_text(out, "-->\n");
    tag_append_nonce(out, source);

    buf_append_text(out,
                    "\n<!-- Without inline script; pipes.ready() and all else is there once it "
                    "is loaded.\n");
    append_policy(out, source, endpoint, "");
    buf_append_text(out, "The second one is pinned. -->\n");
    tag_append_external(out, source);
    tag_append_external_pinned(out, source);

    buf_append_text(out, "\n<!-- Without inline script, and calls may come at once: they are "
                         "queued. Policy as before. -->\n");
    tag_append_external_stub(out, source);
    return buf_status(out);
}
