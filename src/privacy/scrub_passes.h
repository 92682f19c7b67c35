/*
 * scrub_passes.h - what is looked for in a text, a pass for each kind: every pass is linear in the
 * text and leaves alone what was treated before. scrub_text.c runs them in this order.
 */
#ifndef PIPES_PRIVACY_SCRUB_PASSES_H
#define PIPES_PRIVACY_SCRUB_PASSES_H

#include "privacy/scrub_edit.h"

enum scrub_where {
    SCRUB_IN_URL,  /* all of it is one address */
    SCRUB_IN_TEXT, /* addresses may stand in it */
};

/* Keys of JSON that were looked at lately and say nothing: the same few come with every event. One
 * thread's. A slot holds a key of up to 16 bytes with zeros behind it. */
enum { SCRUB_CACHE_SLOTS = 256 };
struct scrub_cache {
    uint64_t keys[SCRUB_CACHE_SLOTS][2];
};

/* Where a text stands. */
struct scrub_place {
    enum scrub_where where;
    struct view name; /* of the member that it is the value of: as a word before it; may be empty */
    struct scrub_cache *cache; /* NULL: none */
    bool is_json;              /* not a text by itself but JSON: names stand quoted before it */
};

/* Values of parameters whose names say secret, or that look like one. */
void scrub_parameters(struct scrub_edit *edit, const struct scrub_place *place);
/* "password":"..." in a text that is JSON itself. */
void scrub_members(struct scrub_edit *edit, const struct scrub_place *place);
/* https://user:password@host */
void scrub_userinfo(struct scrub_edit *edit, const struct scrub_place *place);
/* E-mail addresses and web tokens. */
void scrub_runs(struct scrub_edit *edit, const struct scrub_place *place);
/* Bearer tokens, keys of services, long hex and opaque texts. */
void scrub_secrets(struct scrub_edit *edit, const struct scrub_place *place);
/* What begins with a letter: IBAN, codice fiscale. */
void scrub_ids(struct scrub_edit *edit, const struct scrub_place *place);
/* Cards, phones, national ids of digits, positions. */
void scrub_numbers(struct scrub_edit *edit, const struct scrub_place *place);

/* --- the same for a single place, for who looks whether there is something at all --- */

/* The name that ends before the '=' (or its escape) at `end`; empty: there is none. */
struct view scrub_name_before(struct view text, size_t end);
/* The length of the escape at `at` of the byte with these hex digits, however often its percent
 * sign was escaped itself (%40, %2540, %252540); 0: none. The low digit is in lower case. */
size_t scrub_escape_len(struct view text, size_t at, const char digits[2]);
/* Whether it is a number with three decimals or more: 48.208174, not 48.2. */
bool scrub_is_precise(struct view value);
/* Whether some 32 bytes of letters and digits change between cases and digits all the time. */
bool scrub_is_opaque(struct view run);
/* Where what begins at `at` ends; 0: nothing begins there. */
size_t scrub_secret_end(struct view text, size_t at, const struct scrub_place *place,
                        enum scrub_rule *rule);
size_t scrub_id_end(struct view text, size_t at, enum scrub_rule *rule);
size_t scrub_number_end(struct view text, size_t at, const struct scrub_place *place,
                        enum scrub_rule *rule);

#endif
