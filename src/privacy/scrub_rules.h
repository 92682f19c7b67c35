/*
 * scrub_rules.h - the rules: which kinds of things are scrubbed, and the names that say secret.
 *
 * Both stand in tracker/rules/scrub.json, of which the tracker takes its share;
 * tools/make_scrub_rules writes the tables when the program is built.
 */
#ifndef PIPES_PRIVACY_SCRUB_RULES_H
#define PIPES_PRIVACY_SCRUB_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scrub_rule {
    SCRUB_PARAMETER,
    SCRUB_USERINFO,
    SCRUB_EMAIL,
    SCRUB_WEB_TOKEN,
    SCRUB_OPAQUE,
    SCRUB_CARD,
    SCRUB_KEY,
    SCRUB_PHONE,
    SCRUB_IBAN,
    SCRUB_NATIONAL_ID,
    SCRUB_BEARER,
    SCRUB_SECRET,
    SCRUB_PLACE,
    SCRUB_RULES, /* how many */
};

struct scrub_rule_row {
    const char *name; /* as options and documents call it */
    const char *meaning;
    bool is_in_page; /* the tracker has it, too */
};
extern const struct scrub_rule_row scrub_rule_rows[SCRUB_RULES];

enum scrub_match {
    SCRUB_MATCH_PART,  /* anywhere in a name */
    SCRUB_MATCH_WHOLE, /* all of a name */
    SCRUB_MATCH_WORD,  /* the last word of a name: customer_phone, customerPhone, phone2 */
};

struct scrub_name {
    const char *name; /* lower case; '_' stands for '_', '-' or nothing */
    uint8_t len;
    uint8_t match;
    bool is_key;        /* holds for the keys of JSON, too */
    bool takes_numbers; /* a number of JSON under it is secret, too */
    bool is_place;      /* one half of a position: only a precise number is secret */
};

/* What stands in place of what was found. */
extern const char scrub_mask[];
extern const size_t scrub_mask_len;

/* By their first letters: those of 'a' are [scrub_firsts[0], scrub_firsts[1]), and so on. */
extern const struct scrub_name scrub_names[];
extern const uint8_t scrub_firsts[27];

/* Bit `third & 31` of [first & 31][second & 31] is set when a name begins with these three. */
extern const uint32_t scrub_triples[32][32];

#endif
