/*
 * completion.h - what every event gets that its client left out: site, environment, an id, and what
 * the enrichers make of the event itself and of the facts about who sent it.
 */
#ifndef PIPES_APP_COMPLETION_H
#define PIPES_APP_COMPLETION_H

#include "app/sender.h"

/* Borrowed. */
struct completion {
    const char *site;        /* of events that do not say */
    const char *environment; /* the same */
};

/* Texts are made in the arena. A zeroed sender: nothing is known of who sent it.
 * STATUS_NO_MEMORY from the arena. */
enum status completion_apply(const struct completion *completion, const struct sender *sender,
                             struct event *event, struct arena *arena, struct fault *fault)
    MUST_CHECK;

#endif
