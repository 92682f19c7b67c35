/*
 * ledger_hour.h - one hour of the ledger as a text file: what each stage counted of it.
 *
 *     data/ledger/2026-11-24T07
 *
 *     applied <hour> <source> <number>                 the last posting of that source that is in
 * it count <hour> <what> <number> <site> mark <hour> <stream> <ingest_seq>                how far
 * the front door's counts go part <hour> <tree> <stream> <first> <last> <rows>  a closed part
 *     flushed <hour> <ms>                              when the front door's counts were kept last
 *     crash <hour> <ms> <ms>                           nothing is known of what it refused between
 *
 * `hour` counts from 1970; in a file it is always the same. A posting (ledger_book.h) has the same
 * lines, of several hours.
 */
#ifndef PIPES_LAKE_LEDGER_HOUR_H
#define PIPES_LAKE_LEDGER_HOUR_H

#include "base/buf.h"
#include "lake/cursor.h"
#include "lake/ledger_tally.h"
#include "lake/part_writer.h"

enum ledger_source {
    LEDGER_BY_DOOR,
    LEDGER_BY_LAKE,
    LEDGER_BY_COMPACTION,
    LEDGER_BY_ERASURE,
    LEDGER_BY_RETENTION,
    LEDGER_SOURCES
};
const char *ledger_source_name(enum ledger_source source);

struct ledger_mark {
    uint64_t stream;
    uint64_t seq;
};

struct ledger_part {
    enum tree tree;
    struct part_name name;
    uint64_t rows;
};

struct ledger_crash {
    int64_t from_ms;
    int64_t to_ms;
};

struct ledger_hour {
    int64_t hour;
    struct ledger_tally tally;
    uint64_t applied[LEDGER_SOURCES];
    struct ledger_mark *marks;
    size_t mark_count;
    struct ledger_part *parts;
    size_t part_count;
    struct ledger_crash *crashes;
    size_t crash_count;
    int64_t flushed_ms; /* 0: never */
    bool is_loading;    /* what comes from its own file comes once */
};

enum { LEDGER_HOUR_NAME_BYTES = 16, LEDGER_HOUR_BYTES_MAX = 64 * 1024 * 1024 };
/* "2026-11-24T07" */
void ledger_hour_name(int64_t hour, char name[LEDGER_HOUR_NAME_BYTES]);
bool ledger_hour_parse_name(const char *name, int64_t *hour);

void ledger_hour_init(struct ledger_hour *hour, int64_t number);
/* Accepts a zeroed one. */
void ledger_hour_free(struct ledger_hour *hour);
/* Empty when there is no file. STATUS_DAMAGED when it is not understood; may be freed in any case.
 */
enum status ledger_hour_load(struct ledger_hour *hour, int ledger_fd, int64_t number,
                             struct fault *fault) MUST_CHECK;
/* Replaces the file. */
enum status ledger_hour_save(const struct ledger_hour *hour, int ledger_fd, struct fault *fault)
    MUST_CHECK;
/* Takes those of the lines that are of this hour. */
enum status ledger_hour_absorb(struct ledger_hour *hour, struct view lines, struct fault *fault)
    MUST_CHECK;
/* The front door counted events of that stream and hour up to this number; 0: none. */
uint64_t ledger_hour_mark(const struct ledger_hour *hour, uint64_t stream);

/* Lines, for files and postings. */
void ledger_line_counts(struct buf *out, const struct ledger_tally *tally);
void ledger_line_mark(struct buf *out, int64_t hour, const struct ledger_mark *mark);
void ledger_line_part(struct buf *out, int64_t hour, const struct ledger_part *part);

#endif
