#include "lake/schema_check.h"

#include "lake/schema_names.h"

#include <stdarg.h>
#include <stdio.h>

enum { SENTENCE_BYTES = 400, TYPES_BYTES = 120 };

struct check {
    const struct schema_plan *plan;
    const struct schema_stats *stats;
    schema_finding_fn *on_finding;
    void *self;
};

/* What a finding is about. */
struct subject {
    const struct check *check;
    const struct schema_event_key *key;
    const struct schema_rule *rule;         /* NULL: not of a planned property */
    const struct schema_property *property; /* NULL: of the event */
    struct view slip_of;
};

static void tell(const struct subject *subject, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void tell(const struct subject *subject, const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    struct schema_finding finding = {
        .key = *subject->key, .sentence = sentence, .slip_of = subject->slip_of};
    if (subject->property || subject->rule) {
        finding.has_path = true;
        finding.scope = subject->rule ? subject->rule->scope : subject->property->scope;
        finding.path = subject->rule ? subject->rule->path : subject->property->path;
    }
    subject->check->on_finding(subject->check->self, &finding);
}

static void add_word(char text[TYPES_BYTES], const char *word)
{
    size_t len = strlen(text);
    snprintf(text + len, TYPES_BYTES - len, "%s%s", len > 0 ? ", " : "", word);
}

/* As a plan names them. */
static void list_types(unsigned mask, char text[TYPES_BYTES])
{
    static const unsigned NUMBER = 1U << SCHEMA_INTEGER | 1U << SCHEMA_DOUBLE;
    text[0] = 0;
    for (unsigned i = 0; i < SCHEMA_TYPES; i++) {
        bool is_number = (mask & NUMBER) == NUMBER && (NUMBER & (1U << i));
        bool is_told = i == SCHEMA_TIMESTAMP && (mask & (1U << SCHEMA_STRING));
        if (is_number && i == SCHEMA_INTEGER) {
            add_word(text, "number");
        } else if ((mask & (1U << i)) && !is_number && !is_told) {
            add_word(text, schema_type_name((enum schema_type)i));
        }
    }
}

static void check_types(const struct subject *subject)
{
    const struct schema_value *value = &subject->property->value;
    char allowed[TYPES_BYTES];
    list_types(subject->rule->types, allowed);
    for (unsigned i = 0; i < SCHEMA_TYPES; i++) {
        if (value->counts[i] > 0 && !(subject->rule->types & (1U << i))) {
            tell(subject, "%llu of %llu values are %s; allowed: %s",
                 (unsigned long long)value->counts[i],
                 (unsigned long long)schema_value_total(value),
                 schema_type_name((enum schema_type)i), allowed);
        }
    }
}

static bool is_allowed(const struct schema_rule *rule, uint64_t hash)
{
    for (size_t i = 0; i < rule->value_count; i++) {
        if (rule->values[i] == hash) {
            return true;
        }
    }
    return false;
}

static void check_values(const struct subject *subject)
{
    const struct schema_rule *rule = subject->rule;
    const struct schema_sketch *seen = &subject->property->value.distinct;
    size_t strange = 0;
    if (!rule->has_values) {
        return;
    }
    if (!schema_sketch_is_exact(seen)) {
        tell(subject, "there are about %llu different values; allowed are %zu",
             (unsigned long long)schema_sketch_estimate(seen), rule->value_count);
        return;
    }
    for (size_t i = 0; i < seen->count; i++) {
        strange += is_allowed(rule, seen->at.hashes[i]) ? 0 : 1;
    }
    if (strange > 0) {
        tell(subject, "%zu of %u different values are not among the %zu allowed ones", strange,
             seen->count, rule->value_count);
    }
}

static void check_range(const struct subject *subject)
{
    const struct schema_rule *rule = subject->rule;
    const struct schema_value *value = &subject->property->value;
    bool has_integer = value->counts[SCHEMA_INTEGER] > 0;
    bool has_double = value->counts[SCHEMA_DOUBLE] > 0;
    double least = has_integer ? (double)value->integer_min : value->double_min;
    double most = has_integer ? (double)value->integer_max : value->double_max;
    least = has_double && value->double_min < least ? value->double_min : least;
    most = has_double && value->double_max > most ? value->double_max : most;
    if (!has_integer && !has_double) {
        return;
    }
    if (rule->has_min && least < rule->min) {
        tell(subject, "the smallest value is %.15g; allowed: %.15g and more", least, rule->min);
    }
    if (rule->has_max && most > rule->max) {
        tell(subject, "the largest value is %.15g; allowed: %.15g and less", most, rule->max);
    }
}

static void check_length(const struct subject *subject)
{
    const struct schema_rule *rule = subject->rule;
    const struct schema_value *value = &subject->property->value;
    bool has_text = value->counts[SCHEMA_STRING] + value->counts[SCHEMA_TIMESTAMP] > 0;
    if (rule->has_longest && has_text && (double)value->text_max > rule->longest) {
        tell(subject, "the longest value has %u characters; allowed: up to %.15g", value->text_max,
             rule->longest);
    }
}

/* Bytes of the path before the last dot that is one; 0: at the top. */
static size_t parent_len(struct view path)
{
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == '\\') {
            i++;
        } else if (path.at[i] == '.') {
            len = i;
        }
    }
    return len;
}

