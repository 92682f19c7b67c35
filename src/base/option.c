#include "base/option.h"

#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

enum { NEAR = 2, WORD_MAX = 32, NAME_BYTES = 64 };
static const char UNSET[] = "default"; /* the origin of what nobody set */

void option_set_init(struct option_set *set, const struct option_row *rows, size_t count,
                     void *values, struct arena *arena)
{
    *set = (struct option_set){.rows = rows, .count = count, .values = values, .arena = arena};
}

static const char *copy_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, view_make(text, strlen(text) + 1)).at;
}

/* A whole number and the unit behind it. */
struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit SIZE_UNITS[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KB", 1000},
    {"KiB", 1024},
    {"MB", 1000000},
    {"MiB", 1 << 20},
    {"GB", 1000000000},
    {"GiB", 1 << 30},
    {"TB", 1000000000000},
    {"TiB", 1LL << 40},
};
static const struct unit DURATION_UNITS[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};
static const struct unit NUMBER_UNITS[] = {{"", 1}};

static bool read_number(struct view text, const struct unit *units, size_t count, int64_t *value)
{
    size_t digits = 0;
    while (digits < text.len && isdigit((unsigned char)text.at[digits])) {
        digits++;
    }
    int64_t number;
    if (!view_to_int64(view_part(text, 0, digits), &number)) {
        return false;
    }
    struct view unit = view_trim(view_part(text, digits, text.len));
    for (size_t i = 0; i < count; i++) {
        if (view_is(unit, units[i].name)) {
            return !__builtin_mul_overflow(number, units[i].factor, value);
        }
    }
    return false;
}

static bool is_address(struct view text)
{
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':') {
        colon--;
    }
    uint64_t port;
    struct view host = view_part(text, 0, colon > 0 ? colon - 1 : 0);
    bool is_bracketed = view_starts_with(host, "[") && view_ends_with(host, "]");
    return colon > 0 && host.len > 0 && host.len < 256 &&
           view_to_uint64(view_part(text, colon, text.len), &port) && port <= 65535 &&
           (is_bracketed || view_find(host, ':') == host.len);
}

static bool is_choice(struct view text, const char *choices)
{
    struct view rest = view_from_text(choices);
    while (rest.len > 0) {
        if (view_equal(view_cut(&rest, '|'), text)) {
            return true;
        }
    }
    return false;
}

static bool is_bounded(const struct option_row *row)
{
    return row->min != 0 || row->max != 0;
}

static const char *allowed(const struct option_row *row, char text[160])
{
    static const char *const WORDS[] = {
        [OPTION_TEXT] = "any text",
        [OPTION_NUMBER] = "a whole number",
        [OPTION_SIZE] = "a size like 500kB, 64MiB or 2GB",
        [OPTION_DURATION] = "a duration like 500ms, 10s, 5m, 2h or 8d",
        [OPTION_SWITCH] = "true or false",
        [OPTION_ADDRESS] = "HOST:PORT with an IPv4 address, an [IPv6] address or * as host",
        [OPTION_CHOICE] = "one of ",
    };
    if (row->type == OPTION_CHOICE) {
        snprintf(text, 160, "%s%s", WORDS[row->type], row->choices);
    } else if (row->type == OPTION_NUMBER && is_bounded(row)) {
        snprintf(text, 160, "%s from %lld to %lld", WORDS[row->type], (long long)row->min,
                 (long long)row->max);
    } else {
        snprintf(text, 160, "%s", WORDS[row->type]);
    }
    return text;
}

