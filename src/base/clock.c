#include "base/clock.h"

#include "base/digits.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t LAST_MS = 253402300799999; /* 9999-12-31T23:59:59.999Z */

static int64_t read_ms(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_now_ms(void *self)
{
    (void)self;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(void *self)
{
    (void)self;
    return read_ms(CLOCK_MONOTONIC);
}

struct clock clock_system(void)
{
    return (struct clock){.now_ms = system_now_ms, .monotonic_ms = system_monotonic_ms};
}

int64_t clock_now_ms(const struct clock *clock)
{
    return clock->now_ms(clock->self);
}

int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_ms(clock->self);
}

int64_t clock_stopwatch_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* By hand: every row has several of these, and strftime() costs more than the rest of the row.
 * Days to a date as in H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days:
 * years of 400 that begin in March. */
static void put_date(char *at, uint32_t days)
{
    enum { DAYS_TO_1970 = 719468, DAYS_OF_400_YEARS = 146097 };
    uint32_t shifted = days + DAYS_TO_1970;
    uint32_t day_of_era = shifted % DAYS_OF_400_YEARS;
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t from_march = (5 * day_of_year + 2) / 153;
    uint32_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    uint32_t year = shifted / DAYS_OF_400_YEARS * 400 + year_of_era + (month <= 2);
    digits_put_two(at, year / 100);
    digits_put_two(at + 2, year % 100);
    digits_put_two(at + 5, month);
    digits_put_two(at + 8, day_of_year - (153 * from_march + 2) / 5 + 1);
}

void clock_format(int64_t utc_ms, char text[CLOCK_TEXT_BYTES])
{
    int64_t ms = utc_ms < 0 ? 0 : utc_ms > LAST_MS ? LAST_MS : utc_ms;
    uint32_t of_day = (uint32_t)(ms % 86400000);
    memcpy(text, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_BYTES);
    put_date(text, (uint32_t)(ms / 86400000));
    uint32_t of_second = of_day % 1000;
    digits_put_two(text + 11, of_day / 3600000);
    digits_put_two(text + 14, of_day / 60000 % 60);
    digits_put_two(text + 17, of_day / 1000 % 60);
    text[20] = (char)('0' + of_second / 100);
    digits_put_two(text + 21, of_second % 100);
}

/* What is left to read. */
struct scan {
    const char *at;
    const char *end;
};

static bool take_number(struct scan *scan, int digits, int least, int most, int *value)
{
    int sum = 0;
    for (int i = 0; i < digits; i++) {
        if (scan->at == scan->end || *scan->at < '0' || *scan->at > '9') {
            return false;
        }
        sum = sum * 10 + (*scan->at++ - '0');
    }
    *value = sum;
    return sum >= least && sum <= most;
}

static bool take_one_of(struct scan *scan, const char *allowed, char *taken)
{
    if (scan->at == scan->end) {
        return false;
    }
    for (const char *c = allowed; *c; c++) {
        if (*scan->at == *c) {
            *taken = *scan->at++;
            return true;
        }
    }
    return false;
}

static bool take_date_time(struct scan *scan, struct tm *parts)
{
    char mark;
    return take_number(scan, 4, 1970, 9999, &parts->tm_year) && take_one_of(scan, "-", &mark) &&
           take_number(scan, 2, 1, 12, &parts->tm_mon) && take_one_of(scan, "-", &mark) &&
           take_number(scan, 2, 1, 31, &parts->tm_mday) && take_one_of(scan, "Tt ", &mark) &&
           take_number(scan, 2, 0, 23, &parts->tm_hour) && take_one_of(scan, ":", &mark) &&
           take_number(scan, 2, 0, 59, &parts->tm_min) && take_one_of(scan, ":", &mark) &&
           take_number(scan, 2, 0, 60, &parts->tm_sec);
}

static bool take_fraction(struct scan *scan, int *ms)
{
    char mark;
    *ms = 0;
    if (!take_one_of(scan, ".", &mark)) {
        return true;
    }
    int digits = 0;
    for (int unit = 100; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; digits++) {
        *ms += (*scan->at++ - '0') * unit;
        unit /= 10;
    }
    return digits >= 1 && digits <= 9;
}

static bool take_offset(struct scan *scan, int64_t *offset_ms)
{
    char sign;
    char mark;
    int hours;
    int minutes;
    *offset_ms = 0;
    if (take_one_of(scan, "Zz", &sign)) {
        return true;
    }
    if (!take_one_of(scan, "+-", &sign) || !take_number(scan, 2, 0, 23, &hours) ||
        !take_one_of(scan, ":", &mark) || !take_number(scan, 2, 0, 59, &minutes)) {
        return false;
    }
    *offset_ms = (hours * 60 + minutes) * 60000LL * (sign == '-' ? -1 : 1);
    return true;
}

bool clock_parse(const char *text, size_t len, int64_t *utc_ms)
{
    struct scan scan = {text, text + len};
    struct tm parts = {0};
    int ms;
    int64_t offset_ms;
    if (!take_date_time(&scan, &parts) || !take_fraction(&scan, &ms) ||
        !take_offset(&scan, &offset_ms) || scan.at != scan.end) {
        return false;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    struct tm day = {.tm_year = parts.tm_year, .tm_mon = parts.tm_mon, .tm_mday = parts.tm_mday};
    timegm(&day);
    if (day.tm_mday != parts.tm_mday) {
        return false; /* 31 February: timegm made it March */
    }
    int64_t seconds = (int64_t)timegm(&parts);
    *utc_ms = seconds * 1000 + ms - offset_ms;
    return true;
}
