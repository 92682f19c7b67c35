#include "event/event.h"

#include "base/clock.h"
#include "base/digits.h"

static const int64_t YEAR_10000_MS = 253402300800000;

_Static_assert(COLUMN_COUNT <= 64, "a column is a bit of a word");

static uint64_t bit_of(enum column column)
{
    return UINT64_C(1) << column;
}

/* The first of these columns. */
static enum column first_of(uint64_t bits)
{
    return (enum column)__builtin_ctzll(bits);
}

/* Where the value of a column goes that is there from now on. Its parts are written there one by
 * one: copied as a whole, a value would have to wait for its parts. */
static struct event_value *place(struct event *event, enum column column,
                                 enum event_value_kind kind)
{
    struct event_value *value = &event->values[column];
    event->present |= bit_of(column);
    value->kind = kind;
    return value;
}

void event_clear(struct event *event)
{
    event->present = 0;
    event->told = (struct event_told){0};
}

void event_copy(struct event *to, const struct event *from)
{
    to->present = from->present;
    to->told = from->told;
    for (uint64_t left = from->present; left != 0; left &= left - 1) {
        enum column column = first_of(left);
        to->values[column] = from->values[column];
    }
}

void event_set_string(struct event *event, enum column column, struct view text)
{
    place(event, column, EVENT_TEXT)->as.text = text;
}

void event_set_plain(struct event *event, enum column column, struct view text)
{
    place(event, column, EVENT_PLAIN)->as.text = text;
}

void event_set_like(struct event *event, enum column column, struct view text, enum column like)
{
    bool is_plain = event_has(event, like) && event->values[like].kind == EVENT_PLAIN;
    place(event, column, is_plain ? EVENT_PLAIN : EVENT_TEXT)->as.text = text;
}

void event_set_integer(struct event *event, enum column column, int64_t value)
{
    place(event, column, EVENT_NUMBER)->as.number = value;
}

void event_set_boolean(struct event *event, enum column column, bool value)
{
    event_set_integer(event, column, value ? 1 : 0);
}

void event_set_time(struct event *event, enum column column, int64_t utc_ms)
{
    event_set_integer(event, column, utc_ms);
}

void event_set_json(struct event *event, enum column column, const struct json *doc,
                    json_value value)
{
    if (json_is_compact(doc)) {
        event_set_raw(event, column, json_raw(doc, value));
        return;
    }
    struct event_value *json = place(event, column, EVENT_JSON);
    json->as.json.doc = doc;
    json->as.json.value = value;
}

void event_set_raw(struct event *event, enum column column, struct view json_text)
{
    place(event, column, EVENT_RAW)->as.text = json_text;
}

void event_remove(struct event *event, enum column column)
{
    event->present &= ~bit_of(column);
}

void event_repeat(struct event *event, enum column to, enum column from)
{
    if (event_has(event, from)) {
        event->present |= bit_of(to);
        event->values[to] = event->values[from];
    } else {
        event_remove(event, to);
    }
}

bool event_has(const struct event *event, enum column column)
{
    return (event->present & bit_of(column)) != 0;
}

struct view event_text(const struct event *event, enum column column)
{
    const struct event_value *value = &event->values[column];
    bool is_text =
        event_has(event, column) && (value->kind == EVENT_TEXT || value->kind == EVENT_PLAIN);
    return is_text ? value->as.text : view_make(NULL, 0);
}

bool event_number(const struct event *event, enum column column, int64_t *number)
{
    const struct event_value *value = &event->values[column];
    if (!event_has(event, column) || value->kind != EVENT_NUMBER) {
        return false;
    }
    *number = value->as.number;
    return true;
}

static enum status take_string(struct event *event, enum column column, const struct json *doc,
                               json_value value, struct arena *arena)
{
    struct view text;
    if (json_is_plain(doc, value) || json_kind(doc, value) == JSON_NUMBER) {
        text = json_unquoted(doc, value);
        event_set_plain(event, column, text);
        return STATUS_OK;
    }
    enum status status = json_text(doc, value, arena, &text);
    if (status == STATUS_OK) {
        event_set_string(event, column, text);
    }
    return status;
}

static enum status take_integer(struct event *event, enum column column, const struct json *doc,
                                json_value value, struct arena *arena)
{
    int64_t number;
    struct view text;
    if (json_kind(doc, value) == JSON_STRING) {
        enum status status = json_text(doc, value, arena, &text);
        if (status != STATUS_OK || !view_to_int64(text, &number)) {
            return status == STATUS_OK ? STATUS_BAD_INPUT : status;
        }
    } else if (!json_to_int64(doc, value, &number)) {
        return STATUS_BAD_INPUT;
    }
    event_set_integer(event, column, number);
    return STATUS_OK;
}

static enum status take_time(struct event *event, enum column column, const struct json *doc,
                             json_value value, struct arena *arena)
{
    int64_t utc_ms;
    int64_t whole;
    double number;
    struct view text;
    if (json_kind(doc, value) == JSON_STRING) {
        enum status status = json_text(doc, value, arena, &text);
        if (status != STATUS_OK || !clock_parse(text.at, text.len, &utc_ms)) {
            return status == STATUS_OK ? STATUS_BAD_INPUT : status;
        }
    } else if (json_to_int64(doc, value, &whole) && whole >= 0 && whole < YEAR_10000_MS) {
        utc_ms = whole;
    } else if (json_to_double(doc, value, &number) && number >= 0 &&
               number < (double)YEAR_10000_MS) {
        utc_ms = (int64_t)number;
    } else {
        return STATUS_BAD_INPUT;
    }
    event_set_time(event, column, utc_ms);
    return STATUS_OK;
}

