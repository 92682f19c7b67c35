/*
 * referrer_list.h - search engines, social networks, mail, AI assistants, video: by their hosts.
 *
 * A list of our own. A row is a domain, which stands for all hosts below it, or a name that many
 * countries have under their own endings ("google." is google.at and www.google.co.uk).
 */
#ifndef PIPES_ENRICH_REFERRER_LIST_H
#define PIPES_ENRICH_REFERRER_LIST_H

#include "base/view.h"

enum referrer_kind {
    REFERRER_SEARCH,
    REFERRER_SOCIAL,
    REFERRER_MAIL,
    REFERRER_AI,
    REFERRER_VIDEO,
};

struct referrer_row {
    const char *domain; /* in small letters; with a dot at its end: under any ending */
    enum referrer_kind kind;
    const char *name;
};

/* As the column says it. */
struct view referrer_kind_name(enum referrer_kind kind);
/* NULL when the host is none of them. Capital letters are alike. */
const struct referrer_row *referrer_list_find(struct view host);

#endif
