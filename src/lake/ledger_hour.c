#include "lake/ledger_hour.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HOUR_SECONDS = 3600, NUMBERS_MAX = 8 };
static const char HEAD[] = "pipes ledger 1\n";

const char *ledger_source_name(enum ledger_source source)
{
    static const char *const NAMES[LEDGER_SOURCES] = {
        "door", "lake", "compaction", "erasure", "retention",
    };
    return NAMES[source];
}

void ledger_hour_name(int64_t hour, char name[LEDGER_HOUR_NAME_BYTES])
{
    time_t seconds = (time_t)(hour * HOUR_SECONDS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(name, LEDGER_HOUR_NAME_BYTES, "%Y-%m-%dT%H", &parts);
}

bool ledger_hour_parse_name(const char *name, int64_t *hour)
{
    char text[48];
    int64_t ms;
    int len = snprintf(text, sizeof(text), "%.13s:00:00Z", name);
    bool is_one = strlen(name) == 13 && clock_parse(text, (size_t)len, &ms);
    *hour = is_one ? part_hour(ms) : 0;
    return is_one;
}

void ledger_hour_init(struct ledger_hour *hour, int64_t number)
{
    *hour = (struct ledger_hour){.hour = number};
    /* Of one hour: every site has its place that any posting may name. */
    ledger_tally_init(&hour->tally, 2 * LEDGER_SITES_MAX);
}

void ledger_hour_free(struct ledger_hour *hour)
{
    ledger_tally_free(&hour->tally);
    free(hour->marks);
    free(hour->parts);
    free(hour->crashes);
    *hour = (struct ledger_hour){0};
}

/* Room for one more behind `count` of them, in powers of two; NULL when there is no memory. */
static void *make_room(void *array, size_t count, size_t size)
{
    bool is_full = (count & (count - 1)) == 0;
    return is_full ? realloc(array, (count > 0 ? count * 2 : 1) * size) : array;
}

uint64_t ledger_hour_mark(const struct ledger_hour *hour, uint64_t stream)
{
    for (size_t i = 0; i < hour->mark_count; i++) {
        if (hour->marks[i].stream == stream) {
            return hour->marks[i].seq;
        }
    }
    return 0;
}

static bool take_mark(struct ledger_hour *hour, const uint64_t *numbers)
{
    for (size_t i = 0; i < hour->mark_count && !hour->is_loading; i++) {
        struct ledger_mark *mark = &hour->marks[i];
        if (mark->stream == numbers[0]) {
            mark->seq = mark->seq > numbers[1] ? mark->seq : numbers[1];
            return true;
        }
    }
    void *more = make_room(hour->marks, hour->mark_count, sizeof(*hour->marks));
    if (more) {
        hour->marks = more;
        hour->marks[hour->mark_count++] = (struct ledger_mark){numbers[0], numbers[1]};
    }
    return more != NULL;
}

/* A part that was written anew has other rows now. */
static bool take_part(struct ledger_hour *hour, const uint64_t *numbers)
{
    struct ledger_part taken = {.tree = numbers[0] == TREE_RAW ? TREE_RAW : TREE_QUARANTINE,
                                .name = {numbers[1], numbers[2], numbers[3]},
                                .rows = numbers[4]};
    for (size_t i = 0; i < hour->part_count && !hour->is_loading; i++) {
        struct ledger_part *part = &hour->parts[i];
        if (part->tree == taken.tree && part->name.stream == taken.name.stream &&
            part->name.first_seq == taken.name.first_seq) {
            *part = taken;
            return true;
        }
    }
    void *more = make_room(hour->parts, hour->part_count, sizeof(*hour->parts));
    if (more) {
        hour->parts = more;
        hour->parts[hour->part_count++] = taken;
    }
    return more != NULL;
}

static bool take_crash(struct ledger_hour *hour, const uint64_t *numbers)
{
    void *more = make_room(hour->crashes, hour->crash_count, sizeof(*hour->crashes));
    if (more) {
        hour->crashes = more;
        hour->crashes[hour->crash_count++] =
            (struct ledger_crash){(int64_t)numbers[0], (int64_t)numbers[1]};
    }
    return more != NULL;
}

static bool take_flushed(struct ledger_hour *hour, const uint64_t *numbers)
{
    int64_t ms = (int64_t)numbers[0];
    hour->flushed_ms = ms > hour->flushed_ms ? ms : hour->flushed_ms;
    return true;
}

/* Lines of nothing but numbers behind their word and hour. */
static const struct line {
    const char *word;
    int numbers;
    bool (*take)(struct ledger_hour *hour, const uint64_t *numbers);
} LINES[] = {
    {"mark", 2, take_mark},
    {"part", 5, take_part},
    {"flushed", 1, take_flushed},
    {"crash", 2, take_crash},
};

static enum status take_numbers(struct ledger_hour *hour, const struct line *line, struct view rest,
                                struct fault *fault)
{
    uint64_t numbers[NUMBERS_MAX];
    for (int i = 0; i < line->numbers; i++) {
        if (!view_to_uint64(view_cut(&rest, ' '), &numbers[i])) {
            return STATUS_DAMAGED;
        }
    }
    if (rest.len > 0) {
        return STATUS_DAMAGED;
    }
    return line->take(hour, numbers)
               ? STATUS_OK
               : fault_set(fault, STATUS_NO_MEMORY, "no memory for the ledger");
}

static enum status take_count(struct ledger_hour *hour, struct view rest)
{
    uint64_t by;
    enum ledger_count count = ledger_count_find(view_cut(&rest, ' '));
    if (count == LEDGER_COUNTS || !view_to_uint64(view_cut(&rest, ' '), &by)) {
        return STATUS_DAMAGED;
    }
    ledger_tally_add(&hour->tally, hour->hour, rest, count, by);
    return STATUS_OK;
}

static enum status take_applied(struct ledger_hour *hour, struct view rest)
{
    struct view name = view_cut(&rest, ' ');
    for (enum ledger_source i = 0; i < LEDGER_SOURCES; i++) {
        if (view_is(name, ledger_source_name(i))) {
            return view_to_uint64(rest, &hour->applied[i]) ? STATUS_OK : STATUS_DAMAGED;
        }
    }
    return STATUS_DAMAGED;
}

static enum status take_line(struct ledger_hour *hour, struct view rest, struct fault *fault)
{
    int64_t number;
    struct view word = view_cut(&rest, ' ');
    if (!view_to_int64(view_cut(&rest, ' '), &number)) {
        return STATUS_DAMAGED;
    }
    if (number != hour->hour) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof(LINES) / sizeof(LINES[0]); i++) {
        if (view_is(word, LINES[i].word)) {
            return take_numbers(hour, &LINES[i], rest, fault);
        }
    }
    return view_is(word, "count")     ? take_count(hour, rest)
           : view_is(word, "applied") ? take_applied(hour, rest)
                                      : STATUS_DAMAGED;
}

