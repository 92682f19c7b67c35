/*
 * schema_file.h - the statistics of an hour, on disk beside its Parquet file.
 *
 *     data/lake/events/date=YYYY-MM-DD/hour=HH/events.parquet
 *     data/lake/events/date=YYYY-MM-DD/hour=HH/_schema.stats
 *
 * The file says which Parquet file it counts (its size, and the checksum of its end, where Parquet
 * keeps the statistics of all its columns). So the order of writes does not matter: whatever a
 * crash leaves, statistics that do not belong to the file beside them are known, passed over and
 * counted again from the rows. Drawn in docs/storage.md.
 *
 *     child:   schema_file_save(stats, hour_fd, parquet_fd, &fault);     of _events.parquet
 *     holder:  ... renames _events.parquet to events.parquet ...
 *              schema_file_settle(hour_fd, &fault);        also at the start, after a crash
 *     reader:  schema_file_load(&stats, seed, hour_fd, parquet_fd, &fault);
 */
#ifndef PIPES_LAKE_SCHEMA_FILE_H
#define PIPES_LAKE_SCHEMA_FILE_H

#include "lake/schema_stats.h"

#define SCHEMA_FILE_NAME "_schema.stats"
#define SCHEMA_FILE_NEW_NAME "_schema.stats.new"

/* Writes _schema.stats.new, durably, as statistics of that Parquet file, which must be complete
 * (open for reading, whatever its name). Sorts them. On failure there is no new file. */
enum status schema_file_save(struct schema_stats *stats, int hour_fd, int parquet_fd,
                             struct fault *fault) MUST_CHECK;

/* To be called whenever events.parquet was replaced or removed: the new statistics take the place
 * of the old if they count the events.parquet that stands there; what does not is removed. May be
 * repeated. */
enum status schema_file_settle(int hour_fd, struct fault *fault) MUST_CHECK;

/* Statistics of the Parquet file open as parquet_fd. STATUS_NOT_FOUND when there are none, or they
 * count another file, or were made with another seed: count the rows instead; STATUS_DAMAGED when
 * the file is not sound: the fault names it, count the rows, too. */
enum status schema_file_load(struct schema_stats **stats, uint64_t seed, int hour_fd,
                             int parquet_fd, struct fault *fault) MUST_CHECK;

#endif
