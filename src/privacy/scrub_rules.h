/*
 * scrub_rules.h - the names that say secret, as tracker/rules/scrub.json has them for the tracker,
 * too; tools/make_scrub_rules writes the table when the program is built.
 */
#ifndef PIPES_PRIVACY_SCRUB_RULES_H
#define PIPES_PRIVACY_SCRUB_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scrub_name {
    const char *name; /* lower case; '_' stands for '_', '-' or nothing */
    size_t len;
    bool is_whole; /* else a part of a name is enough */
    bool is_key;   /* holds for the keys of JSON, too */
};

/* What stands in place of what was found. */
extern const char scrub_mask[];
extern const size_t scrub_mask_len;

extern const struct scrub_name scrub_names[];
extern const size_t scrub_name_count;

/* Bit `second & 31` of the word `first & 31` is set when a name begins with these two. */
extern const uint32_t scrub_pairs[32];

#endif
