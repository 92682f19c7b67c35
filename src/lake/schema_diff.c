#include "lake/schema_diff.h"

#include "lake/schema_names.h"

/* e^-7 is less than a thousandth. */
static const double EXPECTED_MIN = 7;

struct diff {
    struct schema_stats *before;
    struct schema_stats *since;
    double pace; /* rows since, of one before, were nothing to change */
    schema_change_fn *on_change;
    void *self;
    uint64_t *letters; /* of the known names, in their order; room for all */
};

const char *schema_change_name(enum schema_change_kind kind)
{
    static const char *const NAMES[] = {"new event", "gone event", "new property", "gone property",
                                        "type changed"};
    return NAMES[kind];
}

static bool is_same_kind(const struct schema_event *a, const struct schema_event *b)
{
    return view_equal(a->key.site, b->key.site) && view_equal(a->key.type, b->key.type);
}

/* Of the events known before, the most frequent one that the name may be a slip of. */
static struct view known_event(const struct diff *diff, const struct schema_event *event)
{
    const struct schema_event *best = NULL;
    uint64_t letters = schema_names_letters(event->key.name);
    size_t i = 0;
    for (const struct schema_event *one = schema_stats_first(diff->before); one; one = one->next) {
        if (schema_names_may_be_alike(diff->letters[i++], letters) && !one->is_rest &&
            (!best || one->rows > best->rows) && is_same_kind(one, event) &&
            schema_names_are_alike(one->key.name, event->key.name)) {
            best = one;
        }
    }
    return best ? best->key.name : view_make(NULL, 0);
}

/* What stands before the last key. */
static size_t parent_len(struct view path)
{
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == '\\') {
            i++;
        } else if (path.at[i] == '.') {
            len = i + 1;
        }
    }
    return len;
}

static bool has_common_type(const struct schema_value *a, const struct schema_value *b)
{
    for (size_t i = SCHEMA_NULL + 1; i < SCHEMA_TYPES; i++) {
        if (a->counts[i] > 0 && b->counts[i] > 0) {
            return true;
        }
    }
    return schema_value_total(b) == b->counts[SCHEMA_NULL];
}

/* More values than rows: some rows have both. */
static bool stand_together(const struct diff *diff, const struct schema_property *known,
                           const struct schema_property *property)
{
    const struct schema_property *now =
        schema_stats_find_property(diff->since, property->event, known->scope, known->path);
    return now && schema_value_total(&now->value) + schema_value_total(&property->value) >
                      property->event->rows;
}

static bool is_slip_of(const struct diff *diff, const struct schema_property *property,
                       const struct schema_property *known)
{
    size_t parent = parent_len(known->path);
    return known->scope == property->scope && parent == parent_len(property->path) &&
           view_equal(view_part(known->path, 0, parent), view_part(property->path, 0, parent)) &&
           schema_names_are_alike(view_part(known->path, parent, known->path.len),
                                  view_part(property->path, parent, property->path.len)) &&
           has_common_type(&known->value, &property->value) &&
           !stand_together(diff, known, property);
}

static struct view known_property(const struct diff *diff, const struct schema_event *before,
                                  const struct schema_property *property)
{
    const struct schema_property *best = NULL;
    uint64_t letters = schema_names_letters(property->path);
    size_t i = 0;
    for (const struct schema_property *one = before->properties; one; one = one->next) {
        if (schema_names_may_be_alike(diff->letters[i++], letters) &&
            (!best || schema_value_total(&one->value) > schema_value_total(&best->value)) &&
            is_slip_of(diff, property, one)) {
            best = one;
        }
    }
    return best ? best->path : view_make(NULL, 0);
}

static bool is_gone(const struct schema_property *was, double rows_then, double rows_now)
{
    double share = rows_then > 0 ? (double)schema_value_total(&was->value) / rows_then : 0;
    return share * rows_now >= EXPECTED_MIN;
}

/* A type that there was not, or one that should have come again by now. */
static bool is_other_type(const struct schema_value *was, const struct schema_value *is)
{
    double then = (double)schema_value_total(was);
    double now = (double)schema_value_total(is);
    if (was->counts[SCHEMA_NULL] == schema_value_total(was)) {
        return false; /* nothing was known of it */
    }
    for (size_t i = SCHEMA_NULL + 1; i < SCHEMA_TYPES; i++) {
        bool is_new = was->counts[i] == 0 && is->counts[i] > 0;
        bool is_lost = is->counts[i] == 0 && (double)was->counts[i] / then * now >= EXPECTED_MIN;
        if (is_new || (is_lost && is->counts[SCHEMA_NULL] < schema_value_total(is))) {
            return true;
        }
    }
    return false;
}

