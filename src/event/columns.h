/*
 * columns.h - the one table of what an event has: name, type, meaning, example.
 *
 * NDJSON rows, and later Parquet, table definitions and the documentation follow from it, in this
 * order. A change here is a change of the documented format.
 *
 *     for (size_t i = 0; i < COLUMN_COUNT; i++) { puts(columns[i].name); }
 */
#ifndef PIPES_EVENT_COLUMNS_H
#define PIPES_EVENT_COLUMNS_H

#include "base/view.h"

#include <stdbool.h>

enum column_type {
    COLUMN_STRING,  /* UTF-8 */
    COLUMN_INTEGER, /* 64 bits, signed */
    COLUMN_REAL,    /* a JSON number, bytes as sent */
    COLUMN_BOOLEAN,
    COLUMN_TIME, /* UTC, milliseconds since 1970; RFC 3339 in a row */
    COLUMN_JSON, /* any JSON value, bytes as sent but for insignificant whitespace */
};

enum column {
    COLUMN_EVENT_ID,
    COLUMN_TYPE,
    COLUMN_NAME,
    COLUMN_PROPERTIES,
    COLUMN_USER_PROPERTIES,
    COLUMN_CONTEXT,
    COLUMN_ANONYMOUS_ID,
    COLUMN_USER_ID,
    COLUMN_GROUP_ID,
    COLUMN_PREVIOUS_ID,
    COLUMN_SESSION_ID,
    COLUMN_SESSION_INDEX,
    COLUMN_PAGE_VIEW_ID,
    COLUMN_LOAD_ID,
    COLUMN_SEQ,
    COLUMN_TAB_ID,
    COLUMN_EVENT_TIME,
    COLUMN_CREATED_AT,
    COLUMN_SENT_AT,
    COLUMN_RECEIVED_AT,
    COLUMN_SINCE_LOAD_MS,
    COLUMN_SITE,
    COLUMN_ENVIRONMENT,
    COLUMN_IS_TEST,
    COLUMN_RELEASE,
    COLUMN_URL,
    COLUMN_HOST,
    COLUMN_PATH,
    COLUMN_TITLE,
    COLUMN_REFERRER,
    COLUMN_REFERRER_KIND,
    COLUMN_REFERRER_NAME,
    COLUMN_CAMPAIGN_SOURCE,
    COLUMN_CAMPAIGN_MEDIUM,
    COLUMN_CAMPAIGN_NAME,
    COLUMN_CAMPAIGN_TERM,
    COLUMN_CAMPAIGN_CONTENT,
    COLUMN_CLICK_ID_KIND,
    COLUMN_BROWSER,
    COLUMN_BROWSER_VERSION,
    COLUMN_OS,
    COLUMN_OS_VERSION,
    COLUMN_DEVICE_KIND,
    COLUMN_SCREEN_WIDTH,
    COLUMN_SCREEN_HEIGHT,
    COLUMN_VIEWPORT_WIDTH,
    COLUMN_VIEWPORT_HEIGHT,
    COLUMN_DENSITY,
    COLUMN_LOCALE,
    COLUMN_TIMEZONE,
    COLUMN_COUNTRY,
    COLUMN_REGION,
    COLUMN_IS_BOT,
    COLUMN_BOT_REASON,
    COLUMN_CONSENT,
    COLUMN_SIGNALS,
    COLUMN_ADAPTER,
    COLUMN_LIBRARY,
    COLUMN_LIBRARY_VERSION,
    COLUMN_DROPPED,
    COLUMN_INGEST_SEQ,
    COLUMN_COUNT
};

enum { COLUMN_HEAD_BYTES = 24 };

struct column_row {
    const char *name;
    size_t name_len;
    char head[COLUMN_HEAD_BYTES]; /* ,"name": and zeros: what stands before a value in a row */
    enum column_type type;
    bool is_from_client; /* a client may set it by its name; all others are the collector's */
    const char *meaning;
    const char *example;
};

extern const struct column_row columns[COLUMN_COUNT];

const char *column_type_name(enum column_type type);
/* The column of that name, or COLUMN_COUNT. */
enum column column_find(struct view name);

#endif
