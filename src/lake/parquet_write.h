/*
 * parquet_write.h - how every Parquet file of the lake is written, whoever writes it.
 *
 * Compression zstd, row groups of 61,440 rows with statistics, times as instants in milliseconds;
 * mode 0640; durable, but for its name: the folder is still to be synced, as a commit does.
 *
 *     parquet_append_select(&sql, "read_parquet('/proc/self/fd/7') WHERE site = 'shop'");
 *     parquet_write(duck, sql.at, hour_fd, "_events.parquet", &fault);
 */
#ifndef PIPES_LAKE_PARQUET_WRITE_H
#define PIPES_LAKE_PARQUET_WRITE_H

#include "base/buf.h"
#include "lake/duck.h"

/* Writes what a SELECT gives, in its order. Its times must be TIMESTAMP_MS: parquet_append_select()
 * makes them so. */
enum status parquet_write(struct duck *duck, const char *select, int folder_fd, const char *name,
                          struct fault *fault) MUST_CHECK;
/* Appends "SELECT * ... FROM <from>" with the times of what read_parquet() gives as they must be,
 * and a zero byte that is not counted. */
enum status parquet_append_select(struct buf *sql, const char *from);

#endif
