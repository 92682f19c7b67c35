/*
 * enrich_place.h - the address to country and region, and to a reason for a bot when its network is
 * one of those that rent out servers.
 *
 * Without a file among the tools nothing is known of places; without numbers of networks in it (a
 * file of countries has none) nothing is known of those.
 */
#ifndef PIPES_ENRICH_ENRICH_PLACE_H
#define PIPES_ENRICH_ENRICH_PLACE_H

#include "enrich/enricher.h"

extern const struct enricher enrich_place;

#endif
