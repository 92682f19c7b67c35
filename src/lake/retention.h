/*
 * retention.h - how long what is kept.
 *
 * A rule has an age; an hour of the lake that is over for so long has nothing of what the rule
 * speaks of any more. Hours are of received_at, and whole: a row goes up to an hour late, never
 * early.
 *
 *     struct retention retention = {.now_ms = now_ms};
 *     retention.keep_ms[RETENTION_IDENTIFIED] = 90 * DAY_MS;
 *     if (retention_is_over(&retention, RETENTION_EVENTS, hour)) { ... all of it goes ... }
 *     if (retention_meets(&retention, hour)) { ... some rows may ... }
 */
#ifndef PIPES_LAKE_RETENTION_H
#define PIPES_LAKE_RETENTION_H

#include "base/buf.h"
#include "base/view.h"

enum retention_rule {
    RETENTION_EVENTS,     /* all rows */
    RETENTION_IDENTIFIED, /* with a user_id */
    RETENTION_TEST,       /* is_test */
    RETENTION_BOTS,       /* is_bot */
    RETENTION_QUARANTINE,
    RETENTION_PAGE, /* and the other types: by their names */
    RETENTION_SCREEN,
    RETENTION_TRACK,
    RETENTION_IDENTIFY,
    RETENTION_GROUP,
    RETENTION_ALIAS,
    RETENTION_ENGAGEMENT,
    RETENTION_IMPRESSION,
    RETENTION_CLICK,
    RETENTION_FORM,
    RETENTION_ERROR,
    RETENTION_VITALS,
    RETENTION_RULES
};

struct retention {
    int64_t now_ms;
    int64_t keep_ms[RETENTION_RULES]; /* 0: for ever */
};

/* "events", as behind "retention." in the configuration. */
const char *retention_rule_name(enum retention_rule rule);
bool retention_has_any(const struct retention *retention);
/* Whether what the rule speaks of is over in this hour (hours since 1970). */
bool retention_is_over(const struct retention *retention, enum retention_rule rule, int64_t hour);
/* Whether a rule for some of an hour's rows is over, and not that for all of them. */
bool retention_meets(const struct retention *retention, int64_t hour);
/* Whether a row of the hour (NDJSON) goes, by a rule for some rows. */
bool retention_takes(const struct retention *retention, int64_t hour, struct view row);
/* The same as a condition in SQL. */
void retention_append_sql(const struct retention *retention, int64_t hour, struct buf *sql);

#endif
