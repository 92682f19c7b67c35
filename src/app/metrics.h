/*
 * metrics.h - what GET /metrics answers: all counts, latencies, ages and the disk's forecast.
 *
 * Prometheus' text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Counters count from the start of
 * the process; seconds and bytes throughout. What nobody can tell yet (days_left on the first day)
 * is left out.
 */
#ifndef PIPES_APP_METRICS_H
#define PIPES_APP_METRICS_H

#include "app/readiness.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_append(const struct readiness_source *source, const char *version, struct buf *out);

#endif
