#include "lake/retention.h"

#include "lake/row_cells.h"

static const int64_t HOUR_MS = 3600000;

static const struct {
    const char *name;
    const char *sql; /* NULL: the type of that name */
} RULES[RETENTION_RULES] = {
    [RETENTION_EVENTS] = {"events", "true"},
    [RETENTION_IDENTIFIED] = {"identified", "user_id IS NOT NULL"},
    [RETENTION_TEST] = {"test", "coalesce(is_test, false)"},
    [RETENTION_BOTS] = {"bots", "coalesce(is_bot, false)"},
    [RETENTION_QUARANTINE] = {"quarantine", "false"},
    [RETENTION_PAGE] = {"page", NULL},
    [RETENTION_SCREEN] = {"screen", NULL},
    [RETENTION_TRACK] = {"track", NULL},
    [RETENTION_IDENTIFY] = {"identify", NULL},
    [RETENTION_GROUP] = {"group", NULL},
    [RETENTION_ALIAS] = {"alias", NULL},
    [RETENTION_ENGAGEMENT] = {"engagement", NULL},
    [RETENTION_IMPRESSION] = {"impression", NULL},
    [RETENTION_CLICK] = {"click", NULL},
    [RETENTION_FORM] = {"form", NULL},
    [RETENTION_ERROR] = {"error", NULL},
    [RETENTION_VITALS] = {"vitals", NULL},
};

const char *retention_rule_name(enum retention_rule rule)
{
    return RULES[rule].name;
}

bool retention_has_any(const struct retention *retention)
{
    for (int i = 0; i < RETENTION_RULES; i++) {
        if (retention->keep_ms[i] > 0) {
            return true;
        }
    }
    return false;
}

bool retention_is_over(const struct retention *retention, enum retention_rule rule, int64_t hour)
{
    int64_t keep_ms = retention->keep_ms[rule];
    return keep_ms > 0 && (hour + 1) * HOUR_MS <= retention->now_ms - keep_ms;
}

static bool is_for_some(enum retention_rule rule)
{
    return rule != RETENTION_EVENTS && rule != RETENTION_QUARANTINE;
}

bool retention_meets(const struct retention *retention, int64_t hour)
{
    if (retention_is_over(retention, RETENTION_EVENTS, hour)) {
        return false;
    }
    for (enum retention_rule i = 0; i < RETENTION_RULES; i++) {
        if (is_for_some(i) && retention_is_over(retention, i, hour)) {
            return true;
        }
    }
    return false;
}

static bool is_true(const struct row_cells *cells, enum column column)
{
    return cells->kinds[column] == CELL_SCALAR && view_is(cells->text[column], "true");
}

static bool speaks_of(enum retention_rule rule, const struct row_cells *cells)
{
    switch (rule) {
    case RETENTION_IDENTIFIED:
        return cells->kinds[COLUMN_USER_ID] == CELL_PLAIN ||
               cells->kinds[COLUMN_USER_ID] == CELL_ESCAPED;
    case RETENTION_TEST:
        return is_true(cells, COLUMN_IS_TEST);
    case RETENTION_BOTS:
        return is_true(cells, COLUMN_IS_BOT);
    default:
        return cells->kinds[COLUMN_TYPE] == CELL_PLAIN &&
               view_is(cells->text[COLUMN_TYPE], RULES[rule].name);
    }
}

bool retention_takes(const struct retention *retention, int64_t hour, struct view row)
{
    struct row_cells cells;
    if (!row_cells_read(&cells, row)) {
        return false;
    }
    for (enum retention_rule i = 0; i < RETENTION_RULES; i++) {
        if (is_for_some(i) && retention_is_over(retention, i, hour) && speaks_of(i, &cells)) {
            return true;
        }
    }
    return false;
}

void retention_append_sql(const struct retention *retention, int64_t hour, struct buf *sql)
{
    buf_append_text(sql, "(false");
    for (enum retention_rule i = 0; i < RETENTION_RULES; i++) {
        if (!is_for_some(i) || !retention_is_over(retention, i, hour)) {
            continue;
        }
        if (RULES[i].sql) {
            buf_append_format(sql, " OR %s", RULES[i].sql);
        } else {
            buf_append_format(sql, " OR coalesce(type = '%s', false)", RULES[i].name);
        }
    }
    buf_append_text(sql, ")");
}
