/*
 * command.h - another program, run on one core: its words, its environment, its end.
 *
 *     command_word(&command, "serve");
 *     command_word(&command, "127.0.0.1:%u", port);
 *     command_start(&command, &child, &fault);
 *     child_end(&child, SIGTERM, 5000);
 *
 * A child is told to end when this process does.
 */
#ifndef PIPES_BENCH_COMMAND_H
#define PIPES_BENCH_COMMAND_H

#include "base/status.h"
#include "base/view.h"

#include <sys/types.h>

enum { COMMAND_WORDS_MAX = 32, COMMAND_SETTINGS_MAX = 8, COMMAND_WORD_BYTES = 320 };

struct command {
    char words[COMMAND_WORDS_MAX][COMMAND_WORD_BYTES];
    size_t word_count;
    char settings[COMMAND_SETTINGS_MAX][COMMAND_WORD_BYTES]; /* NAME=VALUE, its environment */
    size_t setting_count;
    int core;
    const char *output; /* a file; NULL: pipes, of child_write() and child_read_line() */
};

struct child {
    pid_t pid; /* 0: none */
    int to_fd;
    int from_fd;
};

void command_word(struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void command_setting(struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Only begins it: what is not found ends with status 127. */
enum status command_start(const struct command *command, struct child *child, struct fault *fault)
    MUST_CHECK;

bool child_is_alive(struct child *child);
/* Sends the signal, and SIGKILL when that did not help in time; waits for its end. */
void child_end(struct child *child, int signal_number, int patience_ms);
/* Waits for it to end by itself. */
void child_wait(struct child *child);
void child_write(const struct child *child, struct view bytes);
/* Without its line end; STATUS_END when there is none. */
enum status child_read_line(const struct child *child, char *line, size_t room) MUST_CHECK;

#endif
