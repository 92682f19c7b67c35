#include "enrich/same_site.h"

/* Names under which everybody may have one, below two letters of a country: co.uk, com.au. */
static const char *const SECONDS[] = {"co", "com", "net", "org", "gov", "gouv", "gob", "edu", "ac",
                                      "or", "ne",  "go",  "gv",  "mil", "sch",  "nom", "ltd", "plc",
                                      "me", "nic", "res", "id",  "web", "my",   "biz", "info"};
/* And those who lend names to everybody. */
static const char *const LENDERS[] = {
    "github.io",         "gitlab.io",       "vercel.app",    "netlify.app",     "herokuapp.com",
    "pages.dev",         "workers.dev",     "web.app",       "firebaseapp.com", "myshopify.com",
    "blogspot.com",      "wordpress.com",   "tumblr.com",    "wixsite.com",     "weebly.com",
    "azurewebsites.net", "cloudfront.net",  "amazonaws.com", "appspot.com",     "onrender.com",
    "fly.dev",           "surge.sh",        "glitch.me",     "replit.app",      "repl.co",
    "webflow.io",        "squarespace.com", "shopify.com",   "translate.goog",  "ngrok.io",
};

/* The last labels, as many. */
static struct view last_labels(struct view host, unsigned labels)
{
    for (size_t at = host.len; at > 0; at--) {
        if (host.at[at - 1] == '.' && --labels == 0) {
            return view_part(host, at, host.len);
        }
    }
    return host;
}

static bool is_any(struct view text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (view_is_ignoring_case(text, words[i])) {
            return true;
        }
    }
    return false;
}

/* What one party has for itself. */
static struct view domain_of(struct view host)
{
    struct view two = last_labels(host, 2);
    struct view rest = two;
    struct view second = view_cut(&rest, '.');
    bool is_public =
        (rest.len == 2 && is_any(second, SECONDS, sizeof(SECONDS) / sizeof(*SECONDS))) ||
        is_any(two, LENDERS, sizeof(LENDERS) / sizeof(*LENDERS));
    return is_public ? last_labels(host, 3) : two;
}

static bool is_number(struct view host)
{
    return host.len > 0 &&
           (host.at[0] == '[' || (host.at[host.len - 1] >= '0' && host.at[host.len - 1] <= '9'));
}

static bool are_alike(struct view a, struct view b)
{
    for (size_t i = 0; i < a.len && a.len == b.len; i++) {
        unsigned char left = (unsigned char)a.at[i];
        unsigned char right = (unsigned char)b.at[i];
        bool is_letter = (left | 0x20) >= 'a' && (left | 0x20) <= 'z';
        if (left != right && !(is_letter && (left ^ right) == 0x20)) {
            return false;
        }
    }
    return a.len == b.len && a.len > 0;
}

bool same_site(struct view a, struct view b)
{
    if (are_alike(a, b)) {
        return true;
    }
    bool has_domains = !is_number(a) && !is_number(b) && view_find(a, '.') < a.len;
    return has_domains && are_alike(domain_of(a), domain_of(b));
}

bool same_site_is_public(struct view host)
{
    struct view inside = host.len > 0 && host.at[0] == '.' ? view_part(host, 1, host.len) : host;
    if (view_find(inside, '.') == inside.len) {
        return true;
    }
    struct view rest = inside;
    struct view first = view_cut(&rest, '.');
    return (rest.len == 2 && is_any(first, SECONDS, sizeof(SECONDS) / sizeof(*SECONDS))) ||
           is_any(inside, LENDERS, sizeof(LENDERS) / sizeof(*LENDERS));
}
