/*
 * logger.h - one line per thing worth saying: time, level, component, sentence.
 *
 * Error: someone must act. Warn: we coped. Info: state changed. Debug: only when asked for.
 * A fault that repeats goes through a struct logger_gate: it speaks once per interval with a
 * count, and once when it is over. Never pass a secret or an event's body.
 *
 *     struct logger logger;
 *     logger_init(&logger, STDERR_FILENO, LOGGER_INFO, &clock);
 *     logger_info(&logger, "journal", "recovered %u frames", frames);
 */
#ifndef PIPES_BASE_LOGGER_H
#define PIPES_BASE_LOGGER_H

#include "base/clock.h"

#include <stdbool.h>

enum logger_level { LOGGER_ERROR, LOGGER_WARN, LOGGER_INFO, LOGGER_DEBUG };

struct logger {
    int fd;            /* borrowed */
    _Atomic int level; /* enum logger_level */
    const struct clock *clock;
};

void logger_init(struct logger *logger, int fd, enum logger_level level, const struct clock *clock);

/* From any thread. */
void logger_set_level(struct logger *logger, enum logger_level level);

/* One write per line, cut at 1 KiB; control characters in it become '?', so that nobody's input
 * can forge a line. Safe from several threads. */
void logger_say(const struct logger *logger, enum logger_level level, const char *component,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

#define logger_error(logger, ...) logger_say(logger, LOGGER_ERROR, __VA_ARGS__)
#define logger_warn(logger, ...) logger_say(logger, LOGGER_WARN, __VA_ARGS__)
#define logger_info(logger, ...) logger_say(logger, LOGGER_INFO, __VA_ARGS__)
#define logger_debug(logger, ...) logger_say(logger, LOGGER_DEBUG, __VA_ARGS__)

/* Keeps a repeating fault from flooding the log. Zeroed at birth but for interval_ms. */
struct logger_gate {
    int64_t interval_ms;
    int64_t spoke_ms; /* monotonic */
    uint64_t held;    /* times it kept silent since it spoke */
    bool is_open;     /* the fault is going on */
};

/* The fault happened: true when it should be logged now; *held says how many were held back. */
bool logger_gate_hit(struct logger_gate *gate, int64_t monotonic_ms, uint64_t *held);
/* The fault did not happen: true once, when it had been going on and an interval has passed. */
bool logger_gate_over(struct logger_gate *gate, int64_t monotonic_ms, uint64_t *held);

#endif
