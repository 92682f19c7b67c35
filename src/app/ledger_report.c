#include "app/ledger_report.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

static const int64_t HOUR_MS = 3600000;
enum { TOTALS_ONLY_SITES = 512 };
static const enum ledger_count REFUSALS[] = {
    LEDGER_REFUSED_NOT_JSON,   LEDGER_REFUSED_TOO_BIG, LEDGER_REFUSED_ORIGIN,
    LEDGER_REFUSED_OVERLOADED, LEDGER_REFUSED_SOURCE,  LEDGER_REFUSED_SITE,
    LEDGER_REFUSED_STRANGER,   LEDGER_REFUSED_HTTP,    LEDGER_TURNED_AWAY,
};
enum { REFUSAL_COUNT = sizeof(REFUSALS) / sizeof(REFUSALS[0]) };

static void add_row(struct ledger_sums *sums, const struct ledger_row *row)
{
    for (enum ledger_count i = 0; row && i < LEDGER_COUNTS; i++) {
        sums->counts[i] += row->counts[i];
    }
}

static void add_found(struct ledger_sums *sums, const struct ledger_row *row)
{
    if (row) {
        sums->in_flight += row->counts[LEDGER_TAKEN];
        sums->uncounted += row->counts[LEDGER_RECOVERED];
        sums->rows += row->counts[LEDGER_STORED];
        sums->quarantine_rows += row->counts[LEDGER_QUARANTINED];
    }
}

static void subtract(struct ledger_sums *sums)
{
    const uint64_t *counts = sums->counts;
    int64_t requests =
        (int64_t)(counts[LEDGER_REQUESTS] - counts[LEDGER_ANSWERED] - counts[LEDGER_UNANSWERED]);
    for (size_t i = 0; i < REFUSAL_COUNT; i++) {
        requests -= (int64_t)counts[REFUSALS[i]];
    }
    sums->waiting = requests;
    sums->cut_off = (int64_t)(counts[LEDGER_RECEIVED] - counts[LEDGER_DROPPED_SIGNAL] -
                              counts[LEDGER_DROPPED_FORGOTTEN] - counts[LEDGER_GIVEN_UP] -
                              (counts[LEDGER_TAKEN] - counts[LEDGER_RECOVERED]) - sums->in_flight);
}

void ledger_report_sums(struct ledger_sums *sums, const struct ledger_hour_reading *hour,
                        const char *site)
{
    struct view name = view_from_text(site);
    *sums = (struct ledger_sums){0};
    add_row(sums, ledger_tally_find(&hour->counted.tally, hour->counted.hour, name));
    add_found(sums, ledger_tally_find(&hour->found, hour->counted.hour, name));
    subtract(sums);
}

static void sum_hour(struct ledger_sums *sums, const struct ledger_hour_reading *hour)
{
    *sums = (struct ledger_sums){0};
    for (size_t i = 0; i < hour->counted.tally.count; i++) {
        add_row(sums, &hour->counted.tally.rows[i]);
    }
    for (size_t i = 0; i < hour->found.count; i++) {
        add_found(sums, &hour->found.rows[i]);
    }
    subtract(sums);
}

/* What is compared: a site of an hour, or all of it. */
struct comparison {
    struct ledger_reading *reading;
    const struct ledger_hour_reading *hour;
    const struct ledger_sums *sums;
    const char *site; /* NULL: all of the hour */
};

static void complain(const struct comparison *of, const char *what, int64_t left, int64_t right)
{
    const char *site = !of->site ? "all sites" : of->site[0] ? of->site : "no site";
    ledger_reading_complain(of->reading, of->hour->counted.hour, "%s: %s: %lld and %lld", site,
                            what, (long long)left, (long long)right);
}

/* A collector that counts, and one that was killed, may have something at hand. */
static bool may_be_open(const struct comparison *of)
{
    return of->reading->is_open || of->hour->counted.crash_count > 0;
}

static void compare_requests(const struct comparison *of)
{
    bool is_off = of->sums->waiting < 0 || (of->sums->waiting > 0 && !may_be_open(of));
    if (is_off) {
        int64_t requests = (int64_t)of->sums->counts[LEDGER_REQUESTS];
        complain(of, "requests, and what became of them", requests, requests - of->sums->waiting);
    }
}

