/*
 * enrich_columns.h - facts to columns: browser, os, device_kind, country, region, is_bot,
 * bot_reason.
 *
 * The last enricher: all others only find facts, or fill columns from an event's own.
 */
#ifndef PIPES_ENRICH_ENRICH_COLUMNS_H
#define PIPES_ENRICH_ENRICH_COLUMNS_H

#include "enrich/enricher.h"

extern const struct enricher enrich_columns;

#endif