static bool store_number(const struct option_row *row, struct view text, void *field)
{
    const struct unit *units = NUMBER_UNITS;
    size_t count = 1;
    if (row->type == OPTION_SIZE) {
        units = SIZE_UNITS;
        count = sizeof(SIZE_UNITS) / sizeof(SIZE_UNITS[0]);
    } else if (row->type == OPTION_DURATION) {
        units = DURATION_UNITS;
        count = sizeof(DURATION_UNITS) / sizeof(DURATION_UNITS[0]);
    }
    int64_t value;
    bool is_good = read_number(text, units, count, &value) &&
                   (!is_bounded(row) || (value >= row->min && value <= row->max));
    if (is_good) {
        memcpy(field, &value, sizeof(value));
    }
    return is_good;
}

/* True when the text is allowed and stands in the field now. */
static bool store(struct option_set *set, const struct option_row *row, const char *kept)
{
    void *field = (char *)set->values + row->offset;
    struct view text = view_from_text(kept);
    bool is_on = view_is(text, "true");
    bool is_good = false;
    switch (row->type) {
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        return store_number(row, text, field);
    case OPTION_SWITCH:
        is_good = is_on || view_is(text, "false");
        memcpy(field, &is_on, is_good ? sizeof(is_on) : 0);
        return is_good;
    case OPTION_ADDRESS:
        is_good = is_address(text);
        break;
    case OPTION_CHOICE:
        is_good = is_choice(text, row->choices);
        break;
    case OPTION_TEXT:
        is_good = true;
        break;
    }
    if (is_good) {
        memcpy(field, &kept, sizeof(kept));
    }
    return is_good;
}

static enum status set_value(struct option_set *set, size_t index, const char *text,
                             const char *origin, struct fault *fault)
{
    const struct option_row *row = &set->rows[index];
    char words[160];
    const char *kept = copy_text(set->arena, text);
    if (!kept) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the option %s", row->name);
    }
    if (!store(set, row, kept)) {
        return fault_set(fault, STATUS_BAD_INPUT, "%s: %s must be %s, not \"%.60s\"", origin,
                         row->name, allowed(row, words), text);
    }
    set->texts[index] = kept;
    snprintf(set->origins[index], OPTION_ORIGIN_BYTES, "%s", origin);
    return STATUS_OK;
}

static size_t find_row(const struct option_set *set, struct view name, unsigned uses)
{
    for (size_t i = 0; i < set->count; i++) {
        if ((set->rows[i].uses & uses) && view_is(name, set->rows[i].name)) {
            return i;
        }
    }
    return set->count;
}

/* Of several rows of one name (of different commands) those that the value fits take it; one must.
 */
static enum status set_all(struct option_set *set, size_t first, const char *text,
                           const char *origin, struct fault *fault)
{
    enum status status = set_value(set, first, text, origin, fault);
    for (size_t i = first + 1; i < set->count; i++) {
        if (strcmp(set->rows[i].name, set->rows[first].name) == 0 &&
            set_value(set, i, text, origin, NULL) == STATUS_OK) {
            status = STATUS_OK;
        }
    }
    return status;
}

unsigned option_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    unsigned row[WORD_MAX + 1];
    if (a_len > WORD_MAX || b_len > WORD_MAX) {
        return 99;
    }
    for (unsigned k = 0; k <= b_len; k++) {
        row[k] = k;
    }
    for (size_t i = 1; i <= a_len; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= b_len; k++) {
            unsigned best = corner + (a[i - 1] != b[k - 1]);
            best = row[k] + 1 < best ? row[k] + 1 : best;
            best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
            corner = row[k];
            row[k] = best;
        }
    }
    return row[b_len];
}

static enum status unknown(const struct option_set *set, const char *name, unsigned uses,
                           const char *where, struct fault *fault)
{
    const char *nearest = NULL;
    unsigned best = NEAR + 1;
    for (size_t i = 0; i < set->count; i++) {
        unsigned distance = option_distance(name, set->rows[i].name);
        if ((set->rows[i].uses & uses) && distance < best) {
            best = distance;
            nearest = set->rows[i].name;
        }
    }
    if (nearest) {
        return fault_set(fault, STATUS_BAD_INPUT, "%s: there is no option %.40s; did you mean %s?",
                         where, name, nearest);
    }
    return fault_set(fault, STATUS_BAD_INPUT,
                     "%s: there is no option %.40s here; --help lists those there are", where,
                     name);
}

