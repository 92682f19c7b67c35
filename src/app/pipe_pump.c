#include "app/pipe_pump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024 };

static void write_piece(struct pipe_pump *pump, const char *at, size_t bytes)
{
    while (bytes > 0 && pump->error == 0) {
        ssize_t written = write(pump->out_fd, at, bytes);
        if (written < 0 && errno != EINTR) {
            pump->error = errno;
        }
        at += written > 0 ? written : 0;
        bytes -= written > 0 ? (size_t)written : 0;
    }
}

/* After a failure it goes on reading: who writes must not wait for ever. */
static void *carry(void *self)
{
    struct pipe_pump *pump = self;
    char piece[PIECE_BYTES];
    ssize_t got;
    while ((got = read(pump->read_fd, piece, sizeof(piece))) != 0) {
        if (got > 0) {
            write_piece(pump, piece, (size_t)got);
        } else if (errno != EINTR) {
            pump->error = pump->error ? pump->error : errno;
            break;
        }
    }
    return NULL;
}

enum status pipe_pump_open(struct pipe_pump *pump, int out_fd, struct fault *fault)
{
    int fds[2];
    *pump = (struct pipe_pump){.read_fd = -1, .write_fd = -1, .out_fd = out_fd};
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return fault_errno(fault, errno, "cannot make a pipe");
    }
    pump->read_fd = fds[0];
    pump->write_fd = fds[1];
    snprintf(pump->path, sizeof(pump->path), "/proc/self/fd/%d", fds[1]);
    pump->is_running = pthread_create(&pump->thread, NULL, carry, pump) == 0;
    if (!pump->is_running) {
        close(fds[0]);
        close(fds[1]);
        return fault_set(fault, STATUS_NO_MEMORY, "no thread for the answer");
    }
    return STATUS_OK;
}

enum status pipe_pump_close(struct pipe_pump *pump, struct fault *fault)
{
    if (!pump->is_running) {
        return STATUS_OK;
    }
    close(pump->write_fd);
    pthread_join(pump->thread, NULL);
    close(pump->read_fd);
    pump->is_running = false;
    return pump->error == 0 ? STATUS_OK
                            : fault_errno(fault, pump->error, "cannot write the answer");
}
