/*
 * event.h - one event on its way from an adapter to a row: a value per column, or none.
 *
 * Holds only views: what they point at (request body, arena) must outlive it.
 *
 *     struct event event = {0};
 *     event_set_string(&event, COLUMN_TYPE, VIEW_LITERAL("page"));
 *     event_set_time(&event, COLUMN_RECEIVED_AT, now_ms);
 *     event_append_row(&row, &event);
 *     {"type":"page","received_at":"2026-11-24T02:03:04.005Z"}
 */
#ifndef PIPES_EVENT_EVENT_H
#define PIPES_EVENT_EVENT_H

#include "base/buf.h"
#include "base/json.h"
#include "event/columns.h"

enum event_value_kind {
    EVENT_ABSENT = 0,
    EVENT_TEXT,   /* UTF-8, not yet quoted */
    EVENT_NUMBER, /* integer, boolean or time, by the column's type */
    EVENT_JSON,   /* a value of a document */
    EVENT_RAW,    /* JSON text without insignificant whitespace, known to be valid */
};

struct event_value {
    enum event_value_kind kind;
    union {
        struct view text;
        int64_t number;
        struct {
            const struct json *doc;
            json_value value;
        } json;
    } as;
};

struct event {
    struct event_value values[COLUMN_COUNT];
};

void event_set_string(struct event *event, enum column column, struct view text);
void event_set_integer(struct event *event, enum column column, int64_t value);
void event_set_boolean(struct event *event, enum column column, bool value);
void event_set_time(struct event *event, enum column column, int64_t utc_ms);
void event_set_json(struct event *event, enum column column, const struct json *doc,
                    json_value value);
void event_set_raw(struct event *event, enum column column, struct view json_text);
bool event_has(const struct event *event, enum column column);
/* The text of a string column; empty when absent. */
struct view event_text(const struct event *event, enum column column);

/* Takes a JSON value into a column if it fits the column's type: a string column takes strings,
 * and numbers by their bytes; an integer column whole numbers and their strings; a time column
 * milliseconds or RFC 3339; a boolean column booleans; a JSON column objects and arrays. null
 * leaves the column absent. STATUS_BAD_INPUT when it does not fit (nothing changed);
 * STATUS_NO_MEMORY from the arena. */
enum status event_take(struct event *event, enum column column, const struct json *doc,
                       json_value value, struct arena *arena) MUST_CHECK;

/* Appends one JSON object in the table's order, absent columns left out, without a line end. */
enum status event_append_row(struct buf *out, const struct event *event);

#endif
