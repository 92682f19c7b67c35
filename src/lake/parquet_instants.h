/*
 * parquet_instants.h - says in a Parquet file that its times are instants.
 *
 * DuckDB writes times in milliseconds only as local ones (isAdjustedToUTC = false); as instants it
 * writes microseconds, whose last three digits, always zero here, make files a twentieth larger.
 * Rows of the lake have instants in milliseconds: so the mark in the file's footer is set
 * afterwards, one bit per column. Every reader then gives times with their zone, UTC.
 *
 *     parquet_instants_set(fd, "_events.parquet", &fault);       before it is synced
 */
#ifndef PIPES_LAKE_PARQUET_INSTANTS_H
#define PIPES_LAKE_PARQUET_INSTANTS_H

#include "base/status.h"
#include "base/view.h"

/* fd is open for reading and writing. STATUS_DAMAGED when it is no Parquet file that we know. */
enum status parquet_instants_set(int fd, const char *name, struct fault *fault) MUST_CHECK;
/* In the bytes of a footer (FileMetaData in Thrift's compact protocol). False when they are not
 * understood; *count becomes how many columns were marked. */
bool parquet_instants_mark(char *footer, size_t len, unsigned *count);

#endif