static void compare_door(const struct comparison *of)
{
    const uint64_t *counts = of->sums->counts;
    int64_t kept =
        (int64_t)(counts[LEDGER_TAKEN] - counts[LEDGER_RECOVERED]) + (int64_t)of->sums->in_flight;
    int64_t accepted = (int64_t)counts[LEDGER_ACCEPTED];
    /* A commit that failed may have reached the disk when the collector was killed right then. */
    int64_t in_doubt = of->hour->counted.crash_count > 0 ? (int64_t)counts[LEDGER_GIVEN_UP] : 0;
    if (kept < accepted) {
        complain(of, "events that were acknowledged, and what journal and lake had of them",
                 accepted, kept);
    } else if (of->sums->cut_off < -in_doubt || (of->sums->cut_off > 0 && !may_be_open(of))) {
        complain(of, "events received and not dropped, and what journal and lake had of them",
                 kept + of->sums->cut_off, kept);
    }
}

static void compare_lake(const struct comparison *of)
{
    const uint64_t *counts = of->sums->counts;
    uint64_t became = counts[LEDGER_STORED] + counts[LEDGER_DUPLICATE] +
                      counts[LEDGER_QUARANTINED] + counts[LEDGER_QUARANTINE_FULL] +
                      counts[LEDGER_ERASED_EARLY];
    if (became != counts[LEDGER_TAKEN]) {
        complain(of, "events taken from the journal, and what became of them",
                 (int64_t)counts[LEDGER_TAKEN], (int64_t)became);
    }
}

static void compare_rows(const struct comparison *of)
{
    const uint64_t *counts = of->sums->counts;
    uint64_t went = counts[LEDGER_MERGED] + counts[LEDGER_ERASED] + counts[LEDGER_EXPIRED];
    uint64_t found = of->sums->rows;
    if (!of->site) {
        went += of->hour->merged;
        found += of->hour->event_rows;
    }
    if (counts[LEDGER_STORED] != found + went) {
        complain(of, "rows stored and still to be there, and rows found",
                 (int64_t)(counts[LEDGER_STORED] - went), (int64_t)found);
    }
}

static void compare_quarantine(const struct comparison *of)
{
    const uint64_t *counts = of->sums->counts;
    uint64_t went =
        of->hour->replayed + counts[LEDGER_QUARANTINE_ERASED] + counts[LEDGER_QUARANTINE_EXPIRED];
    if (counts[LEDGER_QUARANTINED] != of->sums->quarantine_rows + went) {
        complain(of, "rows put into quarantine and still to be there, and rows found",
                 (int64_t)(counts[LEDGER_QUARANTINED] - went), (int64_t)of->sums->quarantine_rows);
    }
}

static void compare(struct ledger_reading *reading, const struct ledger_hour_reading *hour,
                    const struct ledger_sums *sums, const char *site)
{
    const struct comparison of = {reading, hour, sums, site};
    compare_requests(&of);
    compare_door(&of);
    compare_lake(&of);
    /* Rows in Parquet are known by the hour. */
    bool is_known = hour->counted.hour > reading->since && (!site || !hour->is_compacted);
    if (is_known) {
        compare_rows(&of);
    }
    /* What is in quarantine is of no site. */
    if (hour->counted.hour > reading->since && (!site || !site[0])) {
        compare_quarantine(&of);
    }
}

/* Sites of either side; each once. */
static const char *site_at(const struct ledger_hour_reading *hour, size_t index)
{
    const struct ledger_tally *counted = &hour->counted.tally;
    if (index < counted->count) {
        return counted->rows[index].site;
    }
    const char *site = hour->found.rows[index - counted->count].site;
    return ledger_tally_find(counted, hour->counted.hour, view_from_text(site)) ? NULL : site;
}

static void check_hour(struct ledger_reading *reading, const struct ledger_hour_reading *hour)
{
    struct ledger_sums sums;
    size_t problems = reading->problem_count;
    /* With very many sites, which of them count as the others is each stage's own affair. */
    bool has_sites = hour->counted.tally.count < TOTALS_ONLY_SITES;
    size_t count = hour->counted.tally.count + hour->found.count;
    for (size_t i = 0; i < count && has_sites; i++) {
        const char *site = site_at(hour, i);
        if (site) {
            ledger_report_sums(&sums, hour, site);
            compare(reading, hour, &sums, site);
        }
    }
    if (problems == reading->problem_count) {
        sum_hour(&sums, hour);
        compare(reading, hour, &sums, NULL);
    }
}

void ledger_report_check(struct ledger_reading *reading)
{
    for (size_t i = 0; i < reading->hour_count; i++) {
        check_hour(reading, &reading->hours[i]);
    }
}

static void append_term(struct buf *out, const char **before, uint64_t value, const char *name)
{
    if (value > 0) {
        buf_append_format(out, "%s%llu %s", *before, (unsigned long long)value, name);
        *before = " + ";
    }
}

