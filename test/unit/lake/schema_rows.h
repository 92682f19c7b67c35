/*
 * schema_rows.h - what tests of the statistics of properties share: rows, and questions in one
 * line.
 */
#ifndef PIPES_TEST_SCHEMA_ROWS_H
#define PIPES_TEST_SCHEMA_ROWS_H

#include "base/clock.h"
#include "lake/schema_codec.h"
#include "lake/schema_feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t SCHEMA_NOON_MS = 1763985600000; /* 2025-11-24T12:00:00Z */
enum { SCHEMA_TEST_SEED = 42 };

/* A row of the site shop, received so many milliseconds after noon. */
static inline void feed_track(struct schema_stats *stats, const char *name, int64_t after_ms,
                              const char *properties)
{
    size_t room = 1024 + strlen(name) + strlen(properties);
    char *row = malloc(room);
    char received[CLOCK_TEXT_BYTES];
    clock_format(SCHEMA_NOON_MS + after_ms, received);
    int len = snprintf(row, room,
                       "{\"event_id\":\"e-1\",\"type\":\"track\",\"name\":\"%s\",\"properties\":%s,"
                       "\"received_at\":\"%s\",\"site\":\"shop\",\"ingest_seq\":7}",
                       name, properties, received);
    schema_feed_row(stats, view_make(row, (size_t)len));
    free(row);
}

static inline struct schema_stats *make_stats(void)
{
    struct schema_stats *stats;
    if (schema_stats_create(&stats, SCHEMA_TEST_SEED, NULL) != STATUS_OK) {
        abort();
    }
    return stats;
}

static inline const struct schema_event *event_of(const struct schema_stats *stats,
                                                  const char *name)
{
    struct schema_event_key key = {VIEW_LITERAL("shop"), VIEW_LITERAL("track"),
                                   view_from_text(name)};
    return schema_stats_find(stats, &key);
}

/* NULL when there is none. */
static inline const struct schema_value *value_of(const struct schema_stats *stats,
                                                  const char *name, const char *path)
{
    const struct schema_event *event = event_of(stats, name);
    const struct schema_property *property =
        event ? schema_stats_find_property(stats, event, SCHEMA_OF_EVENT, view_from_text(path))
              : NULL;
    return property ? &property->value : NULL;
}

/* All of the statistics as bytes, to be freed. */
static inline struct buf bytes_of(struct schema_stats *stats)
{
    struct buf bytes;
    buf_init(&bytes, SCHEMA_CODEC_BYTES_MAX);
    if (schema_stats_sort(stats, NULL) != STATUS_OK) {
        abort();
    }
    schema_codec_append(&bytes, stats);
    if (buf_status(&bytes) != STATUS_OK) {
        abort();
    }
    return bytes;
}

/* xorshift64*: the same rows from the same seed. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

#endif
