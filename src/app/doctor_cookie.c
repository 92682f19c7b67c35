#include "app/doctor_page.h"
#include "enrich/same_site.h"

static bool is_address(struct view host)
{
    return host.len > 0 &&
           (host.at[0] == '[' || (host.at[host.len - 1] >= '0' && host.at[host.len - 1] <= '9'));
}

static bool is_within(struct view host, struct view domain)
{
    if (domain.len > 0 && domain.at[0] == '.') {
        domain = view_part(domain, 1, domain.len);
    }
    if (host.len < domain.len || domain.len == 0) {
        return false;
    }
    struct view end = view_part(host, host.len - domain.len, domain.len);
    return view_is_text_ignoring_case(end, domain.at) &&
           (host.len == domain.len || host.at[host.len - domain.len - 1] == '.');
}

static void check_domain(struct doctor *doctor, const struct doctor_page *page)
{
    struct view host = view_from_text(page->host);
    struct view domain = view_from_text(page->tracker.cookie_domain);
    if (domain.len == 0) {
        if (is_address(host) || same_site_is_public(host)) {
            doctor_warn(doctor, "cookie", "name the page as visitors do",
                        "%s is no name of a site: the visitor's id counts for this host alone",
                        page->host);
        } else {
            doctor_good(doctor, "cookie", "%s may keep one", page->host);
        }
    } else if (!is_within(host, domain)) {
        doctor_mistake(doctor, "cookie",
                       "build the tracker with a cookie-domain that the page is under, or "
                       "without one",
                       "the cookie is for %s, which %s is not under: browsers refuse it",
                       page->tracker.cookie_domain, page->host);
    } else if (same_site_is_public(domain)) {
        doctor_mistake(doctor, "cookie", "build the tracker without cookie-domain",
                       "%s belongs to everybody: browsers take no cookie for it",
                       page->tracker.cookie_domain);
    } else {
        doctor_good(doctor, "cookie", "%s may keep one for %s", page->host,
                    page->tracker.cookie_domain);
    }
}

static void check_server_cookie(struct doctor *doctor, const struct doctor_page *page)
{
    const char *collector = doctor_host(doctor, page->endpoint);
    if (same_site(view_from_text(page->host), view_from_text(collector))) {
        doctor_good(doctor, "cookie", "the collector, %s, may set it again", collector);
    } else {
        doctor_mistake(doctor, "cookie",
                       "give the collector a name of the page's site (events.SITE), or build "
                       "with server-cookie = off",
                       "server-cookie is on, but %s and the collector %s are two sites", page->host,
                       collector);
    }
}

void doctor_check_cookie(struct doctor *doctor, const struct doctor_page *page)
{
    const struct doctor_tracker *tracker = &page->tracker;
    if (!tracker->bundle) {
        return; /* nothing is known of it */
    }
    if (tracker->storage[0] && strcmp(tracker->storage, "cookie") != 0) {
        doctor_good(doctor, "cookie", "the tracker sets none (storage = %s)", tracker->storage);
        return;
    }
    check_domain(doctor, page);
    if (tracker->asks_for_cookie) {
        check_server_cookie(doctor, page);
    }
}
