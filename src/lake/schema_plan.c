#include "lake/schema_plan.h"

#include <stdio.h>

enum { PLACE_BYTES = 200, ALL_TYPES = (1 << SCHEMA_TYPES) - 1, PLAN_VERSION = 1 };

static const char TYPES_ALLOWED[] = "any, null, boolean, integer, number, timestamp, string, "
                                    "array, object";

/* What every step needs; place says where we are, for sentences. */
struct reading {
    const struct json *doc;
    struct arena *arena;
    struct fault *fault;
    uint64_t seed;
    char place[PLACE_BYTES];
};

static enum status wrong(const struct reading *reading, const char *what, const char *allowed)
{
    return fault_set(reading->fault, STATUS_BAD_INPUT, "%s: %s; allowed: %s", reading->place, what,
                     allowed);
}

static enum status no_memory(const struct reading *reading)
{
    return fault_set(reading->fault, STATUS_NO_MEMORY, "no memory for the tracking plan");
}

static enum status text_of(struct reading *reading, json_value value, struct view *text)
{
    enum status status = json_text(reading->doc, value, reading->arena, text);
    return status == STATUS_BAD_INPUT ? wrong(reading, "this is no text", "a JSON string") : status;
}

/* One of the keys an object may have, and who reads it. */
struct field {
    const char *name;
    enum status (*read)(struct reading *reading, json_value value, void *to);
};

static void list_names(const struct field *fields, char *text, size_t room)
{
    size_t len = 0;
    text[0] = 0;
    for (size_t i = 0; fields[i].name && len < room; i++) {
        int more = snprintf(text + len, room - len, "%s%s", i > 0 ? ", " : "", fields[i].name);
        len += more > 0 ? (size_t)more : 0;
    }
}

static enum status read_field(struct reading *reading, const struct field *fields, json_value key,
                              void *to)
{
    char names[PLACE_BYTES];
    char what[PLACE_BYTES];
    for (size_t i = 0; fields[i].name; i++) {
        if (json_text_is(reading->doc, key, view_from_text(fields[i].name))) {
            return fields[i].read(reading, json_key_value(reading->doc, key), to);
        }
    }
    list_names(fields, names, sizeof(names));
    snprintf(what, sizeof(what), "%.*s is not understood",
             VIEW_ARG(view_part(json_raw(reading->doc, key), 0, 80)));
    return wrong(reading, what, names);
}

static enum status read_object(struct reading *reading, const struct field *fields,
                               json_value object, void *to)
{
    if (json_kind(reading->doc, object) != JSON_OBJECT) {
        return wrong(reading, "this must be an object", "{...}");
    }
    enum status status = STATUS_OK;
    json_value key = json_first(reading->doc, object);
    for (; status == STATUS_OK && json_has(reading->doc, key); key = json_next(reading->doc, key)) {
        status = read_field(reading, fields, key, to);
    }
    return status;
}

static enum status read_switch(struct reading *reading, json_value value, bool *to)
{
    enum json_kind kind = json_kind(reading->doc, value);
    *to = kind == JSON_TRUE;
    return kind == JSON_TRUE || kind == JSON_FALSE
               ? STATUS_OK
               : wrong(reading, "a switch is neither on nor off", "true, false");
}

static enum status read_number(struct reading *reading, json_value value, double *to)
{
    return json_to_double(reading->doc, value, to) ? STATUS_OK
                                                   : wrong(reading, "this is no number", "numbers");
}

static enum status add_type(struct reading *reading, json_value value, unsigned *types)
{
    struct view name = {0};
    enum status status = text_of(reading, value, &name);
    if (status != STATUS_OK) {
        return status;
    }
    enum schema_type type = schema_type_find(name);
    if (view_is(name, "any")) {
        *types |= ALL_TYPES;
    } else if (view_is(name, "number")) {
        *types |= 1U << SCHEMA_INTEGER | 1U << SCHEMA_DOUBLE;
    } else if (view_is(name, "string")) { /* one that looks like a time is still one */
        *types |= 1U << SCHEMA_STRING | 1U << SCHEMA_TIMESTAMP;
    } else if (type < SCHEMA_TYPES && type != SCHEMA_DOUBLE) {
        *types |= 1U << type;
    } else {
        return wrong(reading, "there is no such type", TYPES_ALLOWED);
    }
    return STATUS_OK;
}

static enum status rule_type(struct reading *reading, json_value value, void *to)
{
    struct schema_rule *rule = to;
    rule->types = 0;
    if (json_kind(reading->doc, value) != JSON_ARRAY) {
        return add_type(reading, value, &rule->types);
    }
    enum status status = STATUS_OK;
    json_value one = json_first(reading->doc, value);
    for (; status == STATUS_OK && json_has(reading->doc, one); one = json_next(reading->doc, one)) {
        status = add_type(reading, one, &rule->types);
    }
    return status == STATUS_OK && rule->types == 0 ? wrong(reading, "no type", TYPES_ALLOWED)
                                                   : status;
}

