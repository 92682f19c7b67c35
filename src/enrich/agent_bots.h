/*
 * agent_bots.h - reasons to hold a sender for a program that its agent gives.
 */
#ifndef PIPES_ENRICH_AGENT_BOTS_H
#define PIPES_ENRICH_AGENT_BOTS_H

#include "enrich/agent_rules.h"
#include "enrich/facts.h"
#include "enrich/visitor.h"

/* Bits of facts.bot_reasons. */
uint32_t agent_bots(const struct visitor *visitor, const struct agent_saying *saying);

#endif
