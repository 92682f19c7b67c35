/*
 * same_site.h - whether two hosts are of one site, without a list of public suffixes.
 *
 *     same_site(shop.example.com, www.example.com)     yes: both are under example.com
 *     same_site(a.co.uk, b.co.uk)                      no: everybody is under co.uk
 *     same_site(a.github.io, b.github.io)              no: the same
 */
#ifndef PIPES_ENRICH_SAME_SITE_H
#define PIPES_ENRICH_SAME_SITE_H

#include "base/view.h"

/* False when one is empty. Capital letters are alike. */
bool same_site(struct view a, struct view b);
/* Whether everybody may have names under it, as far as is known: com, co.uk, github.io. */
bool same_site_is_public(struct view host);

#endif