static void append_name(struct buf *out, const struct ledger_hour_reading *hour, const char *name)
{
    char text[LEDGER_HOUR_NAME_BYTES];
    ledger_hour_name(hour->counted.hour, text);
    buf_append_format(out, "%s  %-12s ", text, name);
}

static void append_requests(struct buf *out, const struct ledger_hour_reading *hour,
                            const struct ledger_sums *sums)
{
    const char *before = " = ";
    append_name(out, hour, "");
    buf_append_format(out, "%llu requests", (unsigned long long)sums->counts[LEDGER_REQUESTS]);
    append_term(out, &before, sums->counts[LEDGER_ANSWERED], "answered");
    for (size_t i = 0; i < REFUSAL_COUNT; i++) {
        append_term(out, &before, sums->counts[REFUSALS[i]], ledger_count_name(REFUSALS[i]));
    }
    append_term(out, &before, sums->counts[LEDGER_UNANSWERED], "unanswered");
    append_term(out, &before, sums->waiting > 0 ? (uint64_t)sums->waiting : 0, "waiting");
    buf_append_byte(out, '\n');
}

static void append_events(struct buf *out, const struct ledger_hour_reading *hour,
                          const struct ledger_sums *sums, const char *site)
{
    static const enum ledger_count ENDS[] = {
        LEDGER_DROPPED_SIGNAL,  LEDGER_DROPPED_FORGOTTEN, LEDGER_GIVEN_UP,
        LEDGER_STORED,          LEDGER_DUPLICATE,         LEDGER_QUARANTINED,
        LEDGER_QUARANTINE_FULL, LEDGER_ERASED_EARLY,
    };
    const char *before = " = ";
    const uint64_t *counts = sums->counts;
    append_name(out, hour, site[0] ? site : "-");
    buf_append_format(out, "%llu received",
                      (unsigned long long)(counts[LEDGER_RECEIVED] + counts[LEDGER_RECOVERED]));
    if (counts[LEDGER_REPLAYED] + counts[LEDGER_RECOVERED] > 0) {
        const char *in = " (";
        append_term(out, &in, counts[LEDGER_REPLAYED], "replayed");
        append_term(out, &in, counts[LEDGER_RECOVERED], "recovered");
        buf_append_byte(out, ')');
    }
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        append_term(out, &before, counts[ENDS[i]], ledger_count_name(ENDS[i]));
    }
    append_term(out, &before, sums->in_flight, "in flight");
    append_term(out, &before, sums->cut_off > 0 ? (uint64_t)sums->cut_off : 0, "cut off");
    buf_append_byte(out, '\n');
}

static void append_files(struct buf *out, const struct ledger_hour_reading *hour,
                         const struct ledger_sums *sums)
{
    const char *before = " = ";
    const uint64_t *counts = sums->counts;
    uint64_t merged = hour->merged + counts[LEDGER_MERGED];
    if (counts[LEDGER_STORED] > 0) {
        append_name(out, hour, "");
        buf_append_format(out, "%llu stored", (unsigned long long)counts[LEDGER_STORED]);
        append_term(out, &before, sums->rows, "rows in raw");
        append_term(out, &before, hour->event_rows, "compacted");
        append_term(out, &before, merged, "merged");
        append_term(out, &before, counts[LEDGER_ERASED], "erased");
        append_term(out, &before, counts[LEDGER_EXPIRED], "expired");
        buf_append_byte(out, '\n');
    }
    before = " = ";
    if (counts[LEDGER_QUARANTINED] > 0) {
        append_name(out, hour, "");
        buf_append_format(out, "%llu quarantined", (unsigned long long)counts[LEDGER_QUARANTINED]);
        append_term(out, &before, sums->quarantine_rows, "rows in quarantine");
        append_term(out, &before, hour->replayed, "replayed");
        append_term(out, &before, counts[LEDGER_QUARANTINE_ERASED], "erased");
        append_term(out, &before, counts[LEDGER_QUARANTINE_EXPIRED], "expired");
        buf_append_byte(out, '\n');
    }
}

static void append_crashes(struct buf *out, const struct ledger_hour_reading *hour)
{
    for (size_t i = 0; i < hour->counted.crash_count; i++) {
        char text[CLOCK_TEXT_BYTES];
        clock_format(hour->counted.crashes[i].from_ms, text);
        append_name(out, hour, "");
        buf_append_format(out,
                          "unknown: the collector was killed; what it refused or dropped after %s "
                          "is not counted, as a rule less than a second of it\n",
                          text);
    }
}

