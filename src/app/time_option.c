#include "app/time_option.h"

#include "base/clock.h"
#include "base/view.h"

#include <stdio.h>

static bool read_ago(struct view text, int64_t now_ms, int64_t *utc_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = {{'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
    uint64_t count;
    if (text.len < 2 || !view_to_uint64(view_part(text, 0, text.len - 1), &count)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (text.at[text.len - 1] == UNITS[i].unit && count <= (uint64_t)(now_ms / UNITS[i].ms)) {
            *utc_ms = now_ms - (int64_t)count * UNITS[i].ms;
            return true;
        }
    }
    return false;
}

static bool read_day(struct view text, int64_t *utc_ms)
{
    char whole[CLOCK_TEXT_BYTES];
    int len = snprintf(whole, sizeof(whole), "%.*sT00:00:00Z", VIEW_ARG(view_part(text, 0, 10)));
    return text.len == 10 && clock_parse(whole, (size_t)len, utc_ms);
}

enum status time_option_read(const char *name, const char *text, int64_t now_ms, int64_t *utc_ms,
                             struct fault *fault)
{
    struct view view = view_from_text(text);
    if (read_ago(view, now_ms, utc_ms) || read_day(view, utc_ms) ||
        clock_parse(view.at, view.len, utc_ms)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_BAD_INPUT,
                     "%s must be a day like 2026-11-24, a time like 2026-11-24T12:00:00Z, or a "
                     "time ago like 90m, 36h, 7d or 2w, not \"%.60s\"",
                     name, text);
}
