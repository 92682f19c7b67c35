#include "lake/schema_print.h"

#include "base/clock.h"

enum { CELL_BYTES = 1024, NAME_WIDTH_MAX = 40, TYPES_WIDTH_MAX = 40, MINUTE_BYTES = 16 };

/* Without what a terminal would obey: C0, DEL, and C1 (in UTF-8 0xC2 0x80 to 0x9F). */
static void put_name(struct buf *out, struct view name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        bool is_c1 = c == 0xC2 && i + 1 < name.len && (unsigned char)name.at[i + 1] < 0xA0;
        bool is_control = c < 0x20 || c == 0x7F || is_c1;
        buf_append_byte(out, is_control ? '?' : name.at[i]);
        i += is_c1;
    }
}

static size_t width_of(struct view text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++) {
        width += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    }
    return width;
}

static void pad(struct buf *out, size_t width, size_t to)
{
    for (; width < to; width++) {
        buf_append_byte(out, ' ');
    }
}

/* "2026-11-24 02:03" */
static void put_minute(struct buf *out, int64_t utc_ms)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(utc_ms, text);
    text[10] = ' ';
    buf_append(out, text, MINUTE_BYTES);
}

/* In per cent: one digit behind the point where it is not all or nothing. */
static void put_share(struct buf *out, uint64_t part, uint64_t all)
{
    if (part == all || part == 0) {
        buf_append_text(out, part > 0 ? "100 %" : "0 %");
        return;
    }
    double percent = 100 * (double)part / (double)all;
    if (percent < 0.1) {
        buf_append_text(out, "<0.1 %");
    } else if (percent > 99.9) {
        buf_append_text(out, ">99.9 %");
    } else {
        buf_append_format(out, percent < 10 || percent > 90 ? "%.1f %%" : "%.0f %%", percent);
    }
}

/* The next type in falling order of counts; SCHEMA_TYPES behind the last. */
static enum schema_type next_type(const struct schema_value *value, unsigned *told)
{
    enum schema_type best = SCHEMA_TYPES;
    for (unsigned i = 0; i < SCHEMA_TYPES; i++) {
        bool is_left = value->counts[i] > 0 && !(*told & (1U << i));
        if (is_left && (best == SCHEMA_TYPES || value->counts[i] > value->counts[best])) {
            best = (enum schema_type)i;
        }
    }
    *told |= best < SCHEMA_TYPES ? 1U << best : 0;
    return best;
}

void schema_print_types(struct buf *out, const struct schema_value *value)
{
    uint64_t all = schema_value_total(value);
    unsigned told = 0;
    enum schema_type type = next_type(value, &told);
    bool is_alone = type < SCHEMA_TYPES && value->counts[type] == all;
    for (bool is_first = true; type < SCHEMA_TYPES; type = next_type(value, &told)) {
        buf_append_text(out, is_first ? "" : ", ");
        buf_append_text(out, schema_type_name(type));
        if (!is_alone) {
            buf_append_byte(out, ' ');
            put_share(out, value->counts[type], all);
        }
        is_first = false;
    }
}

static void put_ranges(struct buf *out, const struct schema_value *value)
{
    const char *between = "";
    if (value->counts[SCHEMA_INTEGER] > 0) {
        buf_append_format(out, "%lld to %lld", (long long)value->integer_min,
                          (long long)value->integer_max);
        between = "; ";
    }
    if (value->counts[SCHEMA_DOUBLE] > 0 && value->double_min <= value->double_max) {
        buf_append_format(out, "%s%.15g to %.15g", between, value->double_min, value->double_max);
        between = "; ";
    }
    if (value->counts[SCHEMA_STRING] > 0) {
        buf_append_format(out, "%s%u to %u characters", between, value->text_min, value->text_max);
        between = "; ";
    }
    if (value->counts[SCHEMA_ARRAY] > 0) {
        buf_append_format(out, "%s%u to %u elements", between, value->items_min, value->items_max);
    }
}

static void put_distinct(struct buf *out, const struct schema_value *value)
{
    const struct schema_sketch *sketch = &value->distinct;
    const char *mark = sketch->is_cut ? ">=" : schema_sketch_is_exact(sketch) ? "" : "~";
    buf_append_format(out, "%s%llu", mark, (unsigned long long)schema_sketch_estimate(sketch));
}

/* A line in the making: cells that are padded to their columns. */
struct line {
    struct buf *out;
    struct buf cell;
    char bytes[CELL_BYTES];
};

static void begin_cell(struct line *line)
{
    buf_init_over(&line->cell, line->bytes, sizeof(line->bytes));
}

static void end_cell(struct line *line, size_t width)
{
    struct view text = buf_view(&line->cell);
    buf_append_view(line->out, text);
    pad(line->out, width_of(text), width);
    buf_append_text(line->out, "  ");
}

static void put_path(struct buf *out, enum schema_scope scope, struct view path)
{
    if (scope != SCHEMA_OF_EVENT) {
        buf_append_format(out, "%s.", schema_scope_name(scope));
    }
    put_name(out, path);
}

struct widths {
    size_t name;
    size_t types;
};

static void widen(size_t *width, struct line *line, size_t most)
{
    size_t wanted = width_of(buf_view(&line->cell));
    wanted = wanted < most ? wanted : most;
    *width = wanted > *width ? wanted : *width;
}

