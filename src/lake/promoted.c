#include "lake/promoted.h"

#include "base/file.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

static const char FILE_NAME[] = "PROMOTED";
static const char *const TYPE_NAMES[] = {"VARCHAR", "DOUBLE", "BOOLEAN"};
static const char VARIANT[] = "VARIANT";
enum { LINE_BYTES = 256, DIGITS_MAX = 15 };

const char *promoted_type_name(enum promoted_type type)
{
    return TYPE_NAMES[type];
}

static bool is_taken(const struct promoted *promoted, const char *column)
{
    for (size_t i = 0; i < promoted->count; i++) {
        if (strcasecmp(promoted->columns[i].column, column) == 0) {
            return true;
        }
    }
    return false;
}

/* A name of a property can be any text; lines of the file and names of columns cannot. */
static bool is_nameable(struct view property)
{
    if (property.len == 0 || property.len > PROMOTED_NAME_BYTES) {
        return false;
    }
    for (size_t i = 0; i < property.len; i++) {
        if ((unsigned char)property.at[i] < ' ') {
            return false;
        }
    }
    return true;
}

bool promoted_add(struct promoted *promoted, struct view property, enum promoted_type type,
                  int64_t since)
{
    size_t count = promoted->count;
    if (count == PROMOTED_MAX || !is_nameable(property) ||
        (count > 0 && since < promoted->columns[count - 1].since)) {
        return false;
    }
    struct promoted_column *made = &promoted->columns[promoted->count];
    *made = (struct promoted_column){.since = since, .type = type, .property_len = property.len};
    memcpy(made->property, property.at, property.len);
    memcpy(made->column, "p_", 2);
    for (size_t i = 0; i < property.len; i++) {
        unsigned char byte = (unsigned char)property.at[i];
        made->column[i + 2] = byte < 0x80 && isalnum(byte) ? (char)byte : '_';
    }
    if (is_taken(promoted, made->column)) {
        return false;
    }
    promoted->count++;
    return true;
}

bool promoted_add_variant(struct promoted *promoted, int64_t since)
{
    if (promoted->has_variant) {
        return false;
    }
    promoted->has_variant = true;
    promoted->variant_since = since;
    return true;
}

static bool parse_line(struct promoted *promoted, struct view line)
{
    int64_t since;
    struct view number = view_cut(&line, ' ');
    struct view type = view_cut(&line, ' ');
    struct view column = view_cut(&line, ' ');
    size_t i = 0;
    if (view_is(type, VARIANT)) {
        return view_to_int64(number, &since) && promoted_add_variant(promoted, since);
    }
    while (i < sizeof(TYPE_NAMES) / sizeof(TYPE_NAMES[0]) && !view_is(type, TYPE_NAMES[i])) {
        i++;
    }
    bool is_read = view_to_int64(number, &since) &&
                   i < sizeof(TYPE_NAMES) / sizeof(TYPE_NAMES[0]) &&
                   promoted_add(promoted, line, (enum promoted_type)i, since);
    return is_read && view_is(column, promoted->columns[promoted->count - 1].column);
}

enum status promoted_load(struct promoted *promoted, int lake_fd, struct fault *fault)
{
    struct buf text;
    buf_init(&text, (PROMOTED_MAX + 1) * LINE_BYTES);
    *promoted = (struct promoted){0};
    enum status status = file_read(lake_fd, FILE_NAME, &text, fault);
    struct view rest = buf_view(&text);
    while (status == STATUS_OK && rest.len > 0) {
        if (!parse_line(promoted, view_cut(&rest, '\n'))) {
            status = fault_set(fault, STATUS_DAMAGED,
                               "lake/%s: line %zu is no hour, type, column and property", FILE_NAME,
                               promoted->count + 1);
        }
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status promoted_save(const struct promoted *promoted, int lake_fd, struct fault *fault)
{
    struct buf text;
    buf_init(&text, (PROMOTED_MAX + 1) * LINE_BYTES);
    for (size_t i = 0; i < promoted->count; i++) {
        const struct promoted_column *column = &promoted->columns[i];
        buf_append_format(&text, "%lld %s %s %s\n", (long long)column->since,
                          TYPE_NAMES[column->type], column->column, column->property);
    }
    if (promoted->has_variant) {
        buf_append_format(&text, "%lld %s %s properties\n", (long long)promoted->variant_since,
                          VARIANT, PROMOTED_VARIANT_COLUMN);
    }
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(lake_fd, FILE_NAME, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

size_t promoted_at(const struct promoted *promoted, int64_t hour)
{
    size_t count = 0;
    while (count < promoted->count && promoted->columns[count].since <= hour) {
        count++;
    }
    return count;
}

size_t promoted_find(const struct promoted *promoted, size_t count, struct view property)
{
    size_t i = 0;
    while (i < count && !view_is(property, promoted->columns[i].property)) {
        i++;
    }
    return i;
}

/* With more digits than these a double may print as another number than was sent. */
static bool is_short(struct view number)
{
    size_t digits = 0;
    bool has_begun = false;
    for (size_t i = 0; i < number.len && number.at[i] != 'e' && number.at[i] != 'E'; i++) {
        has_begun = has_begun || (number.at[i] >= '1' && number.at[i] <= '9');
        digits += has_begun && number.at[i] >= '0' && number.at[i] <= '9';
    }
    return digits <= DIGITS_MAX;
}

bool promoted_fits(enum promoted_type type, const struct row_member *member, struct arena *arena,
                   struct promoted_value *value)
{
    struct view text = member->text;
    bool is_string = member->kind == CELL_PLAIN || member->kind == CELL_ESCAPED;
    bool is_boolean =
        member->kind == CELL_SCALAR && (view_is(text, "true") || view_is(text, "false"));
    switch (type) {
    case PROMOTED_BOOLEAN:
        value->is_true = is_boolean && text.at[0] == 't';
        return is_boolean;
    case PROMOTED_NUMBER:
        return member->kind == CELL_SCALAR && is_short(text) && row_number(text, &value->number);
    case PROMOTED_TEXT:
        value->text = text;
        return is_string ? row_text(text, member->kind, arena, &value->text) == STATUS_OK
                         : member->kind == CELL_SCALAR && !view_is(text, "null");
    }
    return false;
}