enum status ledger_hour_absorb(struct ledger_hour *hour, struct view lines, struct fault *fault)
{
    while (lines.len > 0) {
        struct view line = view_cut(&lines, '\n');
        enum status status = take_line(hour, line, fault);
        if (status == STATUS_DAMAGED) {
            return fault_set(fault, status, "the ledger does not understand the line '%.*s'",
                             line.len < 100 ? (int)line.len : 100, line.at);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

enum status ledger_hour_load(struct ledger_hour *hour, int ledger_fd, int64_t number,
                             struct fault *fault)
{
    char name[LEDGER_HOUR_NAME_BYTES];
    struct buf text;
    struct fault why = {0};
    ledger_hour_init(hour, number);
    ledger_hour_name(number, name);
    buf_init(&text, LEDGER_HOUR_BYTES_MAX);
    enum status status = file_read(ledger_fd, name, &text, fault);
    struct view rest = buf_view(&text);
    if (status == STATUS_OK && !view_starts_with(rest, HEAD)) {
        status = fault_set(fault, STATUS_DAMAGED, "ledger/%s is no hour of a ledger", name);
    }
    if (status == STATUS_OK) {
        rest = view_part(rest, sizeof(HEAD) - 1, rest.len);
        hour->is_loading = true;
        status = ledger_hour_absorb(hour, rest, &why);
        hour->is_loading = false;
        status = status == STATUS_OK ? status
                                     : fault_set(fault, status, "ledger/%s: %s", name, why.text);
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

void ledger_line_counts(struct buf *out, const struct ledger_tally *tally)
{
    for (size_t i = 0; i < tally->count; i++) {
        const struct ledger_row *row = &tally->rows[i];
        for (enum ledger_count count = 0; count < LEDGER_COUNTS; count++) {
            if (row->counts[count] > 0) {
                buf_append_format(out, "count %lld %s %llu %s\n", (long long)row->hour,
                                  ledger_count_name(count), (unsigned long long)row->counts[count],
                                  row->site);
            }
        }
    }
}

void ledger_line_mark(struct buf *out, int64_t hour, const struct ledger_mark *mark)
{
    buf_append_format(out, "mark %lld %llu %llu\n", (long long)hour,
                      (unsigned long long)mark->stream, (unsigned long long)mark->seq);
}

void ledger_line_part(struct buf *out, int64_t hour, const struct ledger_part *part)
{
    buf_append_format(out, "part %lld %d %llu %llu %llu %llu\n", (long long)hour, (int)part->tree,
                      (unsigned long long)part->name.stream,
                      (unsigned long long)part->name.first_seq,
                      (unsigned long long)part->name.last_seq, (unsigned long long)part->rows);
}

static void append_hour(struct buf *out, const struct ledger_hour *hour)
{
    long long number = hour->hour;
    buf_append_text(out, HEAD);
    for (enum ledger_source i = 0; i < LEDGER_SOURCES; i++) {
        if (hour->applied[i] > 0) {
            buf_append_format(out, "applied %lld %s %llu\n", number, ledger_source_name(i),
                              (unsigned long long)hour->applied[i]);
        }
    }
    if (hour->flushed_ms > 0) {
        buf_append_format(out, "flushed %lld %lld\n", number, (long long)hour->flushed_ms);
    }
    for (size_t i = 0; i < hour->crash_count; i++) {
        buf_append_format(out, "crash %lld %lld %lld\n", number,
                          (long long)hour->crashes[i].from_ms, (long long)hour->crashes[i].to_ms);
    }
    for (size_t i = 0; i < hour->mark_count; i++) {
        ledger_line_mark(out, hour->hour, &hour->marks[i]);
    }
    for (size_t i = 0; i < hour->part_count; i++) {
        ledger_line_part(out, hour->hour, &hour->parts[i]);
    }
    ledger_line_counts(out, &hour->tally);
}

enum status ledger_hour_save(const struct ledger_hour *hour, int ledger_fd, struct fault *fault)
{
    char name[LEDGER_HOUR_NAME_BYTES];
    struct buf text;
    buf_init(&text, LEDGER_HOUR_BYTES_MAX);
    append_hour(&text, hour);
    ledger_hour_name(hour->hour, name);
    enum status status = buf_status(&text) == STATUS_OK
                             ? file_replace(ledger_fd, name, buf_view(&text), fault)
                             : fault_set(fault, buf_status(&text), "ledger/%s is too large", name);
    buf_free(&text);
    return status;
}
