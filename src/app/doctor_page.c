#include "app/doctor_page.h"

#include "base/url.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

enum { PAGE_BYTES_MAX = 8 << 20, VALUE_BYTES_MAX = 64 * 1024 };

static size_t scheme_len(const char *url)
{
    const char *mark = strstr(url, "://");
    return mark ? (size_t)(mark - url) : 0;
}

const char *doctor_host(struct doctor *doctor, const char *url)
{
    return doctor_format(doctor, "%.*s", VIEW_ARG(url_split(view_from_text(url)).host));
}

/* Small letters, and no port that says nothing: as browsers send it. */
const char *doctor_origin(struct doctor *doctor, const char *url)
{
    struct view host = url_split(view_from_text(url)).host;
    const char *port = host.at ? host.at + host.len : "";
    size_t port_len = port[0] == ':' ? 1 + strspn(port + 1, "0123456789") : 0;
    bool is_default =
        (strncasecmp(url, "https:", 6) == 0 && view_is(view_make(port, port_len), ":443")) ||
        (strncasecmp(url, "http:", 5) == 0 && view_is(view_make(port, port_len), ":80"));
    char text[FETCH_URL_BYTES];
    snprintf(text, sizeof(text), "%.*s://%.*s%.*s", (int)scheme_len(url), url, VIEW_ARG(host),
             is_default ? 0 : (int)port_len, port);
    for (char *at = text; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return doctor_format(doctor, "%s", text);
}

const char *doctor_resolve(struct doctor *doctor, const char *page, const char *reference)
{
    size_t word = strcspn(reference, ":/?#");
    if (reference[word] == ':' && word > 0) {
        return reference;
    }
    if (strncmp(reference, "//", 2) == 0) {
        return doctor_format(doctor, "%.*s:%s", (int)scheme_len(page), page, reference);
    }
    const char *origin = doctor_origin(doctor, page);
    if (reference[0] == '/') {
        return doctor_format(doctor, "%s%s", origin, reference);
    }
    struct view path = url_split(view_from_text(page)).path;
    while (path.len > 0 && path.at[path.len - 1] != '/') {
        path.len--;
    }
    return doctor_format(doctor, "%s%.*s%s", origin, VIEW_ARG(path), reference);
}

int64_t doctor_date(struct view date)
{
    char text[64];
    struct tm parts = {0};
    snprintf(text, sizeof(text), "%.*s", VIEW_ARG(date));
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return end ? (int64_t)timegm(&parts) * 1000 : 0;
}

/* Of any length, unlike doctor_format(). */
static const char *as_text(struct doctor *doctor, struct view value)
{
    char *text = arena_alloc(&doctor->arena, value.len + 1);
    if (text) {
        memcpy(text, value.len > 0 ? value.at : "", value.len);
        text[value.len] = 0;
    }
    return text ? text : "";
}

static const char *decoded(struct doctor *doctor, struct view value)
{
    struct buf text;
    buf_init(&text, VALUE_BYTES_MAX);
    const char *kept = page_scan_decode(&text, value) == STATUS_OK
                           ? as_text(doctor, view_trim(buf_view(&text)))
                           : "";
    buf_free(&text);
    return kept;
}

/* Policies of one header stand between commas. */
static void add_policies(struct doctor *doctor, struct doctor_page *page, struct view value)
{
    while (value.len > 0 && page->policy_count < DOCTOR_POLICIES_MAX) {
        struct view policy = view_trim(view_cut(&value, ','));
        if (policy.len > 0) {
            page->policies[page->policy_count++] = as_text(doctor, policy);
        }
    }
}

static void take_element(struct doctor *doctor, struct doctor_page *page,
                         const struct page_element *element)
{
    if (element->kind == PAGE_META) {
        if (view_is_ignoring_case(view_trim(element->http_equiv), "content-security-policy")) {
            add_policies(doctor, page, view_from_text(decoded(doctor, element->content)));
        }
    } else if (page->script_count < DOCTOR_SCRIPTS_MAX) {
        struct page_element kept = *element;
        kept.src = view_from_text(decoded(doctor, element->src));
        kept.integrity = view_from_text(decoded(doctor, element->integrity));
        page->scripts[page->script_count++] = kept;
    }
}

static void scan(struct doctor *doctor, struct doctor_page *page, const struct fetch_answer *answer)
{
    struct page_element element;
    struct page_scan rest = page_scan_begin(page->html);
    struct view policy;
    for (size_t i = 0; (policy = fetch_header_at(answer, "content-security-policy", i)).len > 0;
         i++) {
        add_policies(doctor, page, policy);
    }
    while (page_scan_next(&rest, &element)) {
        take_element(doctor, page, &element);
    }
    static const char MANAGER[] = "googletagmanager.com/";
    page->has_tag_manager = page->html.len > 0 && memmem(page->html.at, page->html.len, MANAGER,
                                                         sizeof(MANAGER) - 1) != NULL;
    page->date_ms =
        fetch_header(answer, "age").len > 0 ? 0 : doctor_date(fetch_header(answer, "date"));
}

static bool take_page(struct doctor *doctor, struct doctor_page *page,
                      const struct fetch_answer *answer)
{
    struct view type = fetch_header(answer, "content-type");
    page->url = doctor_format(doctor, "%s", answer->url);
    page->origin = doctor_origin(doctor, page->url);
    page->host = doctor_host(doctor, page->url);
    page->is_https = strncmp(page->origin, "https:", 6) == 0;
    page->html = arena_copy(&doctor->arena, buf_view(&answer->body));
    if (answer->status != 200) {
        doctor_mistake(doctor, "page", "name a page that visitors see",
                       "%s answers %u instead of the page", page->url, answer->status);
        return false;
    }
    if (!view_starts_with(type, "text/html") && !view_starts_with(type, "application/xhtml")) {
        doctor_mistake(doctor, "page", "name a page, not a file of another kind",
                       "%s is no page but %.60s", page->url,
                       type.len > 0 ? doctor_format(doctor, "%.*s", VIEW_ARG(type)) : "untyped");
        return false;
    }
    doctor_good(doctor, "page", "%s answers, %zu bytes", page->url, page->html.len);
    scan(doctor, page, answer);
    return true;
}

static bool load_page(struct doctor *doctor, struct doctor_page *page, const char *url)
{
    struct fetch_answer answer = {0};
    struct fault fault = {0};
    const struct fetch_request request = {
        .url = url, .follows = true, .bytes_max = PAGE_BYTES_MAX, .headers = {"Accept: text/html"}};
    bool is_there = false;
    if (fetch_run(&doctor->fetch, &request, &answer, &fault) == STATUS_OK) {
        is_there = take_page(doctor, page, &answer);
    } else {
        doctor_mistake(doctor, "page",
                       "see whether a browser opens it, and whether name, port and certificate are "
                       "right",
                       "%s", fault.text);
    }
    fetch_answer_free(&answer);
    return is_there;
}

void doctor_check_page(struct doctor *doctor, const char *url, const char *endpoint)
{
    struct fault fault = {0};
    struct doctor_page *page = arena_alloc_zeroed(&doctor->arena, 1, sizeof(*page));
    if (!strstr(url, "://")) {
        url = doctor_format(doctor, "https://%s", url);
    }
    if (!page || fetch_open(&doctor->fetch, &fault) != STATUS_OK) {
        doctor_mistake(doctor, "page", "", "%s", page ? fault.text : "there is no memory");
        return;
    }
    page->endpoint = endpoint;
    if (!load_page(doctor, page, url)) {
        return;
    }
    doctor_find_tag(doctor, page);
    doctor_check_script(doctor, page);
    doctor_check_policy(doctor, page);
    doctor_check_collector(doctor, page);
    doctor_check_cookie(doctor, page);
}