enum status option_set_defaults(struct option_set *set, struct fault *fault)
{
    for (size_t i = 0; i < set->count; i++) {
        enum status status = set_value(set, i, set->rows[i].default_text, UNSET, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

bool option_is_unset(const struct option_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->rows[i].name, name) == 0 && strcmp(set->origins[i], UNSET) != 0) {
            return false;
        }
    }
    return true;
}

enum status option_set_unset(struct option_set *set, const char *name, const char *text,
                             const char *origin, struct fault *fault)
{
    size_t found = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->rows[i].name, name) != 0) {
            continue;
        }
        found++;
        enum status status = strcmp(set->origins[i], UNSET) == 0
                                 ? set_value(set, i, text, origin, fault)
                                 : STATUS_OK;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return found > 0 ? STATUS_OK
                     : fault_set(fault, STATUS_NOT_FOUND, "there is no option %.40s", name);
}

/* What the file reader calls back with. */
struct file_reading {
    struct option_set *set;
    const char *path;
    int line;
    enum status status;
    struct fault *fault;
};

static int on_file_value(void *self, const char *section, const char *name, const char *value)
{
    struct file_reading *reading = self;
    char where[OPTION_ORIGIN_BYTES];
    struct option_set *set = reading->set;
    if (reading->status != STATUS_OK) {
        return 0;
    }
    if (strchr(section, ' ')) {
        reading->status = set->on_section ? set->on_section(set->section_self, section, name, value,
                                                            reading->fault)
                                          : STATUS_OK;
        return reading->status == STATUS_OK;
    }
    snprintf(where, sizeof(where), "file %s", reading->path);
    size_t index = find_row(reading->set, view_from_text(name), ~0U);
    reading->status = index < reading->set->count
                          ? set_all(reading->set, index, value, where, reading->fault)
                          : unknown(reading->set, name, ~0U, where, reading->fault);
    return reading->status == STATUS_OK;
}

enum status option_read_file(struct option_set *set, const char *path, struct view text,
                             struct fault *fault)
{
    struct file_reading reading = {.set = set, .path = path, .fault = fault};
    char *whole = arena_alloc(set->arena, text.len + 1);
    if (!whole) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read %s", path);
    }
    memcpy(whole, text.at ? text.at : "", text.len);
    whole[text.len] = 0;
    int line = ini_parse_string(whole, on_file_value, &reading);
    if (reading.status != STATUS_OK && fault) {
        char sentence[sizeof(fault->text)];
        memcpy(sentence, fault->text, sizeof(sentence));
        return fault_set(fault, reading.status, "line %d of %s", line, sentence);
    }
    if (line != 0) {
        return fault_set(fault, STATUS_BAD_INPUT, "file %s, line %d: a line must be name = value",
                         path, line);
    }
    return STATUS_OK;
}

/* "PIPES_LAKE_ROLL" for "lake-roll". */
static void environment_name(const char *option, char name[NAME_BYTES])
{
    size_t len = (size_t)snprintf(name, NAME_BYTES, "PIPES_%s", option);
    for (size_t i = 0; i < len && i < NAME_BYTES; i++) {
        name[i] = name[i] == '-' || name[i] == '.' ? '_' : (char)toupper((unsigned char)name[i]);
    }
}

