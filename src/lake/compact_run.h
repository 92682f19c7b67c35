/*
 * compact_run.h - rows of an hour in memory, sorted and each event once, as a table of DuckDB.
 *
 * A run is filled until it is full, sorted by site, anonymous_id, time and ingest_seq, written, and
 * filled again. Of rows with the same site and event_id the one with the lowest ingest_seq stays.
 *
 *     compact_run_create(&run, bytes, &fault);
 *     while (next_row(&row) && (status = compact_run_add(run, row, &fault)) == STATUS_OK) { ... }
 *     compact_run_sort(run, &fault);
 *     compact_run_register(run, duck, "run", &promoted, count, &fault);     select * from run()
 *     compact_run_clear(run);
 */
#ifndef PIPES_LAKE_COMPACT_RUN_H
#define PIPES_LAKE_COMPACT_RUN_H

#include "lake/compact_columns.h"
#include "lake/property_tally.h"
#include "lake/schema_stats.h"

struct compact_run;

/* What can be told from the rows alone, to be compared with what was written. */
struct compact_sums {
    uint64_t rows;
    uint64_t seq_sum;        /* of ingest_seq */
    uint64_t property_bytes; /* of properties */
    uint64_t first_seq;      /* lowest ingest_seq; 0: no rows */
    uint64_t last_seq;
};

void compact_sums_add(struct compact_sums *sums, uint64_t ingest_seq, uint64_t property_bytes);

/* `bytes`: what rows may take. */
enum status compact_run_create(struct compact_run **run, size_t bytes, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void compact_run_destroy(struct compact_run *run);

/* Copies the row. STATUS_TOO_BIG: the run is full, and the row is not in it; STATUS_DAMAGED: it is
 * no row of the lake. */
enum status compact_run_add(struct compact_run *run, struct view row, struct fault *fault)
    MUST_CHECK;
size_t compact_run_rows(const struct compact_run *run);
/* Sorts and drops what is there twice; *dropped becomes how many. */
enum status compact_run_sort(struct compact_run *run, uint64_t *dropped, struct fault *fault)
    MUST_CHECK;
/* Of the rows that are left. */
struct compact_sums compact_run_sums(const struct compact_run *run);
/* Counts the properties of its rows, or of an even part of them when they are many. */
void compact_run_tally(const struct compact_run *run, struct property_tally *tally);
/* Rows that the table gives from now on are counted into these (borrowed), as they will be counted
 * in the file; NULL: no longer. */
void compact_run_count(struct compact_run *run, struct schema_stats *stats);

/* The table: columns of columns.c, then the first `count` promoted ones (borrowed). To be called
 * once; it gives what is in the run whenever it is asked. */
enum status compact_run_register(struct compact_run *run, struct duck *duck, const char *name,
                                 struct fault *fault) MUST_CHECK;
/* Between two statements: which promoted columns it has from now on. */
void compact_run_set_promoted(struct compact_run *run, const struct promoted *promoted,
                              size_t count);
/* Its rows in order: text, hash of (site, event_id), ingest_seq. Ends with the first failure. */
typedef enum status compact_row_fn(void *self, struct view row, const uint64_t key[2],
                                   uint64_t ingest_seq, struct fault *fault);
enum status compact_run_each(const struct compact_run *run, compact_row_fn *on_row, void *self,
                             struct fault *fault) MUST_CHECK;
void compact_run_clear(struct compact_run *run);

#endif
