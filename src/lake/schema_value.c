#include "lake/schema_value.h"

#include "base/clock.h"
#include "base/hash.h"

enum { TIMESTAMP_BYTES_MIN = 20, TIMESTAMP_BYTES_MAX = 40 };

static const char *const NAMES[SCHEMA_TYPES] = {"null",      "boolean", "integer", "double",
                                                "timestamp", "string",  "array",   "object"};

const char *schema_type_name(enum schema_type type)
{
    return NAMES[type];
}

enum schema_type schema_type_find(struct view name)
{
    enum schema_type type = 0;
    while (type < SCHEMA_TYPES && !view_is(name, NAMES[type])) {
        type++;
    }
    return type;
}

void schema_value_init(struct schema_value *value)
{
    *value = (struct schema_value){
        .first_ms = INT64_MAX,
        .last_ms = INT64_MIN,
        .integer_min = INT64_MAX,
        .integer_max = INT64_MIN,
        .double_min = __builtin_inf(),
        .double_max = -__builtin_inf(),
        .text_min = UINT32_MAX,
        .items_min = UINT32_MAX,
    };
}

uint64_t schema_value_total(const struct schema_value *value)
{
    uint64_t total = 0;
    for (size_t i = 0; i < SCHEMA_TYPES; i++) {
        total += value->counts[i];
    }
    return total;
}

/* Empty when a string has no text for want of memory. */
static struct view text_of(const struct schema_fed *fed)
{
    struct view text;
    if (json_is_plain(fed->doc, fed->value)) {
        return json_unquoted(fed->doc, fed->value);
    }
    return json_text(fed->doc, fed->value, fed->arena, &text) == STATUS_OK ? text
                                                                           : view_make(NULL, 0);
}

static bool is_timestamp(struct view text)
{
    int64_t utc_ms;
    return text.len >= TIMESTAMP_BYTES_MIN && text.len <= TIMESTAMP_BYTES_MAX &&
           clock_parse(text.at, text.len, &utc_ms);
}

enum schema_type schema_value_type(const struct schema_fed *fed)
{
    int64_t number;
    switch (json_kind(fed->doc, fed->value)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return SCHEMA_BOOLEAN;
    case JSON_NUMBER:
        return view_to_int64(json_raw(fed->doc, fed->value), &number) ? SCHEMA_INTEGER
                                                                      : SCHEMA_DOUBLE;
    case JSON_STRING:
        return is_timestamp(text_of(fed)) ? SCHEMA_TIMESTAMP : SCHEMA_STRING;
    case JSON_ARRAY:
        return SCHEMA_ARRAY;
    case JSON_OBJECT:
        return SCHEMA_OBJECT;
    default:
        return SCHEMA_NULL;
    }
}

/* "1" and 1 are two values. */
uint64_t schema_value_hash(const struct schema_fed *fed)
{
    bool is_text = json_kind(fed->doc, fed->value) == JSON_STRING;
    return is_text ? hash_64(fed->seed, text_of(fed))
                   : hash_64(~fed->seed, json_raw(fed->doc, fed->value));
}

/* Of what was never seen, the minimum lies above the maximum. */
#define LOWER(a, b) ((a) < (b) ? (a) : (b))
#define HIGHER(a, b) ((a) > (b) ? (a) : (b))

static void note_integer(struct schema_value *value, int64_t number)
{
    value->integer_min = LOWER(value->integer_min, number);
    value->integer_max = HIGHER(value->integer_max, number);
}

static void note_double(struct schema_value *value, double number)
{
    value->double_min = LOWER(value->double_min, number);
    value->double_max = HIGHER(value->double_max, number);
}

static void note_size(uint32_t *min, uint32_t *max, uint32_t size)
{
    *min = LOWER(*min, size);
    *max = HIGHER(*max, size);
}

static uint32_t characters(struct view text)
{
    uint32_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    }
    return count;
}

static uint32_t elements(const struct json *doc, json_value array)
{
    uint32_t count = 0;
    for (json_value at = json_first(doc, array); json_has(doc, at); at = json_next(doc, at)) {
        count++;
    }
    return count;
}

static void note_range(struct schema_value *value, enum schema_type type,
                       const struct schema_fed *fed)
{
    int64_t integer = 0;
    double number = 0;
    switch (type) {
    case SCHEMA_INTEGER:
        if (view_to_int64(json_raw(fed->doc, fed->value), &integer)) {
            note_integer(value, integer);
        }
        break;
    case SCHEMA_DOUBLE:
        if (json_to_double(fed->doc, fed->value, &number)) {
            note_double(value, number);
        }
        break;
    case SCHEMA_TIMESTAMP:
    case SCHEMA_STRING:
        note_size(&value->text_min, &value->text_max, characters(text_of(fed)));
        break;
    case SCHEMA_ARRAY:
        note_size(&value->items_min, &value->items_max, elements(fed->doc, fed->value));
        break;
    default:
        break;
    }
}

void schema_value_feed(struct schema_value *value, struct schema_pool *pool,
                       const struct schema_fed *fed)
{
    enum schema_type type = schema_value_type(fed);
    value->counts[type]++;
    value->first_ms = LOWER(value->first_ms, fed->received_ms);
    value->last_ms = HIGHER(value->last_ms, fed->received_ms);
    note_range(value, type, fed);
    if (type != SCHEMA_NULL && type != SCHEMA_OBJECT) {
        schema_sketch_add(&value->distinct, pool, schema_value_hash(fed));
    }
}

void schema_value_merge(struct schema_value *value, struct schema_pool *pool,
                        const struct schema_value *from)
{
    for (size_t i = 0; i < SCHEMA_TYPES; i++) {
        value->counts[i] += from->counts[i];
    }
    value->first_ms = LOWER(value->first_ms, from->first_ms);
    value->last_ms = HIGHER(value->last_ms, from->last_ms);
    value->integer_min = LOWER(value->integer_min, from->integer_min);
    value->integer_max = HIGHER(value->integer_max, from->integer_max);
    value->double_min = LOWER(value->double_min, from->double_min);
    value->double_max = HIGHER(value->double_max, from->double_max);
    value->text_min = LOWER(value->text_min, from->text_min);
    value->text_max = HIGHER(value->text_max, from->text_max);
    value->items_min = LOWER(value->items_min, from->items_min);
    value->items_max = HIGHER(value->items_max, from->items_max);
    schema_sketch_merge(&value->distinct, pool, &from->distinct);
}
