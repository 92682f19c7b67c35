#include "site/page_policy.h"

#include "base/url.h"

struct address {
    struct view scheme;
    struct view host;
    struct view port; /* empty: the scheme's own */
    struct view path;
};

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

/* The next word; empty at the end. */
static struct view next_word(struct view *text)
{
    size_t start = 0;
    while (start < text->len && is_space(text->at[start])) {
        start++;
    }
    size_t end = start;
    while (end < text->len && !is_space(text->at[end])) {
        end++;
    }
    struct view word = view_part(*text, start, end - start);
    *text = view_part(*text, end, text->len);
    return word;
}

static bool is_alike(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || view_is_text_ignoring_case(a, b.at));
}

bool page_policy_find(struct view policy, const char *name, struct view *value)
{
    while (policy.len > 0) {
        struct view directive = view_cut(&policy, ';');
        /* Of two of one name the first one counts. */
        if (view_is_ignoring_case(next_word(&directive), name)) {
            *value = directive;
            return true;
        }
    }
    *value = view_make(NULL, 0);
    return false;
}

static struct address split(struct view url)
{
    struct address address = {0};
    struct url_parts parts = url_split(url);
    size_t colon = view_find(url, ':');
    address.scheme = view_part(url, 0, colon);
    address.host = parts.host;
    address.path = parts.path;
    size_t end = parts.host.at ? (size_t)(parts.host.at - url.at) + parts.host.len : url.len;
    struct view rest = view_part(url, end, url.len);
    if (rest.len > 0 && rest.at[0] == ':') {
        size_t len = 1;
        while (len < rest.len && rest.at[len] >= '0' && rest.at[len] <= '9') {
            len++;
        }
        address.port = view_part(rest, 1, len - 1);
    }
    return address;
}

static bool is_secure(struct view scheme)
{
    return view_is_ignoring_case(scheme, "https") || view_is_ignoring_case(scheme, "wss");
}

static struct view port_of(const struct address *address)
{
    if (address->port.len > 0) {
        return address->port;
    }
    return is_secure(address->scheme) ? VIEW_LITERAL("443") : VIEW_LITERAL("80");
}

/* http allows https, too: what is safer is never forbidden. */
static bool is_scheme(struct view wanted, struct view scheme)
{
    return is_alike(wanted, scheme) ||
           (view_is_ignoring_case(wanted, "http") && view_is_ignoring_case(scheme, "https"));
}

static bool is_host(struct view wanted, struct view host)
{
    if (!view_starts_with(wanted, "*.")) {
        return is_alike(wanted, host);
    }
    struct view end = view_part(wanted, 1, wanted.len);
    return host.len > end.len && is_alike(view_part(host, host.len - end.len, end.len), end);
}

static bool is_path(struct view wanted, struct view path)
{
    if (wanted.len == 0 || view_is(wanted, "/")) {
        return true;
    }
    return wanted.at[wanted.len - 1] == '/'
               ? path.len >= wanted.len && memcmp(path.at, wanted.at, wanted.len) == 0
               : view_equal(wanted, path);
}

static bool is_self(const struct address *url, const struct address *page)
{
    bool is_upgraded = view_is_ignoring_case(page->scheme, "http") && is_secure(url->scheme) &&
                       view_is(port_of(page), "80") && view_is(port_of(url), "443");
    return is_alike(url->host, page->host) && url->host.len > 0 &&
           (is_upgraded ||
            (is_alike(url->scheme, page->scheme) && view_equal(port_of(url), port_of(page))));
}

/* "example.com", "*.example.com:8080/a/", "https://example.com:*": cut at their marks. */
static struct address split_source(struct view source)
{
    struct address address = {0};
    const char *mark = source.len > 3 ? memmem(source.at, source.len, "://", 3) : NULL;
    if (mark) {
        address.scheme = view_part(source, 0, (size_t)(mark - source.at));
        source = view_part(source, address.scheme.len + 3, source.len);
    }
    size_t slash = view_find(source, '/');
    address.path = view_part(source, slash, source.len);
    source = view_part(source, 0, slash);
    size_t bracket = view_find(source, ']');
    size_t colon = bracket < source.len ? bracket + 1 : view_find(source, ':');
    address.host = view_part(source, 0, colon);
    address.port = view_part(source, colon + 1, source.len);
    return address;
}

static bool is_port(const struct address *source, const struct address *url)
{
    if (view_is(source->port, "*")) {
        return true;
    }
    if (source->port.len > 0) {
        return view_equal(source->port, port_of(url)) ||
               (view_is(source->port, "80") && view_is(port_of(url), "443"));
    }
    /* Without one: the own port of the address's scheme. */
    return view_is(port_of(url), is_secure(url->scheme) ? "443" : "80");
}

