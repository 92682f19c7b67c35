/*
 * event_scrub.h - an event without what nobody wanted to send: its addresses, its texts, and the
 * strings of properties, user_properties and context. Ids stay as they are.
 */
#ifndef PIPES_APP_EVENT_SCRUB_H
#define PIPES_APP_EVENT_SCRUB_H

#include "event/event.h"

/* Before the url is taken apart: what is cut out of it is clean then. STATUS_NO_MEMORY. */
enum status event_scrub(struct event *event, struct arena *arena, bool *is_changed) MUST_CHECK;

#endif
