/*
 * agent_table.h - the rules to read agents by, as tools/agent_rules makes them of uap-core and of
 * the list of crawlers when the program is built.
 *
 * Literals stand sorted by the hash of their first three bytes: those of one hash are at
 * agent_heads[hash] up to agent_heads[hash + 1]. All texts of literals are in small letters.
 */
#ifndef PIPES_ENRICH_AGENT_TABLE_H
#define PIPES_ENRICH_AGENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AGENT_HEADS = 4096, AGENT_RULES_MAX = 4096 };

/* Rules of a section follow each other, in the order in which they are tried. */
enum agent_section { AGENT_BROWSER, AGENT_OS, AGENT_DEVICE, AGENT_CRAWLER, AGENT_SECTIONS };

struct agent_rule {
    const char *pattern;
    const char *family;  /* may hold $1 to $9; NULL: the first group */
    const char *version; /* the same; NULL: the second group */
    bool ignores_case;
};

struct agent_literal {
    const char *text;
    uint16_t len;
    uint16_t first; /* of agent_literal_rules: the rules that need it */
    uint16_t count;
};

extern const struct agent_rule agent_rule_table[];
extern const size_t agent_rule_count;
extern const uint16_t agent_section_ends[AGENT_SECTIONS];
extern const uint16_t agent_always[]; /* rules that need no text; ends with their count's number */
extern const struct agent_literal agent_literals[];
extern const uint16_t agent_literal_rules[];
extern const uint16_t agent_heads[AGENT_HEADS + 1];

#endif
