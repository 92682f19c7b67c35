#include "bench/lake/drift.h"

#include "bench/lake/random.h"

static const int64_t DAY_MS = 86400000;

static const char *const TYPE_NAMES[DRIFT_TYPES] = {
    "integer",     "big_integer", "real", "string", "number_string",
    "time_string", "boolean",     "null", "array",  "object",
};

const char *drift_type_name(enum drift_type type)
{
    return TYPE_NAMES[type];
}

static bool has_property(const struct drift_event *event, uint16_t property)
{
    for (uint32_t i = 0; i < event->count; i++) {
        if (event->properties[i] == property) {
            return true;
        }
    }
    return false;
}

struct drift_event drift_event_of(uint64_t seed, uint32_t number)
{
    struct random random = random_of(seed, RANDOM_DRIFT, number);
    struct drift_event event = {.name = number < DRIFT_NAMES ? number
                                                             : random_heavy(&random, DRIFT_NAMES)};
    uint32_t wanted = 1 + random_below(&random, DRIFT_PROPERTIES_MAX);
    for (uint32_t i = 0; i < wanted; i++) {
        /* A rolling one, so that all of them appear soon, and heavy ones. */
        uint32_t property =
            i == 0 ? number % DRIFT_PROPERTIES : random_heavy(&random, DRIFT_PROPERTIES);
        uint8_t type = (uint8_t)random_below(&random, DRIFT_TYPES);
        uint64_t value = random_next(&random);
        if (!has_property(&event, (uint16_t)property)) {
            event.properties[event.count] = (uint16_t)property;
            event.types[event.count] = type;
            event.values[event.count++] = value;
        }
    }
    return event;
}

static void append_value(struct buf *out, enum drift_type type, uint64_t value)
{
    unsigned long long number = value % 1000000;
    switch (type) {
    case DRIFT_INTEGER:
        buf_append_format(out, "%s%llu", value & 64 ? "-" : "", number);
        break;
    case DRIFT_BIG_INTEGER:
        buf_append_format(out, "9%llu%06llu", (unsigned long long)(value | 1ULL << 63), number);
        break;
    case DRIFT_REAL:
        buf_append_format(out, "%llu.%02llu", number, number % 89 + 10);
        break;
    case DRIFT_STRING:
        buf_append_format(out, "\"text %llx\"", (unsigned long long)value);
        break;
    case DRIFT_NUMBER_STRING:
        buf_append_format(out, "\"%llu\"", number);
        break;
    case DRIFT_TIME_STRING:
        buf_append_format(out, "\"2026-%02llu-%02lluT%02llu:00:00Z\"", number % 12 + 1,
                          number % 28 + 1, number % 24);
        break;
    case DRIFT_BOOLEAN:
        buf_append_text(out, value & 1 ? "true" : "false");
        break;
    case DRIFT_NULL:
        buf_append_text(out, "null");
        break;
    case DRIFT_ARRAY:
        buf_append_format(out, "[%llu,\"%llx\",null]", number, number);
        break;
    case DRIFT_OBJECT:
    case DRIFT_TYPES:
        buf_append_format(out, "{\"a\":%llu,\"b\":{\"c\":[]}}", number);
        break;
    }
}

void drift_append_properties(const struct drift_event *event, struct buf *out)
{
    buf_append_byte(out, '{');
    for (uint32_t i = 0; i < event->count; i++) {
        buf_append_format(out, "%s\"prop_%04u\":", i > 0 ? "," : "", event->properties[i]);
        append_value(out, event->types[i], event->values[i]);
    }
    buf_append_byte(out, '}');
}

bool drift_has_text_price(const struct step *step, int64_t start_ms)
{
    return step->time_ms >= start_ms + 4 * DAY_MS && step->visitor % 10 == 7;
}

bool drift_has_variant(const struct step *step, int64_t start_ms)
{
    return step->time_ms >= start_ms + 3 * DAY_MS;
}

bool drift_has_legacy_sku(const struct step *step, int64_t start_ms)
{
    return step->time_ms < start_ms + 2 * DAY_MS;
}

static void note_drifting(struct drift_truth *truth, const struct drift_event *event)
{
    truth->events++;
    truth->names += truth->name_counts[event->name]++ == 0;
    for (uint32_t i = 0; i < event->count; i++) {
        uint32_t *counts = truth->type_counts[event->properties[i]];
        bool is_new = true;
        for (int type = 0; type < DRIFT_TYPES; type++) {
            is_new = is_new && counts[type] == 0;
        }
        truth->properties += is_new;
        counts[event->types[i]]++;
    }
}

void drift_note(struct drift_truth *truth, uint64_t seed, const struct step *step, int64_t start_ms)
{
    if (step->kind == STEP_DRIFT) {
        struct drift_event event = drift_event_of(seed, step->number);
        note_drifting(truth, &event);
    } else if (step->kind == STEP_PRODUCT_ADDED) {
        bool is_text = drift_has_text_price(step, start_ms);
        truth->price_texts += is_text;
        truth->price_numbers += !is_text;
    } else if (step->kind == STEP_PRODUCT_VIEWED) {
        truth->variants += drift_has_variant(step, start_ms);
        truth->legacy_skus += drift_has_legacy_sku(step, start_ms);
    }
}
