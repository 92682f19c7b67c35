/*
 * schema_value.h - what is known of the values of one property: types, range, how many different.
 *
 * Never a value itself but for the smallest and largest number: texts are only counted, measured
 * and hashed (with the data folder's secret seed). Feeding and merging know no order: two halves
 * merged are what the whole would have been.
 *
 *     struct schema_value value;
 *     schema_value_init(&value);
 *     schema_value_feed(&value, &pool, &(struct schema_fed){&doc, json_value, seed, received_ms});
 */
#ifndef PIPES_LAKE_SCHEMA_VALUE_H
#define PIPES_LAKE_SCHEMA_VALUE_H

#include "base/json.h"
#include "lake/schema_sketch.h"

enum schema_type {
    SCHEMA_NULL,
    SCHEMA_BOOLEAN,
    SCHEMA_INTEGER,   /* written without fraction or exponent, at most 2^63 - 1 in size */
    SCHEMA_DOUBLE,    /* every other number */
    SCHEMA_TIMESTAMP, /* a string that is RFC 3339 with date, time and offset */
    SCHEMA_STRING,    /* every other string */
    SCHEMA_ARRAY,
    SCHEMA_OBJECT,
    SCHEMA_TYPES
};

struct schema_value {
    uint64_t counts[SCHEMA_TYPES];
    int64_t first_ms; /* received_at of the first and last row that has it; UTC */
    int64_t last_ms;
    int64_t integer_min; /* of those whose count is not 0 */
    int64_t integer_max;
    double double_min;
    double double_max;
    uint32_t text_min; /* characters (code points) of strings and timestamps */
    uint32_t text_max;
    uint32_t items_min; /* elements of arrays */
    uint32_t items_max;
    struct schema_sketch distinct; /* of all values that are neither null nor object */
};

struct schema_fed {
    const struct json *doc;
    json_value value;
    uint64_t seed;
    int64_t received_ms;
    struct arena *arena; /* for strings with escapes; borrowed */
};

const char *schema_type_name(enum schema_type type);
/* SCHEMA_TYPES when there is none of that name. */
enum schema_type schema_type_find(struct view name);

void schema_value_init(struct schema_value *value);
void schema_value_feed(struct schema_value *value, struct schema_pool *pool,
                       const struct schema_fed *fed);
void schema_value_merge(struct schema_value *value, struct schema_pool *pool,
                        const struct schema_value *from);

/* How many values in all, nulls among them. */
uint64_t schema_value_total(const struct schema_value *value);
/* Type of the value, and the hash by which schema_value.distinct knows it. */
enum schema_type schema_value_type(const struct schema_fed *fed);
uint64_t schema_value_hash(const struct schema_fed *fed);

#endif