static struct widths measure(const struct schema_event *event)
{
    struct widths widths = {.name = 8, .types = 5};
    struct line line = {0};
    for (const struct schema_property *one = event->properties; one; one = one->next) {
        begin_cell(&line);
        put_path(&line.cell, one->scope, one->path);
        widen(&widths.name, &line, NAME_WIDTH_MAX);
        begin_cell(&line);
        schema_print_types(&line.cell, &one->value);
        widen(&widths.types, &line, TYPES_WIDTH_MAX);
    }
    return widths;
}

static void put_property(struct buf *out, const struct schema_property *property,
                         const struct widths *widths)
{
    struct line line = {.out = out};
    const struct schema_value *value = &property->value;
    buf_append_text(out, "    ");
    begin_cell(&line);
    put_path(&line.cell, property->scope, property->path);
    end_cell(&line, widths->name);
    begin_cell(&line);
    schema_print_types(&line.cell, value);
    end_cell(&line, widths->types);
    begin_cell(&line);
    put_share(&line.cell, schema_value_total(value) - value->counts[SCHEMA_NULL],
              property->event->rows);
    end_cell(&line, 7);
    begin_cell(&line);
    put_distinct(&line.cell, value);
    end_cell(&line, 9);
    put_ranges(out, value);
    while (out->len > 0 && out->at[out->len - 1] == ' ') {
        buf_truncate(out, out->len - 1);
    }
    buf_append_byte(out, '\n');
}

static void put_key(struct buf *out, const struct schema_event_key *key)
{
    const struct view texts[] = {key->site, key->type, key->name};
    const char *between = "";
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].len > 0) {
            buf_append_text(out, between);
            put_name(out, texts[i]);
            between = " ";
        }
    }
}

void schema_print_event(struct buf *out, const struct schema_event *event)
{
    if (event->is_rest) {
        buf_append_text(out, "all other events, more than can be kept apart");
    } else {
        put_key(out, &event->key);
    }
    buf_append_format(out, "\n    %llu rows, ", (unsigned long long)event->rows);
    put_minute(out, event->first_ms);
    buf_append_text(out, " to ");
    put_minute(out, event->last_ms);
    if (event->other_values > 0) {
        buf_append_format(out, "; %llu values of more properties than can be kept apart",
                          (unsigned long long)event->other_values);
    }
    buf_append_byte(out, '\n');
    if (event->properties) {
        struct widths widths = measure(event);
        buf_append_format(out, "    %-*s  %-*s  %-7s  %-9s  %s\n", (int)widths.name, "property",
                          (int)widths.types, "types", "filled", "different", "from, to");
        for (const struct schema_property *one = event->properties; one; one = one->next) {
            put_property(out, one, &widths);
        }
    }
    buf_append_byte(out, '\n');
}

void schema_print_totals(struct buf *out, const struct schema_stats *stats)
{
    struct schema_totals totals = schema_stats_totals(stats);
    buf_append_format(out, "%llu rows, %u events, %u properties", (unsigned long long)totals.rows,
                      totals.events, totals.properties);
    if (totals.unreadable > 0) {
        buf_append_format(out, "; %llu rows could not be looked at",
                          (unsigned long long)totals.unreadable);
    }
    buf_append_byte(out, '\n');
}

static void put_slip(struct buf *out, struct view slip_of)
{
    if (slip_of.len > 0) {
        buf_append_text(out, "; a slip of ");
        put_name(out, slip_of);
        buf_append_text(out, "?");
    }
}

/* "string, in 12 of 300 rows" */
static void put_presence(struct buf *out, const struct schema_property *property)
{
    schema_print_types(out, &property->value);
    buf_append_format(out, ", in %llu of %llu rows",
                      (unsigned long long)schema_value_total(&property->value),
                      (unsigned long long)property->event->rows);
}

static void put_what_changed(struct buf *out, const struct schema_change *change)
{
    switch (change->kind) {
    case SCHEMA_NEW_EVENT:
        buf_append_format(out, "%llu rows since ", (unsigned long long)change->since->rows);
        put_minute(out, change->since->first_ms);
        break;
    case SCHEMA_GONE_EVENT:
        buf_append_format(out, "%llu rows before, the last ",
                          (unsigned long long)change->before->rows);
        put_minute(out, change->before->last_ms);
        break;
    case SCHEMA_NEW_PROPERTY:
        put_presence(out, change->is);
        break;
    case SCHEMA_GONE_PROPERTY:
        put_presence(out, change->was);
        buf_append_text(out, " before, the last ");
        put_minute(out, change->was->value.last_ms);
        break;
    case SCHEMA_TYPE_CHANGED:
        buf_append_text(out, "before: ");
        schema_print_types(out, &change->was->value);
        buf_append_text(out, "; since: ");
        schema_print_types(out, &change->is->value);
        break;
    }
}

void schema_print_change(struct buf *out, const struct schema_change *change)
{
    const struct schema_property *property = change->is ? change->is : change->was;
    buf_append_format(out, "%-13s  ", schema_change_name(change->kind));
    put_key(out, change->since ? &change->since->key : &change->before->key);
    if (property) {
        buf_append_text(out, ", ");
        put_path(out, property->scope, property->path);
    }
    buf_append_text(out, ": ");
    put_what_changed(out, change);
    put_slip(out, change->slip_of);
    buf_append_byte(out, '\n');
}

void schema_print_finding(struct buf *out, const struct schema_finding *finding)
{
    put_key(out, &finding->key);
    if (finding->has_path) {
        buf_append_text(out, ", ");
        put_path(out, finding->scope, finding->path);
    }
    buf_append_text(out, finding->key.type.len > 0 ? ": " : "");
    buf_append_text(out, finding->sentence);
    put_slip(out, finding->slip_of);
    buf_append_byte(out, '\n');
}
