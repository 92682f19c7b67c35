/*
 * drift.h - a schema that never rests: 10,000 event names, 5,000 properties, types at random; and
 * the small drift of the other events, whose prices become strings one day.
 *
 *     struct drift_event event = drift_event_of(seed, step.id);
 *     drift_append_properties(&event, &out);
 */
#ifndef PIPES_BENCH_DRIFT_H
#define PIPES_BENCH_DRIFT_H

#include "base/buf.h"
#include "bench/lake/step.h"

enum { DRIFT_NAMES = 10000, DRIFT_PROPERTIES = 5000, DRIFT_PROPERTIES_MAX = 12 };

enum drift_type {
    DRIFT_INTEGER,
    DRIFT_BIG_INTEGER, /* beyond 64 bits */
    DRIFT_REAL,
    DRIFT_STRING,
    DRIFT_NUMBER_STRING, /* a string that looks like a number */
    DRIFT_TIME_STRING,
    DRIFT_BOOLEAN,
    DRIFT_NULL,
    DRIFT_ARRAY,
    DRIFT_OBJECT,
    DRIFT_TYPES
};

struct drift_event {
    uint32_t name; /* "drift_00017" */
    uint32_t count;
    uint16_t properties[DRIFT_PROPERTIES_MAX]; /* "prop_0017", each once */
    uint8_t types[DRIFT_PROPERTIES_MAX];
    uint64_t values[DRIFT_PROPERTIES_MAX];
};

/* The n-th drifting event; the first 10,000 have each name once. */
struct drift_event drift_event_of(uint64_t seed, uint32_t number);
void drift_append_properties(const struct drift_event *event, struct buf *out);
const char *drift_type_name(enum drift_type type);

/* Whether the price of this step is a string: from the fifth day on, for some. */
bool drift_has_text_price(const struct step *step, int64_t start_ms);
/* Whether the view has a property that older releases do not send: from the fourth day on. */
bool drift_has_variant(const struct step *step, int64_t start_ms);
/* Whether it has one that newer ones do not: during the first two days. */
bool drift_has_legacy_sku(const struct step *step, int64_t start_ms);

struct drift_truth {
    uint64_t events;
    uint64_t names;
    uint64_t properties;
    uint32_t name_counts[DRIFT_NAMES];
    uint32_t type_counts[DRIFT_PROPERTIES][DRIFT_TYPES];
    uint64_t price_numbers;
    uint64_t price_texts;
    uint64_t variants;
    uint64_t legacy_skus;
};
void drift_note(struct drift_truth *truth, uint64_t seed, const struct step *step,
                int64_t start_ms);

#endif
