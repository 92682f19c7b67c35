/*
 * agent_reader.h - agents and hints to facts, each seen one remembered: one worker's own.
 *
 * Remembered is what was found under a keyed hash of agent and hints, never the agent. The memory
 * is fixed (AGENT_KEPT): what was asked for only once makes room first, then what was not longest.
 * Reading one anew is hundreds of times dearer than remembering it; so that nobody eats the
 * processor with an agent that is new in each request, a worker tries at most
 * AGENT_TRIES_PER_SECOND patterns for new ones, which is a small part of a processor: what is above
 * that stays unknown, and is read when it comes again.
 *
 *     agent_reader_create(&reader, rules, seed, &fault);
 *     const struct agent_found *found = agent_reader_ask(reader, &visitor, now_ms);
 *     if (found) { ... until the next question }
 */
#ifndef PIPES_ENRICH_AGENT_READER_H
#define PIPES_ENRICH_AGENT_READER_H

#include "enrich/agent_rules.h"
#include "enrich/visitor.h"

enum { AGENT_KEPT = 4096, AGENT_TRIES_PER_SECOND = 60000, AGENT_TEXT_BYTES = 31 };

/* At most AGENT_TEXT_BYTES of printable ASCII that needs no escape. */
struct agent_text {
    uint8_t len;
    char text[AGENT_TEXT_BYTES];
};

struct agent_found {
    struct agent_text browser;
    struct agent_text browser_version;
    struct agent_text os;
    struct agent_text os_version;
    struct view device_kind; /* static */
    uint32_t bot_reasons;
};

struct agent_reader;

/* rules are borrowed; seed is secret. Memory is touched as agents come. */
enum status agent_reader_create(struct agent_reader **reader, struct agent_rules *rules,
                                uint64_t seed, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void agent_reader_destroy(struct agent_reader *reader);

/* NULL: too many new ones in this second. */
const struct agent_found *agent_reader_ask(struct agent_reader *reader,
                                           const struct visitor *visitor, int64_t now_ms);

#endif
