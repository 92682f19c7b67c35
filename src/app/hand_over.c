#include "app/hand_over.h"

#include "base/buf.h"
#include "base/manager.h"
#include "net/moving.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FIRST_FD = 3,
    ARGUMENTS_MAX = 512,
    ENVIRONMENT_MAX = 2048,
    TEXT_BYTES_MAX = 1 << 20,
    NUMBER_BYTES = 64
};
static const char READY_NAME[] = "PIPES_HAND_OVER_FD";
static const char MOVED_NAME[] = "PIPES_HAND_OVER_CONNECTIONS";
/* What the new process says of itself; older ones take no connections. */
enum { READY = '1', READY_FOR_CONNECTIONS = '2' };

/* All that the child needs, made before fork(): between that and execve() a process of many threads
 * may only make system calls. */
struct birth {
    const int *fds;
    size_t count;
    int ready_fd;
    int moved_fd;
    char path[4096];
    struct buf arguments_text;
    char *arguments[ARGUMENTS_MAX + 1];
    char *environment[ENVIRONMENT_MAX + 1];
    char listen_pid[NUMBER_BYTES];
    char listen_fds[NUMBER_BYTES];
    char ready[NUMBER_BYTES];
    char moved[NUMBER_BYTES];
};

static enum status read_arguments(struct birth *birth, struct fault *fault)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot read the own arguments");
    }
    ssize_t n = 1;
    while (n > 0) {
        char *place = buf_reserve(&birth->arguments_text, 4096);
        n = place ? read(fd, place, 4096) : -1;
        buf_used(&birth->arguments_text, n > 0 ? (size_t)n : 0);
    }
    close(fd);
    size_t count = 0;
    for (size_t at = 0; at < birth->arguments_text.len && count < ARGUMENTS_MAX; count++) {
        birth->arguments[count] = birth->arguments_text.at + at;
        at += strlen(birth->arguments[count]) + 1;
    }
    return n == 0 && count > 0 ? STATUS_OK
                               : fault_set(fault, STATUS_IO, "cannot read the own arguments");
}

/* A file that was replaced is called "... (deleted)": the new one has the name. */
static enum status read_path(struct birth *birth, struct fault *fault)
{
    static const char GONE[] = " (deleted)";
    ssize_t n = readlink("/proc/self/exe", birth->path, sizeof(birth->path) - 1);
    if (n <= 0) {
        return fault_errno(fault, errno, "cannot find the own program file");
    }
    struct view path = view_make(birth->path, (size_t)n);
    bool is_gone = view_ends_with(path, GONE);
    birth->path[is_gone ? path.len - (sizeof(GONE) - 1) : path.len] = 0;
    return STATUS_OK;
}

static bool is_ours(const char *entry)
{
    struct view text = view_from_text(entry);
    return view_starts_with(text, "LISTEN_PID=") || view_starts_with(text, "LISTEN_FDS=") ||
           view_starts_with(text, "LISTEN_FDNAMES=") || view_starts_with(text, "PIPES_HAND_OVER_");
}

static void make_environment(struct birth *birth)
{
    size_t count = 0;
    for (char **entry = environ; *entry && count < ENVIRONMENT_MAX - 4; entry++) {
        if (!is_ours(*entry)) {
            birth->environment[count++] = *entry;
        }
    }
    int ready_at = FIRST_FD + (int)birth->count;
    snprintf(birth->listen_pid, NUMBER_BYTES, "LISTEN_PID=");
    snprintf(birth->listen_fds, NUMBER_BYTES, "LISTEN_FDS=%zu", birth->count);
    snprintf(birth->ready, NUMBER_BYTES, "%s=%d", READY_NAME, ready_at);
    snprintf(birth->moved, NUMBER_BYTES, "%s=%d", MOVED_NAME, ready_at + 1);
    birth->environment[count++] = birth->listen_pid;
    birth->environment[count++] = birth->listen_fds;
    birth->environment[count++] = birth->ready;
    birth->environment[count++] = birth->moved;
}

/* By hand: snprintf() is no system call. */
static void append_number(char *text, unsigned long number)
{
    char digits[24];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    char *at = text + strlen(text);
    while (count > 0) {
        *at++ = digits[--count];
    }
    *at = 0;
}

/* Sockets to FIRST_FD and on, the pipe and the place of connections behind them; none of them may
 * be where another goes. */
