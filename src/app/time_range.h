/*
 * time_range.h - moments as people write them, for --from and --to.
 *
 *     2026-11-24                    that day's beginning, UTC
 *     2026-11-24T07:30:00Z          RFC 3339, any offset
 *     90m 24h 7d                    so long ago
 */
#ifndef PIPES_APP_TIME_RANGE_H
#define PIPES_APP_TIME_RANGE_H

#include "base/status.h"
#include "base/view.h"

/* An empty text leaves *ms as it is. */
enum status time_range_read(const char *option, const char *text, int64_t now_ms, int64_t *ms,
                            struct fault *fault) MUST_CHECK;

#endif
