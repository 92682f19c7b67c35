/*
 * completion.h - what every event gets that its client left out: site, environment, an id, and what
 * its url says.
 */
#ifndef PIPES_APP_COMPLETION_H
#define PIPES_APP_COMPLETION_H

#include "adapters/adapter.h"

/* Borrowed. */
struct completion {
    const char *site;        /* of events that do not say */
    const char *environment; /* the same */
};

/* Texts are made in the arena. STATUS_NO_MEMORY from it. */
enum status completion_apply(const struct completion *completion, struct event *event,
                             struct arena *arena, struct fault *fault) MUST_CHECK;
/* All of a batch. */
enum status completion_apply_all(const struct completion *completion, struct batch *batch,
                                 struct arena *arena, struct fault *fault) MUST_CHECK;

#endif
