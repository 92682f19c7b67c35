/*
 * enrich_url.h - what an event's url says: host, path, campaign, and that there was a click id.
 *
 * Pure. Columns that the client set itself stay; a click id's value is never kept, only its kind.
 */
#ifndef PIPES_ENRICH_ENRICH_URL_H
#define PIPES_ENRICH_ENRICH_URL_H

#include "event/event.h"

/* STATUS_NO_MEMORY from the arena; what was filled stays. */
enum status enrich_url(struct event *event, struct arena *arena) MUST_CHECK;

#endif
