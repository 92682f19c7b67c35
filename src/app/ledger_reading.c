#include "app/ledger_reading.h"

#include "app/ledger_files.h"
#include "base/file.h"
#include "journal/data_folder.h"
#include "lake/lake_hour.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 20, HOURS_MAX = 1 << 20 };
static const char *const TREES_OF_HOURS[] = {"lake/raw", "lake/quarantine", "lake/events"};

void ledger_reading_complain(struct ledger_reading *reading, int64_t hour, const char *format, ...)
{
    va_list args;
    if (reading->problem_count == LEDGER_PROBLEMS_MAX) {
        return;
    }
    if (!reading->problems) {
        reading->problems = calloc(LEDGER_PROBLEMS_MAX, sizeof(*reading->problems));
    }
    if (reading->problems) {
        struct ledger_problem *problem = &reading->problems[reading->problem_count++];
        problem->hour = hour;
        va_start(args, format);
        vsnprintf(problem->sentence, sizeof(problem->sentence), format, args);
        va_end(args);
    }
}

void ledger_reading_close(struct ledger_reading *reading)
{
    for (size_t i = 0; i < reading->hour_count; i++) {
        ledger_hour_free(&reading->hours[i].counted);
        ledger_tally_free(&reading->hours[i].found);
    }
    free(reading->hours);
    free(reading->problems);
    site_names_close(&reading->names);
    *reading = (struct ledger_reading){0};
}

/* Hours to look at, each once, rising. */
struct hour_list {
    int64_t *at;
    size_t count;
    size_t room;
};

static bool add_hour(struct hour_list *list, int64_t hour)
{
    if (list->count == list->room) {
        size_t room = list->room > 0 ? list->room * 2 : 64;
        int64_t *more = room <= HOURS_MAX ? realloc(list->at, room * sizeof(*more)) : NULL;
        if (!more) {
            return false;
        }
        list->at = more;
        list->room = room;
    }
    list->at[list->count++] = hour;
    return true;
}

static int compare_hours(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static void tidy(struct hour_list *list)
{
    size_t kept = 0;
    if (list->count > 1) {
        qsort(list->at, list->count, sizeof(list->at[0]), compare_hours);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || list->at[i] != list->at[kept - 1]) {
            list->at[kept++] = list->at[i];
        }
    }
    list->count = kept;
}

static enum status add_tree(struct hour_list *list, int data_fd, const char *path,
                            const struct ledger_range *range, struct fault *fault)
{
    struct lake_hours hours;
    int fd = openat(data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK : fault_errno(fault, errno, "cannot open %s", path);
    }
    enum status status = lake_hours_list(&hours, fd, fault);
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        bool is_in = hours.at[i] >= range->from && hours.at[i] <= range->to;
        if (is_in && !add_hour(list, hours.at[i])) {
            status = fault_set(fault, STATUS_NO_MEMORY, "no memory for the hours of the lake");
        }
    }
    lake_hours_free(&hours);
    close(fd);
    return status;
}

/* Of the ledger, of the lake, and of what is on its way. */
static enum status list_hours(struct hour_list *list, const struct ledger_files *files,
                              const struct ledger_range *range, struct fault *fault)
{
    int64_t *hours;
    size_t count;
    enum status status = ledger_list_hours(files->ledger_fd, &hours, &count, fault);
    bool has_room = true;
    for (size_t i = 0; i < count && status == STATUS_OK && has_room; i++) {
        bool is_in = hours[i] >= range->from && hours[i] <= range->to;
        has_room = !is_in || add_hour(list, hours[i]);
    }
    free(hours);
    for (size_t i = 0; i < files->tail_count && status == STATUS_OK && has_room; i++) {
        int64_t hour = files->tail[i].hour;
        bool is_in = hour >= range->from && hour <= range->to;
        has_room = !is_in || (list->count > 0 && list->at[list->count - 1] == hour) ||
                   add_hour(list, hour);
    }
    for (size_t i = 0; i < sizeof(TREES_OF_HOURS) / sizeof(TREES_OF_HOURS[0]); i++) {
        status = status == STATUS_OK
                     ? add_tree(list, files->data_fd, TREES_OF_HOURS[i], range, fault)
                     : status;
    }
    tidy(list);
    return has_room ? status : fault_set(fault, STATUS_NO_MEMORY, "no memory for hours");
}

