/*
 * agent_rules.h - what an agent string says, by the rules of uap-core and the list of crawlers.
 *
 * As uap-core's reference does it: in each section the first rule that matches tells. A pattern is
 * compiled when it is first tried, and it is only tried when the agent holds one of the texts that
 * it needs. So a start costs nothing, and a strange agent costs little: at most AGENT_TRIES_MAX
 * patterns are tried, each within PCRE2's own limit of steps.
 *
 * One struct agent_rules for all threads, one struct agent_matcher for each.
 *
 *     agent_rules_create(&rules, &fault);
 *     agent_matcher_create(&matcher, rules, &fault);
 *     agent_matcher_read(matcher, agent, &saying);        about a hundred microseconds: cache it
 */
#ifndef PIPES_ENRICH_AGENT_RULES_H
#define PIPES_ENRICH_AGENT_RULES_H

#include "base/status.h"
#include "base/view.h"

#include <stdbool.h>

enum { AGENT_TRIES_MAX = 320, AGENT_STEPS_MAX = 20000, AGENT_VALUE_BYTES_MAX = 80 };

struct agent_rules;
struct agent_matcher;

struct agent_value {
    char text[AGENT_VALUE_BYTES_MAX];
    size_t len;
};

/* Bytes of the agent may be in the values: any bytes. Empty where no rule matched. */
struct agent_saying {
    struct agent_value browser;
    struct agent_value browser_version; /* major */
    struct agent_value os;
    struct agent_value os_version; /* major */
    struct agent_value device;
    bool is_crawler;
    unsigned tries; /* patterns that were tried */
};

enum status agent_rules_create(struct agent_rules **rules, struct fault *fault) MUST_CHECK;
/* Accepts NULL. After its matchers. */
void agent_rules_destroy(struct agent_rules *rules);

enum status agent_matcher_create(struct agent_matcher **matcher, struct agent_rules *rules,
                                 struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void agent_matcher_destroy(struct agent_matcher *matcher);

/* Of a longer agent than VISITOR_AGENT_BYTES_MAX the beginning is read. A pattern for which there
 * is no memory, or that reached its limit, counts as one that does not match. */
void agent_matcher_read(struct agent_matcher *matcher, struct view agent,
                        struct agent_saying *saying);

#endif