static enum status take_boolean(struct event *event, enum column column, enum json_kind kind)
{
    if (kind != JSON_TRUE && kind != JSON_FALSE) {
        return STATUS_BAD_INPUT;
    }
    event_set_boolean(event, column, kind == JSON_TRUE);
    return STATUS_OK;
}

enum status event_take(struct event *event, enum column column, const struct json *doc,
                       json_value value, struct arena *arena)
{
    enum json_kind kind = json_kind(doc, value);
    if (kind == JSON_NULL || kind == JSON_NONE) {
        return STATUS_OK;
    }
    switch (columns[column].type) {
    case COLUMN_STRING:
        return take_string(event, column, doc, value, arena);
    case COLUMN_INTEGER:
        return take_integer(event, column, doc, value, arena);
    case COLUMN_TIME:
        return take_time(event, column, doc, value, arena);
    case COLUMN_BOOLEAN:
        return take_boolean(event, column, kind);
    case COLUMN_REAL:
        if (kind != JSON_NUMBER) {
            return STATUS_BAD_INPUT;
        }
        break;
    case COLUMN_JSON:
        if (kind != JSON_OBJECT && kind != JSON_ARRAY) {
            return STATUS_BAD_INPUT;
        }
        break;
    }
    event_set_json(event, column, doc, value);
    return STATUS_OK;
}

static size_t value_bytes_max(enum column_type type, const struct event_value *value)
{
    switch (value->kind) {
    case EVENT_TEXT:
        return json_string_bytes(value->as.text);
    case EVENT_PLAIN:
        return value->as.text.len + 2;
    case EVENT_NUMBER:
        return type == COLUMN_TIME ? CLOCK_TEXT_BYTES + 1 : DIGITS_BYTES_MAX;
    case EVENT_JSON:
        return json_raw(value->as.json.doc, value->as.json.value).len;
    case EVENT_RAW:
        break;
    }
    return value->as.text.len;
}

static size_t row_bytes_max(const struct event *event)
{
    size_t bytes = COLUMN_HEAD_BYTES; /* heads are copied with the zeros behind them */
    for (uint64_t left = event->present; left != 0; left &= left - 1) {
        const struct column_row *row = &columns[first_of(left)];
        bytes += row->name_len + 4 + value_bytes_max(row->type, &event->values[first_of(left)]);
    }
    return bytes;
}

/* 8 to 32 bytes, as most texts have, are copied without a call, by words that may overlap. */
static char *put_bytes(char *to, struct view bytes)
{
    size_t len = bytes.len;
    if (len >= 16 && len <= 32) {
        memcpy(to, bytes.at, 16);
        memcpy(to + len - 16, bytes.at + len - 16, 16);
    } else if (len >= 8 && len < 16) {
        memcpy(to, bytes.at, 8);
        memcpy(to + len - 8, bytes.at + len - 8, 8);
    } else if (len > 0) {
        memcpy(to, bytes.at, len);
    }
    return to + len;
}

static char *put_plain(char *to, struct view text)
{
    *to++ = '"';
    to = put_bytes(to, text);
    *to++ = '"';
    return to;
}

/* The last time that was written, and where: a row has the same one twice, as a rule. */
struct last_time {
    int64_t utc_ms;
    const char *text; /* quoted; NULL: none yet */
};

static char *put_time(char *to, int64_t utc_ms, struct last_time *last)
{
    enum { BYTES = CLOCK_TEXT_BYTES + 1 };
    if (last->text && last->utc_ms == utc_ms) {
        memcpy(to, last->text, BYTES);
        return to + BYTES;
    }
    *last = (struct last_time){utc_ms, to};
    to[0] = '"';
    clock_format(utc_ms, to + 1);
    to[CLOCK_TEXT_BYTES] = '"'; /* where the zero byte was */
    return to + BYTES;
}

static char *put_number(char *to, enum column_type type, int64_t number, struct last_time *last)
{
    if (type == COLUMN_BOOLEAN) {
        return put_bytes(to, number ? VIEW_LITERAL("true") : VIEW_LITERAL("false"));
    }
    return type == COLUMN_TIME ? put_time(to, number, last) : digits_put_signed(to, number);
}

static char *put_value(char *to, enum column_type type, const struct event_value *value,
                       struct last_time *last)
{
    switch (value->kind) {
    case EVENT_TEXT:
        return json_put_string(to, value->as.text);
    case EVENT_PLAIN:
        return put_plain(to, value->as.text);
    case EVENT_NUMBER:
        return put_number(to, type, value->as.number, last);
    case EVENT_JSON:
        return json_put_compact(to, value->as.json.doc, value->as.json.value);
    case EVENT_RAW:
        break;
    }
    return put_bytes(to, value->as.text);
}

enum status event_append_row(struct buf *out, const struct event *event)
{
    char *begin = buf_reserve(out, row_bytes_max(event));
    if (!begin) {
        return out->status;
    }
    struct last_time last = {0};
    char *to = begin;
    *to = ',';
    to += event->present == 0;
    for (uint64_t left = event->present; left != 0; left &= left - 1) {
        const struct column_row *row = &columns[first_of(left)];
        memcpy(to, row->head, COLUMN_HEAD_BYTES);
        to = put_value(to + row->name_len + 4, row->type, &event->values[first_of(left)], &last);
    }
    *begin = '{'; /* in place of the first comma */
    *to++ = '}';
    buf_used(out, (size_t)(to - begin));
    return out->status;
}
