#include "privacy/scrub_names.h"

#include "privacy/scrub_rules.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

/* How many bytes at the beginning of the text the rule's name takes up; 0 when it is another. */
static size_t match(const struct scrub_name *rule, struct view text)
{
    size_t at = 0;
    for (size_t i = 0; i < rule->len; i++) {
        if (rule->name[i] == '_') {
            at += at < text.len && (text.at[at] == '_' || text.at[at] == '-');
        } else if (at < text.len && lower(text.at[at]) == rule->name[i]) {
            at++;
        } else {
            return 0;
        }
    }
    return at;
}

/* Whether some name begins with these two. */
static bool may_begin(const char *at)
{
    return (scrub_pairs[at[0] & 31] >> (at[1] & 31) & 1) != 0;
}

static bool has_part(struct view name, enum scrub_name_of what)
{
    for (size_t i = 0; i < scrub_name_count; i++) {
        const struct scrub_name *rule = &scrub_names[i];
        if (!rule->is_whole && (rule->is_key || what != SCRUB_KEY) && match(rule, name) > 0) {
            return true;
        }
    }
    return false;
}

static bool is_whole(struct view name, enum scrub_name_of what)
{
    if (name.len < 2 || !may_begin(name.at)) {
        return false;
    }
    for (size_t i = 0; i < scrub_name_count; i++) {
        const struct scrub_name *rule = &scrub_names[i];
        if (rule->is_whole && (rule->is_key || what != SCRUB_KEY) &&
            match(rule, name) == name.len) {
            return true;
        }
    }
    return false;
}

/* %3Fcode: the delimiter's digits, and perhaps a letter, are no part of the name. */
static bool is_whole_behind_escape(struct view name)
{
    size_t digits = 0;
    while (digits < name.len && is_digit(name.at[digits])) {
        digits++;
    }
    if (digits == 0 || digits == name.len) {
        return false;
    }
    char letter = lower(name.at[digits]);
    return is_whole(view_part(name, digits, name.len), SCRUB_PARAMETER) ||
           (letter >= 'a' && letter <= 'f' &&
            is_whole(view_part(name, digits + 1, name.len), SCRUB_PARAMETER));
}

bool scrub_name_is_secret(struct view name, enum scrub_name_of what)
{
    for (size_t i = 0; i + 1 < name.len; i++) {
        if (may_begin(name.at + i) && has_part(view_part(name, i, name.len), what)) {
            return true;
        }
    }
    return is_whole(name, what) || (what == SCRUB_PARAMETER && is_whole_behind_escape(name));
}