static enum status rule_required(struct reading *reading, json_value value, void *to)
{
    return read_switch(reading, value, &((struct schema_rule *)to)->is_required);
}

static enum status rule_min(struct reading *reading, json_value value, void *to)
{
    struct schema_rule *rule = to;
    rule->has_min = true;
    return read_number(reading, value, &rule->min);
}

static enum status rule_max(struct reading *reading, json_value value, void *to)
{
    struct schema_rule *rule = to;
    rule->has_max = true;
    return read_number(reading, value, &rule->max);
}

static enum status rule_longest(struct reading *reading, json_value value, void *to)
{
    struct schema_rule *rule = to;
    rule->has_longest = true;
    return read_number(reading, value, &rule->longest);
}

static size_t count_of(const struct json *doc, json_value container)
{
    size_t count = 0;
    json_value one = json_first(doc, container);
    for (; json_has(doc, one); one = json_next(doc, one)) {
        count++;
    }
    return count;
}

static enum status rule_values(struct reading *reading, json_value value, void *to)
{
    struct schema_rule *rule = to;
    size_t count = count_of(reading->doc, value);
    if (json_kind(reading->doc, value) != JSON_ARRAY || count == 0 || count > SCHEMA_SKETCH_EXACT) {
        return wrong(reading, "values are not a list that can be checked",
                     "an array of 1 to 64 strings, numbers, true or false");
    }
    uint64_t *hashes = arena_alloc(reading->arena, count * sizeof(*hashes));
    if (!hashes) {
        return no_memory(reading);
    }
    json_value one = json_first(reading->doc, value);
    for (size_t i = 0; i < count; i++, one = json_next(reading->doc, one)) {
        enum json_kind kind = json_kind(reading->doc, one);
        if (kind == JSON_OBJECT || kind == JSON_ARRAY || kind == JSON_NULL) {
            return wrong(reading, "a value cannot be checked", "strings, numbers, true, false");
        }
        hashes[i] = schema_value_hash(&(struct schema_fed){
            .doc = reading->doc, .value = one, .seed = reading->seed, .arena = reading->arena});
    }
    rule->has_values = true;
    rule->values = hashes;
    rule->value_count = count;
    return STATUS_OK;
}

static enum status ignore(struct reading *reading, json_value value, void *to)
{
    (void)to;
    struct view text;
    return text_of(reading, value, &text);
}

static const struct field RULE_FIELDS[] = {
    {"type", rule_type}, {"required", rule_required}, {"values", rule_values}, {"min", rule_min},
    {"max", rule_max},   {"longest", rule_longest},   {"about", ignore},       {0},
};

static enum status read_rule(struct reading *reading, json_value key, struct schema_rule *rule)
{
    char outside[PLACE_BYTES];
    memcpy(outside, reading->place, sizeof(outside));
    enum status status = text_of(reading, key, &rule->path);
    if (status != STATUS_OK) {
        return status;
    }
    snprintf(reading->place, sizeof(reading->place), "%.120s, property %.*s", outside,
             VIEW_ARG(view_part(rule->path, 0, 60)));
    rule->types = ALL_TYPES & ~(1U << SCHEMA_NULL);
    status = read_object(reading, RULE_FIELDS, json_key_value(reading->doc, key), rule);
    memcpy(reading->place, outside, sizeof(outside));
    return status;
}

/* Whether the plan names something below the path. */
static bool is_parent(const struct schema_planned *planned, const struct schema_rule *rule)
{
    for (size_t i = 0; i < planned->rule_count; i++) {
        const struct schema_rule *other = &planned->rules[i];
        if (other->scope == rule->scope && other->path.len > rule->path.len &&
            other->path.at[rule->path.len] == '.' &&
            view_equal(view_part(other->path, 0, rule->path.len), rule->path)) {
            return true;
        }
    }
    return false;
}

static enum status read_rules(struct reading *reading, json_value value, enum schema_scope scope,
                              struct schema_planned *planned)
{
    if (json_kind(reading->doc, value) != JSON_OBJECT) {
        return wrong(reading, "properties must be an object", "{\"NAME\": {\"type\": ...}, ...}");
    }
    size_t count = count_of(reading->doc, value);
    struct schema_rule *rules =
        arena_alloc_zeroed(reading->arena, planned->rule_count + count + 1, sizeof(*rules));
    if (!rules) {
        return no_memory(reading);
    }
    if (planned->rule_count > 0) {
        memcpy(rules, planned->rules, planned->rule_count * sizeof(*rules));
    }
    planned->rules = rules;
    enum status status = STATUS_OK;
    json_value key = json_first(reading->doc, value);
    for (; status == STATUS_OK && json_has(reading->doc, key); key = json_next(reading->doc, key)) {
        struct schema_rule *rule = &rules[planned->rule_count++];
        rule->scope = scope;
        status = read_rule(reading, key, rule);
    }
    return status;
}

