/*
 * enrich_agent.h - agent and client hints to browser, os, device_kind, and reasons for a bot.
 *
 * Without agents among the tools, when they refuse (agent_reader.h), and of a visitor of whom no
 * agent was told, is_known becomes false: then nobody says whether it is a bot.
 */
#ifndef PIPES_ENRICH_ENRICH_AGENT_H
#define PIPES_ENRICH_ENRICH_AGENT_H

#include "enrich/enricher.h"

extern const struct enricher enrich_agent;

#endif
