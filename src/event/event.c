#include "event/event.h"

#include "base/clock.h"

static const int64_t YEAR_10000_MS = 253402300800000;

void event_set_string(struct event *event, enum column column, struct view text)
{
    event->values[column] = (struct event_value){.kind = EVENT_TEXT, .as.text = text};
}

void event_set_integer(struct event *event, enum column column, int64_t value)
{
    event->values[column] = (struct event_value){.kind = EVENT_NUMBER, .as.number = value};
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
    event->values[column] =
        (struct event_value){.kind = EVENT_JSON, .as.json = {.doc = doc, .value = value}};
}

void event_set_raw(struct event *event, enum column column, struct view json_text)
{
    event->values[column] = (struct event_value){.kind = EVENT_RAW, .as.text = json_text};
}

bool event_has(const struct event *event, enum column column)
{
    return event->values[column].kind != EVENT_ABSENT;
}

struct view event_text(const struct event *event, enum column column)
{
    const struct event_value *value = &event->values[column];
    return value->kind == EVENT_TEXT ? value->as.text : view_make(NULL, 0);
}

static enum status take_string(struct event *event, enum column column, const struct json *doc,
                               json_value value, struct arena *arena)
{
    struct view text = json_raw(doc, value);
    enum status status = STATUS_OK;
    if (json_kind(doc, value) == JSON_STRING) {
        status = json_text(doc, value, arena, &text);
    } else if (json_kind(doc, value) != JSON_NUMBER) {
        status = STATUS_BAD_INPUT;
    }
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

/* ,"name": */
static void append_name(struct buf *out, char before, const struct column_row *row)
{
    char *to = buf_reserve(out, row->name_len + 4);
    if (!to) {
        return;
    }
    *to++ = before;
    *to++ = '"';
    memcpy(to, row->name, row->name_len);
    to += row->name_len;
    *to++ = '"';
    *to++ = ':';
    buf_used(out, row->name_len + 4);
}

static void append_time(struct buf *out, int64_t utc_ms)
{
    char text[1 + CLOCK_TEXT_BYTES]; /* the last quote stands where its zero byte was */
    text[0] = '"';
    clock_format(utc_ms, text + 1);
    text[CLOCK_TEXT_BYTES] = '"';
    buf_append(out, text, sizeof(text));
}

static void append_number(struct buf *out, enum column_type type, int64_t number)
{
    if (type == COLUMN_BOOLEAN) {
        buf_append_text(out, number ? "true" : "false");
    } else if (type == COLUMN_TIME) {
        append_time(out, number);
    } else {
        buf_append_int64(out, number);
    }
}

static void append_value(struct buf *out, enum column_type type, const struct event_value *value)
{
    switch (value->kind) {
    case EVENT_TEXT:
        json_append_string(out, value->as.text);
        break;
    case EVENT_NUMBER:
        append_number(out, type, value->as.number);
        break;
    case EVENT_JSON:
        json_append_compact(out, value->as.json.doc, value->as.json.value);
        break;
    case EVENT_RAW:
        buf_append_view(out, value->as.text);
        break;
    case EVENT_ABSENT:
        break;
    }
}

enum status event_append_row(struct buf *out, const struct event *event)
{
    char before = '{';
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (event->values[i].kind == EVENT_ABSENT) {
            continue;
        }
        append_name(out, before, &columns[i]);
        append_value(out, columns[i].type, &event->values[i]);
        before = ',';
    }
    buf_append_text(out, before == '{' ? "{}" : "}");
    return buf_status(out);
}
