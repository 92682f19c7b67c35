/*
 * time_option.h - points in time as people write them in options.
 *
 *     time_option_read("since", "7d", now_ms, &utc_ms, &fault);
 */
#ifndef PIPES_APP_TIME_OPTION_H
#define PIPES_APP_TIME_OPTION_H

#include "base/status.h"

#include <stdint.h>

enum { TIME_OPTION_HOUR_MS = 3600000 };

/* "2026-11-24" (its beginning, UTC), RFC 3339, or so long ago: "90m", "36h", "7d", "2w". The fault
 * says what is allowed. */
enum status time_option_read(const char *name, const char *text, int64_t now_ms, int64_t *utc_ms,
                             struct fault *fault) MUST_CHECK;

#endif