/* What the lake counted last may stand in CURSOR only. */
static enum status load_hour(struct ledger_hour_reading *hour, const struct ledger_files *files,
                             int64_t number, struct fault *fault)
{
    enum ledger_source source;
    uint64_t post_number;
    struct view post = view_make(files->cursor.posting, files->cursor.posting_bytes);
    ledger_tally_init(&hour->found, 2 * LEDGER_SITES_MAX);
    enum status status = ledger_hour_load(&hour->counted, files->ledger_fd, number, fault);
    if (status == STATUS_OK && ledger_post_read(&post, &source, &post_number) &&
        hour->counted.applied[source] < post_number) {
        status = ledger_hour_absorb(&hour->counted, post, fault);
    }
    return status;
}

static void add_tail(struct ledger_hour_reading *hour, const struct ledger_files *files)
{
    for (size_t i = 0; i < files->tail_count; i++) {
        const struct ledger_tail_event *event = &files->tail[i];
        if (event->hour != hour->counted.hour) {
            continue;
        }
        bool is_counted = event->seq <= ledger_hour_mark(&hour->counted, event->stream);
        ledger_tally_add(&hour->found, event->hour, view_from_text(files->sites[event->site]),
                         is_counted ? LEDGER_TAKEN : LEDGER_RECOVERED, 1);
    }
}

static enum status load_hours(struct ledger_reading *reading, const struct ledger_files *files,
                              const struct ledger_range *range, struct fault *fault)
{
    struct hour_list list = {0};
    enum status status = list_hours(&list, files, range, fault);
    reading->hours = calloc(list.count > 0 ? list.count : 1, sizeof(*reading->hours));
    if (!reading->hours) {
        status = fault_set(fault, STATUS_NO_MEMORY, "no memory for hours");
    }
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        struct ledger_hour_reading *hour = &reading->hours[reading->hour_count++];
        status = load_hour(hour, files, list.at[i], fault);
        if (status == STATUS_OK) {
            add_tail(hour, files);
        }
    }
    free(list.at);
    return status;
}

static void forget_hours(struct ledger_reading *reading)
{
    for (size_t i = 0; i < reading->hour_count; i++) {
        ledger_hour_free(&reading->hours[i].counted);
        ledger_tally_free(&reading->hours[i].found);
    }
    free(reading->hours);
    reading->hours = NULL;
    reading->hour_count = 0;
}

/* Between two looks at CURSOR that show the same, nothing went from the journal to the lake. */
static enum status load_at_rest(struct ledger_reading *reading, struct ledger_files *files,
                                const struct ledger_range *range, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < TRIES && status == STATUS_OK; i++) {
        bool is_same = false;
        forget_hours(reading);
        status = ledger_files_read(files, &reading->names, fault);
        status = status == STATUS_OK ? load_hours(reading, files, range, fault) : status;
        status = status == STATUS_OK ? ledger_files_are_same(files, &is_same, fault) : status;
        if (status == STATUS_OK && is_same) {
            return STATUS_OK;
        }
    }
    return status == STATUS_OK
               ? fault_set(fault, STATUS_BUSY, "the lake moves on faster than it can be read")
               : status;
}

enum status ledger_reading_open(struct ledger_reading *reading, int data_fd,
                                const struct ledger_range *range, struct fault *fault)
{
    struct ledger_files files;
    struct stat facts;
    *reading = (struct ledger_reading){.since = -1};
    enum status status = ledger_files_open(&files, data_fd, fault);
    status = status == STATUS_OK ? site_names_open(&reading->names, fault) : status;
    status = status == STATUS_OK ? ledger_since(files.ledger_fd, &reading->since, fault) : status;
    status = status == STATUS_OK ? load_at_rest(reading, &files, range, fault) : status;
    reading->is_open = status == STATUS_OK && fstatat(files.ledger_fd, "OPEN", &facts, 0) == 0;
    for (size_t i = 0; i < reading->hour_count && status == STATUS_OK; i++) {
        status = ledger_files_rows(&files, reading, &reading->hours[i], fault);
    }
    ledger_files_close(&files);
    return status;
}
