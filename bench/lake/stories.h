/*
 * stories.h - visitors whose every step is written down: what their funnel comes to is known
 * beforehand, and holds the rest of the truth to it.
 *
 * Number 0 has very many events, number 1 just one; the last two are a person with two browsers who
 * says who they are on both, and gets another user_id; the others try the edges of the funnel: to
 * the millisecond of its window, out of order, begun anew.
 */
#ifndef PIPES_BENCH_STORIES_H
#define PIPES_BENCH_STORIES_H

#include "bench/lake/plan_making.h"

enum { STORY_MANY, STORY_FEW, STORY_FUNNELS, STORIES_VISITORS = WORLD_STORIES };

/* A plan of less than two days has no room for funnels, which are left out then. */
void stories_tell(struct plan_making *making);

#endif
