/*
 * schema_tidy.h - removes statistics of properties (schema_file.h) that count no file of the lake.
 *
 * What a killed process left unfinished, and what belongs to a Parquet file that was replaced or
 * removed without them: nobody reads it, but names and values of who was forgotten may stand in it.
 *
 *     schema_tidy(lake_fd, &fault);
 */
#ifndef PIPES_LAKE_SCHEMA_TIDY_H
#define PIPES_LAKE_SCHEMA_TIDY_H

#include "base/status.h"

/* Only whoever holds lake/WORK (lake_work.h) may. */
enum status schema_tidy(int lake_fd, struct fault *fault) MUST_CHECK;

#endif
