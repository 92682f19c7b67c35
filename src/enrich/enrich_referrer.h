/*
 * enrich_referrer.h - where a page's visitor came from: referrer_kind and referrer_name.
 *
 *   internal   the referrer is of the same site: the same host, or hosts under one domain
 *   campaign   campaign parameters or an advertiser's click id in the url
 *   search, social, mail, ai, video
 *              the referrer's host is in the list (referrer_list.h), which gives the name, too
 *   link       any other page
 *   direct     no referrer
 *
 * The first that fits counts. An event without url has no kind.
 */
#ifndef PIPES_ENRICH_ENRICH_REFERRER_H
#define PIPES_ENRICH_ENRICH_REFERRER_H

#include "enrich/enricher.h"

extern const struct enricher enrich_referrer;

#endif