/* How many could have it: rows of the event, or of what is around it those that are objects. */
static uint64_t places(const struct check *check, const struct schema_event *event,
                       const struct schema_rule *rule)
{
    size_t parent = parent_len(rule->path);
    if (parent == 0) {
        return event->rows;
    }
    const struct schema_property *around = schema_stats_find_property(
        check->stats, event, rule->scope, view_part(rule->path, 0, parent));
    return around ? around->value.counts[SCHEMA_OBJECT] : 0;
}

static void check_required(const struct subject *subject, const struct schema_event *event)
{
    uint64_t there = subject->property ? schema_value_total(&subject->property->value) : 0;
    uint64_t all = places(subject->check, event, subject->rule);
    if (subject->rule->is_required && there < all) {
        tell(subject, "it is missing in %llu of %llu, and required",
             (unsigned long long)(all - there), (unsigned long long)all);
    }
}

static void check_rule(const struct check *check, const struct schema_event *event,
                       const struct schema_rule *rule)
{
    struct subject subject = {
        .check = check,
        .key = &event->key,
        .rule = rule,
        .property = schema_stats_find_property(check->stats, event, rule->scope, rule->path)};
    check_required(&subject, event);
    if (subject.property) {
        check_types(&subject);
        check_values(&subject);
        check_range(&subject);
        check_length(&subject);
    }
}

/* Named itself, or below something named of which the plan names no parts. */
static bool covers(const struct schema_rule *rule, const struct schema_property *property)
{
    size_t len = rule->path.len;
    if (rule->scope != property->scope || property->path.len < len ||
        !view_equal(view_part(property->path, 0, len), rule->path)) {
        return false;
    }
    return property->path.len == len || (property->path.at[len] == '.' && !rule->has_children);
}

/* An object around something planned needs no rule of its own. */
static bool surrounds(const struct schema_rule *rule, const struct schema_property *property)
{
    size_t len = property->path.len;
    return rule->scope == property->scope && rule->path.len > len && rule->path.at[len] == '.' &&
           view_equal(view_part(rule->path, 0, len), property->path);
}

static bool is_planned(const struct schema_planned *planned, const struct schema_property *property)
{
    for (size_t i = 0; i < planned->rule_count; i++) {
        if (covers(&planned->rules[i], property) || surrounds(&planned->rules[i], property)) {
            return true;
        }
    }
    return false;
}

static struct view planned_alike(const struct schema_planned *planned,
                                 const struct schema_property *property)
{
    for (size_t i = 0; i < planned->rule_count; i++) {
        if (planned->rules[i].scope == property->scope &&
            schema_names_are_alike(planned->rules[i].path, property->path)) {
            return planned->rules[i].path;
        }
    }
    return view_make(NULL, 0);
}

