/*
 * doctor_page.h - what the checks of one page share: the page, its tag, and what the tracker says
 * of itself.
 *
 * doctor_page.c fetches the page and finds the tag, then each of the others looks at one side of
 * it. All texts live in the doctor's arena.
 */
#ifndef PIPES_APP_DOCTOR_PAGE_H
#define PIPES_APP_DOCTOR_PAGE_H

#include "app/doctor.h"
#include "site/page_scan.h"

enum { DOCTOR_SCRIPTS_MAX = 128, DOCTOR_POLICIES_MAX = 16, DOCTOR_TRACKER_BYTES = 4 << 20 };

/* A tracker as its last argument describes it; texts are empty where it does not say. */
struct doctor_tracker {
    struct view bytes; /* the script; empty: could not be fetched */
    const char *site;
    const char *bundle;
    const char *endpoint;
    const char *environment;
    const char *storage;
    const char *cookie_domain;
    bool asks_for_cookie;
};

struct doctor_page {
    const char *url;    /* behind redirects */
    const char *origin; /* "https://shop.example" */
    const char *host;
    bool is_https;
    struct view html;
    const char *policies[DOCTOR_POLICIES_MAX]; /* from headers and meta elements */
    size_t policy_count;
    struct page_element scripts[DOCTOR_SCRIPTS_MAX];
    size_t script_count;
    bool has_tag_manager;
    int64_t date_ms; /* 0: not told, or told by a cache */

    const struct page_element *stub;   /* inline; NULL: there is none */
    const struct page_element *loader; /* the element that loads the tracker; NULL */
    const char *script_url;
    const char *endpoint; /* whole; empty: nobody knows */
    struct doctor_tracker tracker;
};

/* "https://shop.example" of an address, "https://shop.example/a/" and "b.js" to one address. */
const char *doctor_origin(struct doctor *doctor, const char *url);
const char *doctor_host(struct doctor *doctor, const char *url);
const char *doctor_resolve(struct doctor *doctor, const char *page, const char *reference);
/* Milliseconds since 1970 of a Date header; 0 when it is none. */
int64_t doctor_date(struct view date);

/* In this order. */
void doctor_find_tag(struct doctor *doctor, struct doctor_page *page);
void doctor_check_script(struct doctor *doctor, struct doctor_page *page);
void doctor_check_policy(struct doctor *doctor, const struct doctor_page *page);
void doctor_check_collector(struct doctor *doctor, const struct doctor_page *page);
void doctor_check_cookie(struct doctor *doctor, const struct doctor_page *page);

/* Fills the tracker from its bytes; false when it is none of ours. */
bool doctor_read_tracker(struct doctor *doctor, struct view bytes, struct doctor_tracker *tracker);

#endif
