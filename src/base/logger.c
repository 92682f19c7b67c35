#include "base/logger.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 1024 };

static const char *const LEVEL_NAMES[] = {"error", "warn", "info", "debug"};

void logger_init(struct logger *logger, int fd, enum logger_level level, const struct clock *clock)
{
    *logger = (struct logger){.fd = fd, .level = (int)level, .clock = clock};
}

void logger_set_level(struct logger *logger, enum logger_level level)
{
    logger->level = (int)level;
}

static void hide_control_characters(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            line[i] = '?';
        }
    }
}

void logger_say(const struct logger *logger, enum logger_level level, const char *component,
                const char *format, ...)
{
    if ((int)level > logger->level) {
        return;
    }
    char now[CLOCK_TEXT_BYTES];
    clock_format(clock_now_ms(logger->clock), now);
    char line[LINE_BYTES];
    int head = snprintf(line, sizeof(line), "%s %s %s: ", now, LEVEL_NAMES[level], component);
    va_list args;
    va_start(args, format);
    vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
    va_end(args);
    size_t len = strlen(line);
    hide_control_characters(line, len);
    line[len++] = '\n';
    /* Nothing can be done about a log that cannot be written. */
    ssize_t written = write(logger->fd, line, len);
    (void)written;
}

bool logger_gate_hit(struct logger_gate *gate, int64_t monotonic_ms, uint64_t *held)
{
    if (gate->is_open && monotonic_ms - gate->spoke_ms < gate->interval_ms) {
        gate->held++;
        return false;
    }
    *held = gate->held;
    *gate = (struct logger_gate){
        .interval_ms = gate->interval_ms, .spoke_ms = monotonic_ms, .is_open = true};
    return true;
}

bool logger_gate_over(struct logger_gate *gate, int64_t monotonic_ms, uint64_t *held)
{
    if (!gate->is_open || monotonic_ms - gate->spoke_ms < gate->interval_ms) {
        return false;
    }
    *held = gate->held;
    *gate = (struct logger_gate){.interval_ms = gate->interval_ms};
    return true;
}
