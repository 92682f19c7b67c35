/*
 * ledger_files.h - inside of ledger_reading: cursor, journal's tail and parts of a data folder.
 */
#ifndef PIPES_APP_LEDGER_FILES_H
#define PIPES_APP_LEDGER_FILES_H

#include "app/ledger_reading.h"

/* An event that the journal has and the lake has not taken. */
struct ledger_tail_event {
    uint64_t stream;
    uint64_t seq;
    int64_t hour;
    uint32_t site; /* index of its name */
};

struct ledger_files {
    int data_fd; /* borrowed */
    int ledger_fd;
    int lake_fd; /* -1: there is no lake yet */
    struct cursor cursor;
    struct ledger_tail_event *tail;
    size_t tail_count;
    size_t tail_room;
    char (*sites)[LEDGER_SITE_BYTES];
    size_t site_count;
};

enum status ledger_files_open(struct ledger_files *files, int data_fd, struct fault *fault)
    MUST_CHECK;
void ledger_files_close(struct ledger_files *files);

/* Cursor first, then the journal beyond it. */
enum status ledger_files_read(struct ledger_files *files, struct site_names *names,
                              struct fault *fault) MUST_CHECK;
/* Whether the cursor still says the same. */
enum status ledger_files_are_same(struct ledger_files *files, bool *is_same, struct fault *fault)
    MUST_CHECK;
/* Counts the rows of an hour's parts into hour->found, and complains of parts that are not as the
 * ledger has them. */
enum status ledger_files_rows(struct ledger_files *files, struct ledger_reading *reading,
                              struct ledger_hour_reading *hour, struct fault *fault) MUST_CHECK;

#endif
