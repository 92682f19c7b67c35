/*
 * ceiling_table.h - every ceiling of the collector with its value and what happens above it, and
 * the memory of a full house: what `pipes limits` prints and docs/operations.md shows.
 *
 * The values are the code's own constants and the options' values: nothing is written twice.
 */
#ifndef PIPES_APP_CEILING_TABLE_H
#define PIPES_APP_CEILING_TABLE_H

#include "app/config.h"
#include "base/buf.h"

/* A table of Markdown. */
enum status ceiling_table_append(struct buf *out, const struct config *config);
/* The most memory that a collector with these options ever holds, part by part, as a table. */
enum status ceiling_memory_append(struct buf *out, const struct config *config, unsigned workers);

#endif
