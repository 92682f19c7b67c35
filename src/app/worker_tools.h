/*
 * worker_tools.h - what one worker remembers to enrich events by: agents, places, who clicks how
 * fast.
 *
 * Fixed memory, touched as it is needed; all of it under keyed hashes.
 *
 *     worker_tools_open(&tools, rules, seed, &fault);
 *     struct sender sender = worker_tools_sender(&tools, settings, received_ms);
 *     worker_tools_close(&tools);
 */
#ifndef PIPES_APP_WORKER_TOOLS_H
#define PIPES_APP_WORKER_TOOLS_H

#include "app/sender.h"
#include "enrich/agent_rules.h"

struct worker_tools {
    struct agent_reader *agents;
    struct place_memory *places;
    struct cadence *cadence;
};

/* rules are borrowed; seed is secret. On failure nothing is open. */
enum status worker_tools_open(struct worker_tools *tools, struct agent_rules *rules, uint64_t seed,
                              struct fault *fault) MUST_CHECK;
/* Accepts zeroed ones. */
void worker_tools_close(struct worker_tools *tools);

/* Nobody yet: sender_know() says who. */
struct sender worker_tools_sender(const struct worker_tools *tools, const struct settings *settings,
                                  int64_t received_ms);

#endif