static void check_others(const struct check *check, const struct schema_event *event,
                         const struct schema_planned *planned)
{
    for (const struct schema_property *one = event->properties; one; one = one->next) {
        if (!is_planned(planned, one)) {
            struct subject subject = {.check = check,
                                      .key = &event->key,
                                      .property = one,
                                      .slip_of = planned_alike(planned, one)};
            tell(&subject, "the plan does not name it; %llu of %llu rows have it",
                 (unsigned long long)schema_value_total(&one->value),
                 (unsigned long long)event->rows);
        }
    }
}

static bool is_of(const struct schema_planned *planned, const struct schema_event_key *key)
{
    return (planned->key.site.len == 0 || view_equal(planned->key.site, key->site)) &&
           view_equal(planned->key.type, key->type) && view_equal(planned->key.name, key->name);
}

static void check_planned(const struct check *check, const struct schema_event *event,
                          const struct schema_planned *planned)
{
    for (size_t i = 0; i < planned->rule_count; i++) {
        check_rule(check, event, &planned->rules[i]);
    }
    if (!planned->allows_others) {
        check_others(check, event, planned);
    }
    if (event->other_values > 0) {
        struct subject subject = {.check = check, .key = &event->key};
        tell(&subject, "%llu values are of more properties than can be kept apart, not checked",
             (unsigned long long)event->other_values);
    }
}

static void check_unplanned(const struct check *check, const struct schema_event *event)
{
    bool is_judged = false;
    struct subject subject = {.check = check, .key = &event->key};
    for (size_t i = 0; i < check->plan->event_count; i++) {
        const struct schema_event_key *key = &check->plan->events[i].key;
        is_judged |= view_equal(key->type, event->key.type);
        if (view_equal(key->type, event->key.type) &&
            schema_names_are_alike(key->name, event->key.name)) {
            subject.slip_of = key->name;
        }
    }
    if (is_judged && !check->plan->allows_others) {
        tell(&subject, "the plan does not name it; it came %llu times",
             (unsigned long long)event->rows);
    }
}

static void check_event(const struct check *check, const struct schema_event *event)
{
    bool is_named = false;
    for (size_t i = 0; i < check->plan->event_count; i++) {
        if (is_of(&check->plan->events[i], &event->key)) {
            is_named = true;
            check_planned(check, event, &check->plan->events[i]);
        }
    }
    if (!is_named) {
        check_unplanned(check, event);
    }
}

static void check_rest(const struct check *check, const struct schema_event *rest)
{
    static const struct schema_event_key KEY = {0};
    struct subject subject = {.check = check, .key = &KEY};
    tell(&subject, "%llu rows are of more events than can be kept apart, not checked",
         (unsigned long long)rest->rows);
}

static void check_missing(const struct check *check, const struct schema_planned *planned)
{
    for (const struct schema_event *one = schema_stats_first(check->stats); one; one = one->next) {
        if (!one->is_rest && is_of(planned, &one->key)) {
            return;
        }
    }
    struct subject subject = {.check = check, .key = &planned->key};
    tell(&subject, "it did not come, and is required");
}

enum status schema_check(const struct schema_plan *plan, struct schema_stats *stats,
                         schema_finding_fn *on_finding, void *self, struct fault *fault)
{
    struct check check = {.plan = plan, .stats = stats, .on_finding = on_finding, .self = self};
    enum status status = schema_stats_sort(stats, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < plan->event_count; i++) {
        if (plan->events[i].is_required) {
            check_missing(&check, &plan->events[i]);
        }
    }
    for (const struct schema_event *one = schema_stats_first(stats); one; one = one->next) {
        if (one->is_rest) {
            check_rest(&check, one);
        } else {
            check_event(&check, one);
        }
    }
    return STATUS_OK;
}
