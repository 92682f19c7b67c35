/*
 * enrich_list.h - all enrichers, in their order.
 *
 *     enrich_list_know(&visitor, &tools, &facts, arena);      once a request
 *     enrich_list_apply(&event, &facts, &tools, arena);              each event of it
 */
#ifndef PIPES_ENRICH_ENRICH_LIST_H
#define PIPES_ENRICH_ENRICH_LIST_H

#include "enrich/enricher.h"

/* Sets *facts anew. STATUS_NO_MEMORY from the arena, as of the next one. */
enum status enrich_list_know(const struct visitor *visitor, const struct enrich_tools *tools,
                             struct facts *facts, struct arena *arena) MUST_CHECK;
enum status enrich_list_apply(struct event *event, const struct facts *facts,
                              const struct enrich_tools *tools, struct arena *arena) MUST_CHECK;

#endif