enum status option_read_environment(struct option_set *set, char *const *environment,
                                    struct fault *fault)
{
    for (size_t i = 0; i < set->count; i++) {
        char name[NAME_BYTES];
        char origin[OPTION_ORIGIN_BYTES];
        environment_name(set->rows[i].name, name);
        size_t len = strlen(name);
        snprintf(origin, sizeof(origin), "environment %s", name);
        for (char *const *entry = environment; entry && *entry; entry++) {
            bool is_it = strncmp(*entry, name, len) == 0 && (*entry)[len] == '=';
            /* Another row of that name comes before. */
            if (!is_it || find_row(set, view_from_text(set->rows[i].name), ~0U) != i) {
                continue;
            }
            enum status status = set_all(set, i, *entry + len + 1, origin, fault);
            if (status != STATUS_OK) {
                return status;
            }
        }
    }
    return STATUS_OK;
}

/* One flag; *at moves on when its value is the next word. */
static enum status read_flag(struct option_set *set, unsigned uses, int count, char *const *words,
                             int *at, struct fault *fault)
{
    const char *word = words[*at] + 2;
    char name[NAME_BYTES];
    size_t len = strcspn(word, "=");
    snprintf(name, sizeof(name), "%.*s", (int)(len < NAME_BYTES ? len : NAME_BYTES - 1), word);
    size_t index = find_row(set, view_make(word, len), uses);
    if (index == set->count) {
        return unknown(set, name, uses, "command line", fault);
    }
    char origin[OPTION_ORIGIN_BYTES];
    snprintf(origin, sizeof(origin), "flag --%s", set->rows[index].name);
    const char *value = word[len] == '=' ? word + len + 1 : NULL;
    if (!value && set->rows[index].type == OPTION_SWITCH) {
        value = "true";
    } else if (!value && *at + 1 < count) {
        value = words[++*at];
    }
    if (!value) {
        return fault_set(fault, STATUS_BAD_INPUT, "the flag --%s needs a value", name);
    }
    return set_value(set, index, value, origin, fault);
}

enum status option_read_flags(struct option_set *set, unsigned uses, int count, char *const *words,
                              struct fault *fault)
{
    bool is_over = false;
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (!is_over && strcmp(word, "--") == 0) {
            is_over = true;
        } else if (!is_over && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            set->wants_help = true;
        } else if (!is_over && strncmp(word, "--", 2) == 0) {
            enum status status = read_flag(set, uses, count, words, &i, fault);
            if (status != STATUS_OK) {
                return status;
            }
        } else if (set->positional_count < OPTION_POSITIONALS_MAX) {
            set->positionals[set->positional_count++] = word;
        } else {
            return fault_set(fault, STATUS_TOO_BIG, "at most %d words behind a command",
                             OPTION_POSITIONALS_MAX);
        }
    }
    return STATUS_OK;
}

const char *option_value_word(const struct option_row *row)
{
    static const char *const WORDS[] = {
        [OPTION_TEXT] = "TEXT",     [OPTION_NUMBER] = "N", [OPTION_SIZE] = "SIZE",
        [OPTION_DURATION] = "TIME", [OPTION_SWITCH] = "",  [OPTION_ADDRESS] = "HOST:PORT",
        [OPTION_CHOICE] = "",
    };
    if (row->value) {
        return row->value;
    }
    return row->type == OPTION_CHOICE ? row->choices : WORDS[row->type];
}

enum status option_append_help(struct buf *out, const struct option_row *rows, size_t count,
                               unsigned uses)
{
    for (size_t i = 0; i < count; i++) {
        if (!(rows[i].uses & uses)) {
            continue;
        }
        buf_append_format(out, "  --%s %s\n        %s", rows[i].name, option_value_word(&rows[i]),
                          rows[i].help);
        if (rows[i].default_text[0]) {
            buf_append_format(out, " (default %s)", rows[i].default_text);
        }
        buf_append_byte(out, '\n');
    }
    return buf_status(out);
}

enum status option_append_values(struct buf *out, const struct option_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        buf_append_format(out, "%-18s %-22s # %s; %s\n", set->rows[i].name,
                          set->texts[i] && set->texts[i][0] ? set->texts[i] : "\"\"",
                          set->origins[i], set->rows[i].help);
    }
    return buf_status(out);
}
