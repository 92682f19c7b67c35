#include "lake/schema_json.h"

#include "base/clock.h"
#include "base/json.h"

static void put_text(struct buf *out, const char *name, struct view text)
{
    buf_append_format(out, ",\"%s\":", name);
    json_append_string(out, text);
}

static void put_count(struct buf *out, const char *name, uint64_t count)
{
    buf_append_format(out, ",\"%s\":%llu", name, (unsigned long long)count);
}

static void put_time(struct buf *out, const char *name, int64_t utc_ms)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(utc_ms, text);
    buf_append_format(out, ",\"%s\":\"%s\"", name, text);
}

/* Begins an object; what follows puts a comma before each member. */
static void put_key(struct buf *out, const struct schema_event_key *key)
{
    buf_append_text(out, "{\"site\":");
    json_append_string(out, key->site);
    put_text(out, "type", key->type);
    put_text(out, "name", key->name);
}

static void put_path(struct buf *out, enum schema_scope scope, struct view path)
{
    put_text(out, "of", view_from_text(schema_scope_name(scope)));
    put_text(out, "path", path);
}

static void put_types(struct buf *out, const struct schema_value *value)
{
    const char *between = "";
    buf_append_text(out, ",\"types\":{");
    for (size_t i = 0; i < SCHEMA_TYPES; i++) {
        if (value->counts[i] > 0) {
            buf_append_format(out, "%s\"%s\":%llu", between, schema_type_name((enum schema_type)i),
                              (unsigned long long)value->counts[i]);
            between = ",";
        }
    }
    buf_append_byte(out, '}');
}

static void put_sizes(struct buf *out, const char *name, uint32_t min, uint32_t max)
{
    buf_append_format(out, ",\"%s\":{\"min\":%u,\"max\":%u}", name, min, max);
}

static void put_ranges(struct buf *out, const struct schema_value *value)
{
    if (value->counts[SCHEMA_INTEGER] > 0) {
        buf_append_format(out, ",\"integer\":{\"min\":%lld,\"max\":%lld}",
                          (long long)value->integer_min, (long long)value->integer_max);
    }
    if (value->counts[SCHEMA_DOUBLE] > 0 && value->double_min <= value->double_max) {
        buf_append_format(out, ",\"double\":{\"min\":%.17g,\"max\":%.17g}", value->double_min,
                          value->double_max);
    }
    if (value->counts[SCHEMA_STRING] + value->counts[SCHEMA_TIMESTAMP] > 0) {
        put_sizes(out, "characters", value->text_min, value->text_max);
    }
    if (value->counts[SCHEMA_ARRAY] > 0) {
        put_sizes(out, "elements", value->items_min, value->items_max);
    }
}

static void put_property(struct buf *out, const struct schema_property *property)
{
    const struct schema_value *value = &property->value;
    uint64_t total = schema_value_total(value);
    uint64_t rows = property->event->rows;
    buf_append_format(out, "{\"rows\":%llu", (unsigned long long)total);
    put_path(out, property->scope, property->path);
    put_count(out, "absent", rows > total ? rows - total : 0);
    put_types(out, value);
    put_count(out, "different", schema_sketch_estimate(&value->distinct));
    buf_append_format(out, ",\"different_is\":\"%s\"",
                      value->distinct.is_cut                     ? "at least"
                      : schema_sketch_is_exact(&value->distinct) ? "exact"
                                                                 : "estimated");
    put_ranges(out, value);
    put_time(out, "first_seen", value->first_ms);
    put_time(out, "last_seen", value->last_ms);
    buf_append_byte(out, '}');
}

void schema_json_event(struct buf *out, const struct schema_event *event)
{
    put_key(out, &event->key);
    buf_append_format(out, ",\"is_rest\":%s", event->is_rest ? "true" : "false");
    put_count(out, "rows", event->rows);
    put_time(out, "first_seen", event->first_ms);
    put_time(out, "last_seen", event->last_ms);
    put_count(out, "other_values", event->other_values);
    buf_append_text(out, ",\"properties\":[");
    for (const struct schema_property *one = event->properties; one; one = one->next) {
        buf_append_text(out, one == event->properties ? "" : ",");
        put_property(out, one);
    }
    buf_append_text(out, "]}");
}

void schema_json_totals(struct buf *out, const struct schema_stats *stats)
{
    struct schema_totals totals = schema_stats_totals(stats);
    buf_append_format(out, "\"rows\":%llu,\"unreadable\":%llu", (unsigned long long)totals.rows,
                      (unsigned long long)totals.unreadable);
}

/* What was known on one side. */
static void put_side(struct buf *out, const char *name, const struct schema_event *event,
                     const struct schema_property *property)
{
    if (!event) {
        return;
    }
    buf_append_format(out, ",\"%s\":{\"rows\":%llu", name, (unsigned long long)event->rows);
    if (property) {
        put_count(out, "values", schema_value_total(&property->value));
        put_types(out, &property->value);
    }
    put_time(out, "first_seen", property ? property->value.first_ms : event->first_ms);
    put_time(out, "last_seen", property ? property->value.last_ms : event->last_ms);
    buf_append_byte(out, '}');
}

static void put_slip(struct buf *out, struct view slip_of)
{
    if (slip_of.len > 0) {
        put_text(out, "slip_of", slip_of);
    }
}

void schema_json_change(struct buf *out, const struct schema_change *change)
{
    const struct schema_property *property = change->is ? change->is : change->was;
    put_key(out, change->since ? &change->since->key : &change->before->key);
    put_text(out, "change", view_from_text(schema_change_name(change->kind)));
    if (property) {
        put_path(out, property->scope, property->path);
    }
    put_side(out, "before", change->before, change->was);
    put_side(out, "since", change->since, change->is);
    put_slip(out, change->slip_of);
    buf_append_byte(out, '}');
}

void schema_json_finding(struct buf *out, const struct schema_finding *finding)
{
    put_key(out, &finding->key);
    if (finding->has_path) {
        put_path(out, finding->scope, finding->path);
    }
    put_text(out, "finding", view_from_text(finding->sentence));
    put_slip(out, finding->slip_of);
    buf_append_byte(out, '}');
}