static void place_descriptors(const struct birth *birth)
{
    const int others[] = {birth->ready_fd, birth->moved_fd};
    size_t all = birth->count + sizeof(others) / sizeof(others[0]);
    int above = FIRST_FD + (int)all;
    int moved[HAND_OVER_SOCKETS_MAX + sizeof(others) / sizeof(others[0])];
    for (size_t i = 0; i < all; i++) {
        int fd = i < birth->count ? birth->fds[i] : others[i - birth->count];
        moved[i] = fcntl(fd, F_DUPFD_CLOEXEC, above);
    }
    for (size_t i = 0; i < all; i++) {
        dup2(moved[i], FIRST_FD + (int)i); /* not closed by execve() */
    }
}

static void be_born(struct birth *birth)
{
    append_number(birth->listen_pid, (unsigned long)getpid());
    place_descriptors(birth);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(birth->path, birth->arguments, birth->environment);
    _exit(127);
}

/* *said: what it is ready for. */
static enum status wait_until_ready(int fd, pid_t pid, char *said, struct fault *fault)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int got = poll(&ready, 1, HAND_OVER_READY_MS);
    if (got > 0 && read(fd, said, 1) == 1) {
        return STATUS_OK;
    }
    if (got == 0) {
        kill(pid, SIGKILL); /* the child that was just started */
    }
    waitpid(pid, NULL, 0);
    return fault_set(fault, STATUS_IO, "the new process %s; this one goes on",
                     got == 0 ? "was not ready in time" : "ended before it was ready");
}

static enum status start(struct birth *birth, int read_fd, char *said, struct fault *fault)
{
    pid_t pid = fork();
    if (pid == 0) {
        be_born(birth);
    }
    close(birth->ready_fd);
    close(birth->moved_fd);
    if (pid < 0) {
        return fault_errno(fault, errno, "cannot start the new process");
    }
    enum status status = wait_until_ready(read_fd, pid, said, fault);
    if (status == STATUS_OK) {
        manager_tell("MAINPID=%lld", (long long)pid);
    }
    return status;
}

static enum status start_with(struct birth *birth, const int moving[2], int *moving_fd,
                              struct fault *fault)
{
    char said = 0;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        close(moving[1]);
        return fault_errno(fault, errno, "cannot start the new process");
    }
    birth->ready_fd = ends[1];
    birth->moved_fd = moving[1];
    make_environment(birth);
    enum status status = start(birth, ends[0], &said, fault);
    close(ends[0]);
    if (status == STATUS_OK && said == READY_FOR_CONNECTIONS) {
        *moving_fd = moving[0];
    }
    return status;
}

enum status hand_over_start(const int *fds, size_t count, int *moving_fd, struct fault *fault)
{
    struct birth *birth = calloc(1, sizeof(*birth));
    int moving[2];
    *moving_fd = -1;
    if (!birth || count > HAND_OVER_SOCKETS_MAX) {
        free(birth);
        return fault_set(fault, STATUS_NO_MEMORY, "no room to start the new process");
    }
    birth->fds = fds;
    birth->count = count;
    buf_init(&birth->arguments_text, TEXT_BYTES_MAX);
    enum status status = read_path(birth, fault);
    status = status == STATUS_OK ? read_arguments(birth, fault) : status;
    status = status == STATUS_OK ? moving_pair(moving, fault) : status;
    if (status == STATUS_OK) {
        status = start_with(birth, moving, moving_fd, fault);
        if (*moving_fd < 0) {
            close(moving[0]);
        }
    }
    buf_free(&birth->arguments_text);
    free(birth);
    return status;
}

bool hand_over_is_new(void)
{
    return getenv(READY_NAME) != NULL;
}

/* A descriptor that the old process named; -1: none. */
static int fd_of(const char *name)
{
    const char *text = getenv(name);
    uint64_t fd = 0;
    bool is_fd =
        text && view_to_uint64(view_from_text(text), &fd) && fd >= FIRST_FD && fd < INT32_MAX;
    return is_fd ? (int)fd : -1;
}

void hand_over_ready(void)
{
    int fd = fd_of(READY_NAME);
    char said = fd_of(MOVED_NAME) >= 0 ? READY_FOR_CONNECTIONS : READY;
    if (fd >= 0) {
        (void)!write(fd, &said, 1);
        close(fd);
    }
}

int hand_over_moved(void)
{
    return fd_of(MOVED_NAME);
}