static enum status event_site(struct reading *reading, json_value value, void *to)
{
    return text_of(reading, value, &((struct schema_planned *)to)->key.site);
}

static enum status event_type(struct reading *reading, json_value value, void *to)
{
    return text_of(reading, value, &((struct schema_planned *)to)->key.type);
}

static enum status event_name(struct reading *reading, json_value value, void *to)
{
    return text_of(reading, value, &((struct schema_planned *)to)->key.name);
}

static enum status event_required(struct reading *reading, json_value value, void *to)
{
    return read_switch(reading, value, &((struct schema_planned *)to)->is_required);
}

static enum status event_others(struct reading *reading, json_value value, void *to)
{
    return read_switch(reading, value, &((struct schema_planned *)to)->allows_others);
}

static enum status event_properties(struct reading *reading, json_value value, void *to)
{
    return read_rules(reading, value, SCHEMA_OF_EVENT, to);
}

static enum status event_user_properties(struct reading *reading, json_value value, void *to)
{
    return read_rules(reading, value, SCHEMA_OF_USER, to);
}

static const struct field EVENT_FIELDS[] = {
    {"type", event_type},
    {"name", event_name},
    {"site", event_site},
    {"required", event_required},
    {"properties", event_properties},
    {"user_properties", event_user_properties},
    {"other_properties", event_others},
    {"about", ignore},
    {0},
};

static enum status read_event(struct reading *reading, json_value value,
                              struct schema_planned *planned)
{
    planned->key.type = VIEW_LITERAL("track");
    enum status status = read_object(reading, EVENT_FIELDS, value, planned);
    bool is_view = view_is(planned->key.type, "page") || view_is(planned->key.type, "screen");
    if (status == STATUS_OK && is_view && planned->key.name.len > 0) {
        return wrong(reading, "pages and screens are judged together, whatever their titles",
                     "no name");
    }
    for (size_t i = 0; i < planned->rule_count; i++) {
        planned->rules[i].has_children = is_parent(planned, &planned->rules[i]);
    }
    return status;
}

static enum status plan_events(struct reading *reading, json_value value, void *to)
{
    struct schema_plan *plan = to;
    if (json_kind(reading->doc, value) != JSON_ARRAY) {
        return wrong(reading, "events must be an array", "[{\"type\": ..., \"name\": ...}, ...]");
    }
    size_t count = count_of(reading->doc, value);
    plan->events = arena_alloc_zeroed(reading->arena, count + 1, sizeof(*plan->events));
    if (!plan->events) {
        return no_memory(reading);
    }
    enum status status = STATUS_OK;
    json_value one = json_first(reading->doc, value);
    for (; status == STATUS_OK && json_has(reading->doc, one); one = json_next(reading->doc, one)) {
        snprintf(reading->place, sizeof(reading->place), "event %zu", plan->event_count + 1);
        status = read_event(reading, one, &plan->events[plan->event_count++]);
    }
    if (status == STATUS_OK) {
        snprintf(reading->place, sizeof(reading->place), "the plan");
    }
    return status;
}

static enum status plan_version(struct reading *reading, json_value value, void *to)
{
    (void)to;
    int64_t version;
    return json_to_int64(reading->doc, value, &version) && version == PLAN_VERSION
               ? STATUS_OK
               : wrong(reading, "this version of plans is not known", "\"plan\": 1");
}

static enum status plan_others(struct reading *reading, json_value value, void *to)
{
    return read_switch(reading, value, &((struct schema_plan *)to)->allows_others);
}

static const struct field PLAN_FIELDS[] = {
    {"plan", plan_version},
    {"events", plan_events},
    {"other_events", plan_others},
    {"about", ignore},
    {0},
};

enum status schema_plan_read(struct schema_plan *plan, struct view text, uint64_t seed,
                             struct arena *arena, struct fault *fault)
{
    struct json doc;
    *plan = (struct schema_plan){0};
    enum status status = json_parse(&doc, text, arena, NULL, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct reading reading = {
        .doc = &doc, .arena = arena, .fault = fault, .seed = seed, .place = "the plan"};
    status = read_object(&reading, PLAN_FIELDS, JSON_ROOT, plan);
    if (status == STATUS_OK && !json_has(&doc, json_member(&doc, JSON_ROOT, "plan"))) {
        status = wrong(&reading, "it does not say its version", "\"plan\": 1");
    }
    return status;
}
