#include "collector/command.h"

#include "fault/fault_base.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void command_word(struct command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (command->word_count < COMMAND_WORDS_MAX) {
        vsnprintf(command->words[command->word_count++], COMMAND_WORD_BYTES, format, args);
    }
    va_end(args);
}

void command_setting(struct command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (command->setting_count < COMMAND_SETTINGS_MAX) {
        vsnprintf(command->settings[command->setting_count++], COMMAND_WORD_BYTES, format, args);
    }
    va_end(args);
}

/* All that follows happens in the child. */
static void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)core, &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0) {
        _exit(126);
    }
}

static void become(const struct command *command, int in_fd, int out_fd)
{
    const char *words[COMMAND_WORDS_MAX + 1] = {0};
    const char *settings[COMMAND_SETTINGS_MAX + 2] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    for (size_t i = 0; i < command->word_count; i++) {
        words[i] = command->words[i];
    }
    for (size_t i = 0; i < command->setting_count; i++) {
        settings[i + 1] = command->settings[i];
    }
    pin(command->core);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL); /* with Ctrl-C a row fails at once and is cleaned up */
    if (dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 || (command->output && dup2(out_fd, 2) < 0)) {
        _exit(126);
    }
    execvpe(words[0], (char *const *)(uintptr_t)words, (char *const *)(uintptr_t)settings);
    _exit(127);
}

static void close_all(const int fds[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

/* fds: the child's input, our end of it, our end of its output, its output. */
static bool open_ends(const struct command *command, int fds[4])
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    bool is_good;
    if (command->output) {
        in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        out[1] = open(command->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        is_good = in[0] >= 0 && out[1] >= 0;
    } else {
        is_good = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0;
    }
    fds[0] = in[0];
    fds[1] = in[1];
    fds[2] = out[0];
    fds[3] = out[1];
    return is_good;
}

enum status command_start(const struct command *command, struct child *child, struct fault *fault)
{
    int fds[4];
    bool is_good = open_ends(command, fds);
    pid_t pid = is_good ? fork() : -1;
    if (pid == 0) {
        become(command, fds[0], fds[3]);
    }
    if (pid < 0) {
        int reason = errno;
        close_all(fds);
        *child = (struct child){0, -1, -1};
        return fault_errno(fault, reason, "cannot start %s", command->words[0]);
    }
    close(fds[0]);
    close(fds[3]);
    *child = (struct child){pid, fds[1], fds[2]};
    return STATUS_OK;
}

static void forget(struct child *child)
{
    if (child->to_fd >= 0) {
        close(child->to_fd);
    }
    if (child->from_fd >= 0) {
        close(child->from_fd);
    }
    *child = (struct child){0, -1, -1};
}

bool child_is_alive(struct child *child)
{
    int how;
    if (child->pid > 0 && waitpid(child->pid, &how, WNOHANG) == child->pid) {
        forget(child);
    }
    return child->pid > 0;
}

void child_end(struct child *child, int signal_number, int patience_ms)
{
    int64_t end_ms = fault_now_ms() + patience_ms;
    if (child->pid > 0) {
        kill(child->pid, signal_number);
    }
    while (child_is_alive(child) && fault_now_ms() < end_ms) {
        fault_sleep_ms(2);
    }
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        child_wait(child);
    }
}

void child_wait(struct child *child)
{
    int how;
    while (child->pid > 0 && waitpid(child->pid, &how, 0) < 0 && errno == EINTR) {
    }
    if (child->pid > 0) {
        forget(child);
    }
}

void child_write(const struct child *child, struct view bytes)
{
    /* A child that is gone is noticed when its output ends. */
    ssize_t written = write(child->to_fd, bytes.at, bytes.len);
    (void)written;
}

/* Byte by byte: lines are few, and nothing behind them may be taken. */
enum status child_read_line(const struct child *child, char *line, size_t room)
{
    size_t len = 0;
    while (len + 1 < room) {
        ssize_t got = read(child->from_fd, line + len, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return STATUS_END;
        }
        if (line[len] == '\n') {
            break;
        }
        len++;
    }
    line[len] = 0;
    return STATUS_OK;
}
