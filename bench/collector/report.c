#include "collector/report.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 4 << 20, LINE_BYTES = 1024, PATH_BYTES = 256, DATE_CHARACTERS = 10 };

void report_init(struct report *report)
{
    buf_init(&report->text, TEXT_BYTES_MAX);
}

void report_free(struct report *report)
{
    buf_free(&report->text);
}

void report_print(struct report *report, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    buf_append_text(&report->text, line);
    printf("%s", line);
    fflush(stdout);
}

static void print_processor(struct report *report)
{
    char line[LINE_BYTES];
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof(line), file)) {
        struct view rest = view_from_text(line);
        struct view name = view_trim(view_cut(&rest, ':'));
        if (view_is(name, "model name")) {
            struct view model = view_trim(view_cut(&rest, '\n'));
            report_print(report, "processor  %.*s, %ld in all\n", VIEW_ARG(model),
                         sysconf(_SC_NPROCESSORS_ONLN));
            break;
        }
    }
    if (file) {
        fclose(file);
    }
}

void report_begin(struct report *report, int count, char **words)
{
    char date[CLOCK_TEXT_BYTES];
    struct clock clock = clock_system();
    struct utsname system_name;
    clock_format(clock_now_ms(&clock), date);
    report_print(report, "\ndate       %s\n", date);
    print_processor(report);
    if (uname(&system_name) == 0) {
        report_print(report, "kernel     %s %s\n", system_name.sysname, system_name.release);
    }
    report_print(report, "command   ");
    for (int i = 0; i < count; i++) {
        report_print(report, " %s", words[i]);
    }
    report_print(report, "\n");
}

enum status report_save(struct report *report, const char *folder, struct fault *fault)
{
    char date[CLOCK_TEXT_BYTES];
    char path[PATH_BYTES];
    struct clock clock = clock_system();
    clock_format(clock_now_ms(&clock), date);
    snprintf(path, sizeof(path), "%s/%.*s-collector.txt", folder, DATE_CHARACTERS, date);
    mkdir(folder, 0755);
    FILE *file = fopen(path, "ae");
    if (!file) {
        return fault_errno(fault, errno, "cannot open %s", path);
    }
    bool is_written = fwrite(report->text.at, 1, report->text.len, file) == report->text.len;
    int reason = errno;
    if (fclose(file) != 0 || !is_written) {
        return fault_errno(fault, reason, "cannot write %s", path);
    }
    printf("\nsaved in %s\n", path);
    return STATUS_OK;
}
