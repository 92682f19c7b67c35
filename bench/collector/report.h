/*
 * report.h - the text of a run: printed as it comes about, kept to be saved.
 */
#ifndef PIPES_BENCH_REPORT_H
#define PIPES_BENCH_REPORT_H

#include "base/buf.h"

struct report {
    struct buf text;
};

void report_init(struct report *report);
void report_free(struct report *report);

void report_print(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Date, processor, kernel and command. */
void report_begin(struct report *report, int count, char **words);
/* Appends all of it to folder/DATE-collector.txt, and says so. */
enum status report_save(struct report *report, const char *folder, struct fault *fault) MUST_CHECK;

#endif
