#include "privacy/scrub_names.h"

#include "privacy/scrub_byte.h"
#include "privacy/scrub_rules.h"

/* Whether some name begins with these three. */
static inline bool may_begin(const char *at)
{
    return (scrub_triples[at[0] & 31][at[1] & 31] >> (at[2] & 31) & 1) != 0;
}

/* How many bytes at the beginning of the text the rule's name takes up; 0 when it is another. */
static size_t match(const struct scrub_name *rule, struct view text)
{
    size_t at = 0;
    for (size_t i = 0; i < rule->len; i++) {
        if (rule->name[i] == '_') {
            at += at < text.len && (text.at[at] == '_' || text.at[at] == '-');
        } else if (at < text.len && byte_lower(text.at[at]) == rule->name[i]) {
            at++;
        } else {
            return 0;
        }
    }
    return at;
}

/* %3Fcode: the delimiter's digits, and perhaps a letter, are no part of the name. */
static bool is_escape_rest(struct view head)
{
    size_t digits = 0;
    while (digits < head.len && byte_is_digit(head.at[digits])) {
        digits++;
    }
    return digits > 0 &&
           (digits == head.len || (digits + 1 == head.len && byte_is_hex(head.at[digits])));
}

/* A word of the name begins at i: behind a joint, or where small letters become capitals. */
static bool begins_word(struct view name, size_t i)
{
    char before = byte_before(name, i);
    return !byte_is_letter(before) || (!byte_is_upper(before) && byte_is_upper(name.at[i]));
}

static bool is_number(struct view rest)
{
    size_t i = 0;
    while (i < rest.len && (byte_is_digit(rest.at[i]) || rest.at[i] == '_')) {
        i++;
    }
    return i == rest.len;
}

static bool fits(const struct scrub_name *rule, struct view name, size_t i, enum scrub_name_of what)
{
    size_t len = match(rule, view_part(name, i, name.len));
    if (len == 0) {
        return false;
    }
    switch ((enum scrub_match)rule->match) {
    case SCRUB_MATCH_PART:
        return true;
    case SCRUB_MATCH_WHOLE:
        return i + len == name.len &&
               (i == 0 || (what == SCRUB_OF_PARAMETER && is_escape_rest(view_part(name, 0, i))));
    case SCRUB_MATCH_WORD:
        break;
    }
    return begins_word(name, i) && is_number(view_part(name, i + len, name.len));
}

static unsigned names_at(struct view name, size_t i, enum scrub_name_of what)
{
    unsigned flags = 0;
    unsigned letter = (unsigned)(byte_lower(name.at[i]) - 'a');
    for (size_t k = letter < 26 ? scrub_firsts[letter] : 0;
         letter < 26 && k < scrub_firsts[letter + 1]; k++) {
        const struct scrub_name *rule = &scrub_names[k];
        bool is_near = rule->name[1] == '_' || rule->name[1] == byte_lower(name.at[i + 1]);
        if (is_near && (rule->is_key || what != SCRUB_OF_KEY) && fits(rule, name, i, what)) {
            flags |= rule->is_place ? SCRUB_NAME_PLACE : SCRUB_NAME_SECRET;
            flags |= rule->takes_numbers ? SCRUB_NAME_NUMBERS : 0;
        }
    }
    return flags;
}

unsigned scrub_name(struct view name, enum scrub_name_of what)
{
    unsigned flags = 0;
    for (size_t i = 0; i + 2 < name.len; i++) {
        if (may_begin(name.at + i)) {
            flags |= names_at(name, i, what);
        }
    }
    return flags;
}