static bool has_events(const struct ledger_sums *sums)
{
    return sums->counts[LEDGER_RECEIVED] + sums->counts[LEDGER_TAKEN] + sums->in_flight +
               sums->rows >
           0;
}

static void append_hour(struct buf *out, const struct ledger_hour_reading *hour)
{
    struct ledger_sums sums;
    sum_hour(&sums, hour);
    if (sums.counts[LEDGER_REQUESTS] > 0) {
        append_requests(out, hour, &sums);
    }
    size_t count = hour->counted.tally.count + hour->found.count;
    for (size_t i = 0; i < count; i++) {
        struct ledger_sums own;
        const char *site = site_at(hour, i);
        if (site) {
            ledger_report_sums(&own, hour, site);
            if (has_events(&own)) {
                append_events(out, hour, &own, site);
            }
        }
    }
    append_files(out, hour, &sums);
    append_crashes(out, hour);
}

enum status ledger_report_text(struct buf *out, const struct ledger_reading *reading)
{
    for (size_t i = 0; i < reading->hour_count; i++) {
        append_hour(out, &reading->hours[i]);
    }
    for (size_t i = 0; i < reading->problem_count; i++) {
        char text[LEDGER_HOUR_NAME_BYTES];
        ledger_hour_name(reading->problems[i].hour, text);
        buf_append_format(out, "%s  does not add up: %s\n", text, reading->problems[i].sentence);
    }
    return buf_status(out);
}

static void append_member(struct buf *out, const char *name, int64_t value)
{
    buf_append_format(out, ",\"%s\":%lld", name, (long long)value);
}

static void append_site(struct buf *out, const struct ledger_hour_reading *hour, const char *site)
{
    struct ledger_sums sums;
    char received[CLOCK_TEXT_BYTES];
    ledger_report_sums(&sums, hour, site);
    clock_format(hour->counted.hour * HOUR_MS, received);
    buf_append_format(out, "{\"hour\":\"%s\",\"site\":\"%s\"", received, site);
    for (enum ledger_count i = 0; i < LEDGER_COUNTS; i++) {
        append_member(out, ledger_count_name(i), (int64_t)sums.counts[i]);
    }
    append_member(out, "in_flight", (int64_t)sums.in_flight);
    append_member(out, "uncounted", (int64_t)sums.uncounted);
    append_member(out, "cut_off", sums.cut_off);
    append_member(out, "waiting", sums.waiting);
    append_member(out, "rows", (int64_t)sums.rows);
    append_member(out, "quarantine_rows", (int64_t)sums.quarantine_rows);
    buf_append_byte(out, '}');
}

enum status ledger_report_json(struct buf *out, const struct ledger_reading *reading,
                               const struct ledger_losses *losses)
{
    const char *before = "";
    buf_append_text(out, "{\"rows\":[");
    for (size_t i = 0; i < reading->hour_count; i++) {
        const struct ledger_hour_reading *hour = &reading->hours[i];
        size_t count = hour->counted.tally.count + hour->found.count;
        for (size_t j = 0; j < count; j++) {
            if (site_at(hour, j)) {
                buf_append_text(out, before);
                append_site(out, hour, site_at(hour, j));
                before = ",\n";
            }
        }
    }
    buf_append_text(out, "],\"hours\":[");
    before = "";
    for (size_t i = 0; i < reading->hour_count; i++) {
        const struct ledger_hour_reading *hour = &reading->hours[i];
        char received[CLOCK_TEXT_BYTES];
        clock_format(hour->counted.hour * HOUR_MS, received);
        buf_append_format(out, "%s{\"hour\":\"%s\"", before, received);
        append_member(out, "compacted", (int64_t)hour->event_rows);
        append_member(out, "merged", (int64_t)hour->merged);
        append_member(out, "quarantine_replayed", (int64_t)hour->replayed);
        append_member(out, "crashes", (int64_t)hour->counted.crash_count);
        buf_append_byte(out, '}');
        before = ",\n";
    }
    buf_append_text(out, "],\"problems\":[");
    before = "";
    for (size_t i = 0; i < reading->problem_count; i++) {
        buf_append_text(out, before);
        json_append_string(out, view_from_text(reading->problems[i].sentence));
        before = ",\n";
    }
    buf_append_byte(out, ']');
    if (losses) {
        buf_append_text(out, ",\"losses\":");
        ledger_losses_json(out, losses);
    }
    buf_append_text(out, "}\n");
    return buf_status(out);
}
