/*
 * enrich_cadence.h - interactions (click, form) that come faster than a hand can make them.
 */
#ifndef PIPES_ENRICH_ENRICH_CADENCE_H
#define PIPES_ENRICH_ENRICH_CADENCE_H

#include "enrich/enricher.h"

extern const struct enricher enrich_cadence;

#endif
