/*
 * pipe_pump.h - a pipe whose bytes a thread carries to a file descriptor.
 *
 * For DuckDB, which opens what it writes to by a path, in a process that can open nothing for
 * writing: a pipe can be opened again by its number, and leads nowhere but to us.
 *
 *     pipe_pump_open(&pump, STDOUT_FILENO, &fault);
 *     ... copy (...) to pump.path ...
 *     pipe_pump_close(&pump, &fault);                waits until all of it is written
 */
#ifndef PIPES_APP_PIPE_PUMP_H
#define PIPES_APP_PIPE_PUMP_H

#include "base/status.h"

#include <pthread.h>
#include <stdbool.h>

struct pipe_pump {
    int read_fd;
    int write_fd;
    int out_fd;
    char path[32];
    pthread_t thread;
    bool is_running;
    int error; /* errno of the first write that failed; 0: none */
};

enum status pipe_pump_open(struct pipe_pump *pump, int out_fd, struct fault *fault) MUST_CHECK;
/* STATUS_IO or STATUS_FULL when not all could be written. Accepts a zeroed one. */
enum status pipe_pump_close(struct pipe_pump *pump, struct fault *fault) MUST_CHECK;

#endif
