/*
 * device_kind.h - desktop, mobile, tablet, tv or other, from an agent, its families and hints.
 *
 * Our own rule; in this order: a form that a hint names, what only televisions and consoles say,
 * the system, and on Android whether the agent says "Mobile". An iPad that asks for desktop pages
 * says that it is a Mac, and is taken for one.
 */
#ifndef PIPES_ENRICH_DEVICE_KIND_H
#define PIPES_ENRICH_DEVICE_KIND_H

#include "enrich/agent_rules.h"
#include "enrich/client_hints.h"

struct view device_kind_of(const struct agent_saying *saying, struct view agent,
                           enum hinted_form form);

#endif
