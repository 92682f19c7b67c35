#include "app/time_range.h"

#include "base/clock.h"

#include <stdio.h>

static bool read_ago(struct view text, int64_t now_ms, int64_t *ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    uint64_t count;
    if (text.len < 2 || !view_to_uint64(view_part(text, 0, text.len - 1), &count) ||
        count > 1000000) {
        return false;
    }
    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (text.at[text.len - 1] == UNITS[i].unit) {
            *ms = now_ms - (int64_t)count * UNITS[i].ms;
            return true;
        }
    }
    return false;
}

static bool read_date(struct view text, int64_t *ms)
{
    char whole[32];
    int len = snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text.at);
    return text.len == 10 && clock_parse(whole, (size_t)len, ms);
}

enum status time_range_read(const char *option, const char *text, int64_t now_ms, int64_t *ms,
                            struct fault *fault)
{
    struct view view = view_from_text(text);
    int64_t read = 0;
    if (view.len == 0) {
        return STATUS_OK;
    }
    if (!read_ago(view, now_ms, &read) && !read_date(view, &read) &&
        !clock_parse(view.at, view.len, &read)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "--%s %.40s is no moment: 2026-11-24, 2026-11-24T07:30:00Z, or how long "
                         "ago: 90m, 24h, 7d",
                         option, text);
    }
    *ms = read > 0 ? read : 0;
    return STATUS_OK;
}
