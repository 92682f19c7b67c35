#include "app/doctor_page.h"
#include "site/page_policy.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { HASH_BYTES = 96 };

/* 'sha256-...' of what stands between the marks, without quotes. */
static const char *hash_of(struct doctor *doctor, struct view text, const EVP_MD *kind,
                           const char *name)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    char encoded[HASH_BYTES];
    unsigned len = 0;
    if (EVP_Digest(text.len > 0 ? text.at : "", text.len, sum, &len, kind, NULL) != 1) {
        return "";
    }
    EVP_EncodeBlock((unsigned char *)encoded, sum, (int)len);
    return doctor_format(doctor, "%s-%s", name, encoded);
}

/* What must stand in which directive; where default-src decides, a directive of its own with the
 * same sources does less than a wider default. */
static const char *remedy(struct doctor *doctor, const struct page_policy_answer *answer,
                          const char *directive, const char *source)
{
    struct view sources = view_trim(answer->sources);
    if (view_is_ignoring_case(sources, "'none'")) {
        return doctor_format(doctor, "write: %s %s", directive, source);
    }
    if (view_is(answer->directive, "default-src")) {
        return doctor_format(doctor, "add a directive: %s %.*s %s", directive, VIEW_ARG(sources),
                             source);
    }
    return doctor_format(doctor, "add to %.*s: %s", VIEW_ARG(answer->directive), source);
}

struct request {
    const char *what;      /* "the script https://..." */
    const char *directive; /* the one to add */
    const char *source;    /* and what to */
};

/* Every policy must allow it; the first one that does not is said. */
static bool ask(struct doctor *doctor, const struct doctor_page *page,
                const struct page_policy_question *question, const struct request *request)
{
    for (size_t i = 0; i < page->policy_count; i++) {
        struct page_policy_answer answer =
            page_policy_ask(view_from_text(page->policies[i]), question);
        if (!answer.is_allowed) {
            doctor_mistake(doctor, "policy",
                           remedy(doctor, &answer, request->directive, request->source),
                           "the page's Content-Security-Policy (%.*s) blocks %s",
                           VIEW_ARG(answer.directive), request->what);
            return false;
        }
    }
    return true;
}

static struct page_policy_question question_of(const struct doctor_page *page,
                                               enum page_policy_kind kind, const char *url)
{
    return (struct page_policy_question){
        .kind = kind, .page = view_from_text(page->url), .url = view_from_text(url)};
}

/* Under 'strict-dynamic' addresses do not count. */
static bool is_strict(const struct doctor_page *page)
{
    struct view value;
    for (size_t i = 0; i < page->policy_count; i++) {
        struct view policy = view_from_text(page->policies[i]);
        if ((page_policy_find(policy, "script-src-elem", &value) ||
             page_policy_find(policy, "script-src", &value)) &&
            value.len > 0 && memmem(value.at, value.len, "'strict-dynamic'", 16)) {
            return true;
        }
    }
    return false;
}

static bool ask_script(struct doctor *doctor, const struct doctor_page *page)
{
    struct page_policy_question question = question_of(page, PAGE_POLICY_SCRIPT, page->script_url);
    question.nonce = page->loader->nonce;
    question.hashes[0] = page->loader->integrity;
    const char *source = is_strict(page)
                             ? "'nonce-...', the page's own, and the same nonce=\"...\" to the "
                               "element (tag.html has such a tag)"
                             : doctor_origin(doctor, page->script_url);
    struct request request = {doctor_format(doctor, "the script %s", page->script_url),
                              "script-src", source};
    return ask(doctor, page, &question, &request);
}

static bool ask_stub(struct doctor *doctor, const struct doctor_page *page)
{
    struct view text = page->stub->text;
    struct page_policy_question question = question_of(page, PAGE_POLICY_INLINE, "");
    const char *sha256 = hash_of(doctor, text, EVP_sha256(), "sha256");
    question.nonce = page->stub->nonce;
    question.hashes[0] = view_from_text(sha256);
    question.hashes[1] = view_from_text(hash_of(doctor, text, EVP_sha384(), "sha384"));
    question.hashes[2] = view_from_text(hash_of(doctor, text, EVP_sha512(), "sha512"));
    struct request request = {"the tag's inline stub", "script-src",
                              doctor_format(doctor, "'%s'", sha256)};
    return ask(doctor, page, &question, &request);
}

static bool ask_endpoint(struct doctor *doctor, const struct doctor_page *page)
{
    struct page_policy_question question = question_of(page, PAGE_POLICY_CONNECT, page->endpoint);
    struct request request = {doctor_format(doctor, "events to %s", page->endpoint), "connect-src",
                              doctor_origin(doctor, page->endpoint)};
    return ask(doctor, page, &question, &request);
}

static bool is_of_address(char byte)
{
    return (unsigned char)byte > ' ' && !strchr("\"'<>=()", byte);
}

/* The address that ends with the pixel's name, wherever it stands; empty when there is none. */
static const char *find_pixel(struct doctor *doctor, const struct doctor_page *page)
{
    static const char NAME[] = "/p.gif";
    const char *end = page->html.at + page->html.len;
    const char *at =
        page->html.len > 0 ? memmem(page->html.at, page->html.len, NAME, sizeof(NAME) - 1) : NULL;
    if (!at) {
        return "";
    }
    const char *start = at;
    while (start > page->html.at && is_of_address(start[-1])) {
        start--;
    }
    at += sizeof(NAME) - 1;
    if (at < end && is_of_address(*at) && *at != '?') {
        return "";
    }
    return doctor_resolve(doctor, page->url,
                          doctor_format(doctor, "%.*s", (int)(at - start), start));
}

static bool ask_pixel(struct doctor *doctor, const struct doctor_page *page)
{
    const char *url = find_pixel(doctor, page);
    struct page_policy_question question = question_of(page, PAGE_POLICY_IMAGE, url);
    struct request request = {doctor_format(doctor, "the pixel %s", url), "img-src",
                              doctor_origin(doctor, url)};
    return !url[0] || ask(doctor, page, &question, &request);
}

static void say_trusted_types(struct doctor *doctor, const struct doctor_page *page)
{
    struct view value;
    for (size_t i = 0; i < page->policy_count; i++) {
        struct view policy = view_from_text(page->policies[i]);
        if (page_policy_find(policy, "require-trusted-types-for", &value)) {
            doctor_good(doctor, "policy",
                        "Trusted Types are required; tag and tracker need no policy of their own");
            return;
        }
    }
}

void doctor_check_policy(struct doctor *doctor, const struct doctor_page *page)
{
    if (page->policy_count == 0) {
        doctor_good(doctor, "policy", "the page has no Content-Security-Policy");
        return;
    }
    bool is_good = !page->loader || ask_script(doctor, page);
    is_good = (!page->stub || ask_stub(doctor, page)) && is_good;
    is_good = (!page->endpoint[0] || ask_endpoint(doctor, page)) && is_good;
    is_good = ask_pixel(doctor, page) && is_good;
    if (is_good) {
        doctor_good(doctor, "policy",
                    "the Content-Security-Policy allows what the tag and its events need");
    }
    say_trusted_types(doctor, page);
}
