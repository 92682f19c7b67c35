#include "privacy/scrub_byte.h"
#include "privacy/scrub_names.h"
#include "privacy/scrub_passes.h"

enum { OPAQUE_VALUE_BYTES_MIN = 32, PLACE_DECIMALS_MIN = 3 };

size_t scrub_escape_len(struct view text, size_t at, const char digits[2])
{
    size_t i = at;
    if (byte_at(text, i) != '%') {
        return 0;
    }
    i++;
    while (byte_at(text, i) == '2' && byte_at(text, i + 1) == '5') {
        i += 2;
    }
    bool is_it =
        i + 1 < text.len && text.at[i] == digits[0] && byte_lower(text.at[i + 1]) == digits[1];
    return is_it ? i + 2 - at : 0;
}

/* user[mail]= ends with its bracket. */
static size_t name_end(struct view text, size_t end)
{
    for (;;) {
        if (end > 0 && text.at[end - 1] == ']') {
            end--;
        } else if (end > 2 && text.at[end - 3] == '%' && text.at[end - 2] == '5' &&
                   byte_lower(text.at[end - 1]) == 'd') {
            end -= 3;
        } else {
            return end;
        }
    }
}

struct view scrub_name_before(struct view text, size_t end)
{
    end = name_end(text, end);
    size_t begin = end;
    while (begin > 0 && byte_is_name(text.at[begin - 1])) {
        begin--;
    }
    bool is_segment = begin > 0 && text.at[begin - 1] == '/';
    return is_segment ? view_make(NULL, 0) : view_part(text, begin, end - begin);
}

static bool ends_value(char byte, enum scrub_where where)
{
    return byte == '&' || byte == '#' || byte == '?' ||
           (where == SCRUB_IN_TEXT && (unsigned char)byte <= ' ');
}

static size_t value_end(struct view text, size_t at, enum scrub_where where)
{
    while (at < text.len && !ends_value(text.at[at], where)) {
        at++;
    }
    return at;
}

/* The value at `at` if it is nothing but a value: no name and value itself, nothing escaped. */
static struct view bare_value(struct view text, size_t at, enum scrub_where where)
{
    size_t end = at;
    while (end < text.len && !ends_value(text.at[end], where) && text.at[end] != '=' &&
           text.at[end] != '%') {
        end++;
    }
    bool is_all = end == text.len || ends_value(text.at[end], where);
    return is_all ? view_part(text, at, end - at) : view_make(NULL, 0);
}

/* Of such letters only, so that no sentence is one. */
static bool is_opaque_value(struct view value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!byte_is_name(value.at[i]) && value.at[i] != '.' && value.at[i] != '~') {
            return false;
        }
    }
    return value.len >= OPAQUE_VALUE_BYTES_MIN && scrub_is_opaque(value);
}

/* 48.208174, not 48.2: where a person is, not which town it is. */
bool scrub_is_precise(struct view value)
{
    size_t point = view_find(value, '.');
    size_t i = point + 1;
    while (i < value.len && byte_is_digit(value.at[i])) {
        i++;
    }
    return point > 0 && i >= point + 1 + PLACE_DECIMALS_MIN;
}

/* Where the value ends that must go; `at`: it may stay. */
static size_t secret_end(struct view text, size_t at, struct view name, enum scrub_where where,
                         enum scrub_rule *rule)
{
    unsigned flags = scrub_name(name, SCRUB_OF_PARAMETER);
    if (flags & SCRUB_NAME_SECRET) {
        *rule = SCRUB_PARAMETER;
        return value_end(text, at, where);
    }
    struct view value = bare_value(text, at, where);
    if (flags & SCRUB_NAME_PLACE) {
        *rule = SCRUB_PLACE;
        return scrub_is_precise(value) ? at + value.len : at;
    }
    *rule = SCRUB_OPAQUE;
    return is_opaque_value(value) ? at + value.len : at;
}

void scrub_parameters(struct scrub_edit *edit, const struct scrub_place *place)
{
    struct view text = edit->in;
    for (size_t i = 0; i < text.len;) {
        size_t sign = text.at[i] == '=' ? 1 : scrub_escape_len(text, i, "3d");
        if (sign == 0) {
            i++;
            continue;
        }
        struct view name = scrub_name_before(text, i);
        i += sign;
        if (name.len == 0) {
            continue;
        }
        enum scrub_rule rule;
        size_t end = secret_end(text, i, name, place->where, &rule);
        if (end > i) {
            scrub_edit_hit(edit, rule, i, end);
            i = end;
        }
    }
}

/* The end of a quoted value that begins at `at`, or what is there without its other quote. */
static size_t quoted_end(struct view text, size_t at)
{
    while (at < text.len && text.at[at] != '"') {
        at += text.at[at] == '\\' ? 2 : 1;
    }
    return at < text.len ? at : text.len;
}

/* The name between its quotes, of which the last one is at `end`. */
static struct view quoted_name(struct view text, size_t end)
{
    size_t begin = end;
    while (begin > 0 && byte_is_name(text.at[begin - 1])) {
        begin--;
    }
    return byte_before(text, begin) == '"' ? view_part(text, begin, end - begin)
                                           : view_make(NULL, 0);
}

void scrub_members(struct scrub_edit *edit, const struct scrub_place *place)
{
    struct view text = edit->in;
    (void)place;
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (text.at[i] != '"' || text.at[i + 1] != ':') {
            continue;
        }
        size_t begin = i + 2;
        begin += byte_at(text, begin) == ' ';
        struct view name = quoted_name(text, i);
        bool is_secret = byte_at(text, begin) == '"' && name.len > 2 &&
                         (scrub_name(name, SCRUB_OF_KEY) & SCRUB_NAME_SECRET) != 0;
        size_t end = is_secret ? quoted_end(text, begin + 1) : 0;
        if (end > begin + 1) {
            scrub_edit_hit(edit, SCRUB_KEY, begin + 1, end);
            i = end - 1;
        }
    }
}