bool page_policy_matches(struct view source, struct view url_text, struct view page_text)
{
    struct address url = split(url_text);
    struct address page = split(page_text);
    bool is_web = view_is_ignoring_case(url.scheme, "http") || is_secure(url.scheme);
    if (view_is(source, "*")) {
        return is_web || is_alike(url.scheme, page.scheme);
    }
    if (source.len > 0 && source.at[0] == '\'') {
        return view_is_ignoring_case(source, "'self'") && is_self(&url, &page);
    }
    if (source.len > 1 && view_find(source, ':') == source.len - 1) {
        return is_scheme(view_part(source, 0, source.len - 1), url.scheme);
    }
    struct address wanted = split_source(source);
    struct view scheme = wanted.scheme.len > 0 ? wanted.scheme : page.scheme;
    return is_scheme(scheme, url.scheme) && is_host(wanted.host, url.host) &&
           is_port(&wanted, &url) && is_path(wanted.path, url.path);
}

/* What all sources together say, beside addresses. */
struct traits {
    bool is_strict;  /* 'strict-dynamic': only nonces and hashes count */
    bool has_secret; /* a nonce or hash: 'unsafe-inline' does not count */
    bool is_unsafe;
};

static bool is_quoted(struct view word, const char *begin)
{
    size_t len = strlen(begin);
    return word.len > len && word.at[0] == '\'' && word.at[word.len - 1] == '\'' &&
           view_is_ignoring_case(view_part(word, 1, len), begin);
}

static struct traits traits_of(struct view sources)
{
    struct traits traits = {0};
    for (struct view word; (word = next_word(&sources)).len > 0;) {
        traits.is_strict = traits.is_strict || view_is_ignoring_case(word, "'strict-dynamic'");
        traits.is_unsafe = traits.is_unsafe || view_is_ignoring_case(word, "'unsafe-inline'");
        traits.has_secret = traits.has_secret || is_quoted(word, "nonce-") ||
                            is_quoted(word, "sha256-") || is_quoted(word, "sha384-") ||
                            is_quoted(word, "sha512-");
    }
    return traits;
}

/* 'nonce-...' and 'sha...-...' that are the element's own. */
static bool is_own(struct view word, const struct page_policy_question *question)
{
    struct view inside = view_part(word, 1, word.len > 2 ? word.len - 2 : 0);
    if (is_quoted(word, "nonce-")) {
        struct view nonce = view_part(inside, strlen("nonce-"), inside.len);
        return nonce.len > 0 && view_equal(nonce, question->nonce);
    }
    for (size_t i = 0; i < 3; i++) {
        if (inside.len > 0 && view_equal(inside, question->hashes[i])) {
            return true;
        }
    }
    return false;
}

static bool allows(struct view sources, const struct page_policy_question *question)
{
    bool is_script = question->kind == PAGE_POLICY_SCRIPT || question->kind == PAGE_POLICY_INLINE;
    struct traits traits = traits_of(sources);
    if (question->kind == PAGE_POLICY_INLINE && traits.is_unsafe && !traits.has_secret &&
        !traits.is_strict) {
        return true;
    }
    for (struct view word; (word = next_word(&sources)).len > 0;) {
        if (is_script && is_own(word, question)) {
            return true;
        }
        bool counts = question->kind != PAGE_POLICY_INLINE && !(is_script && traits.is_strict);
        if (counts && page_policy_matches(word, question->url, question->page)) {
            return true;
        }
    }
    return false;
}

struct page_policy_answer page_policy_ask(struct view policy,
                                          const struct page_policy_question *question)
{
    static const char *const CHAINS[][4] = {
        [PAGE_POLICY_SCRIPT] = {"script-src-elem", "script-src", "default-src", NULL},
        [PAGE_POLICY_INLINE] = {"script-src-elem", "script-src", "default-src", NULL},
        [PAGE_POLICY_CONNECT] = {"connect-src", "default-src", NULL},
        [PAGE_POLICY_IMAGE] = {"img-src", "default-src", NULL},
    };
    struct page_policy_answer answer = {.is_allowed = true};
    for (size_t i = 0; CHAINS[question->kind][i]; i++) {
        const char *name = CHAINS[question->kind][i];
        if (page_policy_find(policy, name, &answer.sources)) {
            answer.directive = view_from_text(name);
            answer.is_allowed = allows(answer.sources, question);
            return answer;
        }
    }
    return answer;
}
