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
    EVENT_TEXT,   /* not yet quoted */
    EVENT_PLAIN,  /* the same, known to be UTF-8 that needs no escape */
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

/* What an event says about the visitor that made it where that is not who sent it: facts are made
 * of it (app/sender.h), it has no column. Empty as a rule. */
struct event_told {
    struct view agent;
    struct view address; /* text */
    bool is_driven;      /* navigator.webdriver */
    bool is_rapid;       /* one of more interactions in a second than a hand can make */
};

/* A few dozen columns, of which an event has about half: which ones are bits, so that clearing,
 * copying and writing cost what is there. */
struct event {
    uint64_t present; /* 1 << column */
    struct event_told told;
    struct event_value values[COLUMN_COUNT]; /* of those present; the others are not even zeroed */
};

/* Absent, all of it. */
void event_clear(struct event *event);
void event_copy(struct event *to, const struct event *from);

/* Any bytes. */
void event_set_string(struct event *event, enum column column, struct view text);
/* Text known to be UTF-8 without quotes, backslashes and control characters. */
void event_set_plain(struct event *event, enum column column, struct view text);
/* Plain or not as column `like` is: text that was cut out of it, or its text with plain text added.
 */
void event_set_like(struct event *event, enum column column, struct view text, enum column like);
void event_set_integer(struct event *event, enum column column, int64_t value);
void event_set_boolean(struct event *event, enum column column, bool value);
void event_set_time(struct event *event, enum column column, int64_t utc_ms);
void event_set_json(struct event *event, enum column column, const struct json *doc,
                    json_value value);
void event_set_raw(struct event *event, enum column column, struct view json_text);
void event_remove(struct event *event, enum column column);
/* Gives `to` what `from` has: its value, or none. */
void event_repeat(struct event *event, enum column to, enum column from);
bool event_has(const struct event *event, enum column column);
/* The text of a string column; empty when absent. */
struct view event_text(const struct event *event, enum column column);
/* The number of an integer, time or boolean column; false when absent. */
bool event_number(const struct event *event, enum column column, int64_t *number);

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