static void compare_known(const struct diff *diff, const struct schema_event *before,
                          const struct schema_event *since)
{
    for (const struct schema_property *was = before->properties; was; was = was->next) {
        const struct schema_property *is =
            schema_stats_find_property(diff->since, since, was->scope, was->path);
        struct schema_change change = {.before = before, .since = since, .was = was, .is = is};
        if (!is && is_gone(was, (double)before->rows, (double)since->rows)) {
            change.kind = SCHEMA_GONE_PROPERTY;
            diff->on_change(diff->self, &change);
        } else if (is && is_other_type(&was->value, &is->value)) {
            change.kind = SCHEMA_TYPE_CHANGED;
            diff->on_change(diff->self, &change);
        }
    }
}

static void tell_new_property(const struct diff *diff, const struct schema_event *before,
                              const struct schema_property *is)
{
    struct schema_change change = {.kind = SCHEMA_NEW_PROPERTY,
                                   .before = before,
                                   .since = is->event,
                                   .is = is,
                                   .slip_of = known_property(diff, before, is)};
    diff->on_change(diff->self, &change);
}

static void compare_properties(const struct diff *diff, const struct schema_event *before,
                               const struct schema_event *since)
{
    size_t i = 0;
    for (const struct schema_property *one = before->properties; one; one = one->next) {
        diff->letters[i++] = schema_names_letters(one->path);
    }
    for (const struct schema_property *is = since->properties; is; is = is->next) {
        if (!schema_stats_find_property(diff->before, before, is->scope, is->path)) {
            tell_new_property(diff, before, is);
        }
    }
    compare_known(diff, before, since);
}

static void tell_new_events(const struct diff *diff)
{
    size_t i = 0;
    for (const struct schema_event *one = schema_stats_first(diff->before); one; one = one->next) {
        diff->letters[i++] = schema_names_letters(one->key.name);
    }
    for (const struct schema_event *is = schema_stats_first(diff->since); is; is = is->next) {
        if (!is->is_rest && !schema_stats_find(diff->before, &is->key)) {
            struct schema_change change = {
                .kind = SCHEMA_NEW_EVENT, .since = is, .slip_of = known_event(diff, is)};
            diff->on_change(diff->self, &change);
        }
    }
}

static void tell_gone_events(const struct diff *diff)
{
    for (const struct schema_event *was = schema_stats_first(diff->before); was; was = was->next) {
        if (!was->is_rest && !schema_stats_find(diff->since, &was->key) &&
            (double)was->rows * diff->pace >= EXPECTED_MIN) {
            struct schema_change change = {.kind = SCHEMA_GONE_EVENT, .before = was};
            diff->on_change(diff->self, &change);
        }
    }
}

enum status schema_diff(struct schema_stats *before, struct schema_stats *since,
                        const struct schema_spans *spans, schema_change_fn *on_change, void *self,
                        struct fault *fault)
{
    struct diff diff = {.before = before, .since = since, .on_change = on_change, .self = self};
    diff.pace = spans->before_ms > 0 ? (double)spans->since_ms / (double)spans->before_ms : 0;
    enum status status = schema_stats_sort(before, fault);
    if (status == STATUS_OK) {
        status = schema_stats_sort(since, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    size_t room = SCHEMA_EVENTS_MAX + 1 > SCHEMA_EVENT_PROPERTIES_MAX ? SCHEMA_EVENTS_MAX + 1
                                                                      : SCHEMA_EVENT_PROPERTIES_MAX;
    diff.letters = arena_alloc(schema_stats_scratch(before), room * sizeof(uint64_t));
    if (!diff.letters) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to compare statistics");
    }
    tell_new_events(&diff);
    tell_gone_events(&diff);
    for (const struct schema_event *is = schema_stats_first(since); is; is = is->next) {
        const struct schema_event *was = is->is_rest ? NULL : schema_stats_find(before, &is->key);
        if (was) {
            compare_properties(&diff, was, is);
        }
    }
    arena_clear(schema_stats_scratch(before));
    return STATUS_OK;
}
