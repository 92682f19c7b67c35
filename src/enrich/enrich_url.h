/*
 * enrich_url.h - what an event's url says: host, path, campaign, and that there was a click id.
 *
 * Pure. Columns that the client set itself stay; a click id's value is never kept, only its kind.
 */
#ifndef PIPES_ENRICH_ENRICH_URL_H
#define PIPES_ENRICH_ENRICH_URL_H

#include "enrich/enricher.h"

extern const struct enricher enrich_url;

#endif
