#include "app/erase_child.h"

#include "journal/data_folder.h"
#include "lake/erase_intent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LINE_BYTES = 1024,
    CHANGE_BYTES_MAX = 4 << 20,
    MEMORY_BYTES = 256 << 20,
    LOOK_MS = 200, /* how often it looks whether it is to stop */
    NICENESS = 19,
};

extern char **environ;

/* The child's side. */

struct serving {
    int in_fd;
    int out_fd;
};

static enum status say(int fd, struct view bytes, struct fault *fault)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.at, bytes.len);
        if (written < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "the collector does not listen any more");
        }
        bytes = view_part(bytes, written > 0 ? (size_t)written : 0, bytes.len);
    }
    return STATUS_OK;
}

static enum status hand_over(void *self, const struct erase_change *change, struct fault *fault)
{
    const struct serving *serving = self;
    char line[LINE_BYTES];
    char answer[3];
    size_t got = 0;
    int len = snprintf(line, sizeof(line), "change %lld %zu %zu\n", (long long)change->hour,
                       change->files.len, change->posts.len);
    enum status status = say(serving->out_fd, view_make(line, (size_t)len), fault);
    status = status == STATUS_OK ? say(serving->out_fd, change->files, fault) : status;
    status = status == STATUS_OK ? say(serving->out_fd, change->posts, fault) : status;
    while (status == STATUS_OK && got < sizeof(answer)) {
        ssize_t n = read(serving->in_fd, answer + got, sizeof(answer) - got);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return fault_set(fault, STATUS_BUSY, "the collector does not answer any more");
        }
        got += n > 0 ? (size_t)n : 0;
    }
    return status;
}

static enum status work(int data_fd, const char *library, struct serving *serving,
                        struct erase_counts *counts, struct fault *fault)
{
    struct erase_intent intent = {0};
    int lake_fd;
    enum status status = data_folder_enter(data_fd, "lake", false, &lake_fd, fault);
    if (status == STATUS_OK) {
        status = erase_intent_load(&intent, lake_fd, fault);
        close(lake_fd);
    }
    struct erase_job job = {.subject = &intent.subject, .self = serving, .commit = hand_over};
    struct erase_hours_options options = {
        .data_fd = data_fd, .library = library, .memory_bytes = MEMORY_BYTES, .job = &job};
    status = status == STATUS_OK ? erase_hours(&options, counts, fault) : status;
    erase_intent_free(&intent);
    return status;
}

enum status erase_child_serve(int data_fd, const char *library, int in_fd, int out_fd,
                              struct fault *fault)
{
    struct serving serving = {in_fd, out_fd};
    struct erase_counts counts = {0};
    char line[LINE_BYTES];
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    signal(SIGPIPE, SIG_IGN);
    enum status status = work(data_fd, library, &serving, &counts, fault);
    int len =
        status == STATUS_OK
            ? snprintf(line, sizeof(line), "done %llu %llu %llu %llu %llu %s\n",
                       (unsigned long long)counts.files, (unsigned long long)counts.rewritten,
                       (unsigned long long)counts.rows, (unsigned long long)counts.rows_redacted,
                       (unsigned long long)counts.unreadable, counts.unreadable_name)
            : snprintf(line, sizeof(line), "failed %s\n", fault->text);
    enum status said = say(out_fd, view_make(line, (size_t)len), fault);
    return status == STATUS_OK ? said : status;
}

/* The parent's side. */

struct child {
    pid_t pid;
    int to_fd;
    int from_fd;
    struct buf in;
    const struct erase_job *job;
};

static enum status start(struct child *child, const char *data, const char *library,
                         struct fault *fault)
{
    static const char PROGRAM[] = "/proc/self/exe";
    const char *const words[] = {
        "pipes", "forget", "--child", "--data", data, "--duckdb", library ? library : "", NULL};
    int to[2] = {-1, -1};
    int from[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int reason = pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0 ? errno : 0;
    if (reason == 0) {
        posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
        /* Signals are blocked in this thread; the child must end when it is told to. */
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        reason =
            posix_spawn(&child->pid, PROGRAM, &actions, &attributes, (char *const *)words, environ);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    int unused[] = {to[0], from[1]};
    for (size_t i = 0; i < 2; i++) {
        if (unused[i] >= 0) {
            close(unused[i]);
        }
    }
    child->to_fd = to[1];
    child->from_fd = from[0];
    return reason == 0 ? STATUS_OK
                       : fault_errno(fault, reason, "cannot start the process that erases");
}

/* Reads on until there are so many bytes, or a line when `bytes` is 0. */
static enum status receive(struct child *child, size_t bytes, struct fault *fault)
{
    while (bytes > 0 ? child->in.len < bytes
                     : view_find(buf_view(&child->in), '\n') == child->in.len) {
        struct pollfd readable = {.fd = child->from_fd, .events = POLLIN};
        if (erase_job_is_stopped(child->job)) {
            return fault_set(fault, STATUS_BUSY, "it was stopped");
        }
        if (poll(&readable, 1, LOOK_MS) <= 0) {
            continue;
        }
        char *place = buf_reserve(&child->in, LINE_BYTES);
        ssize_t got = place ? read(child->from_fd, place, LINE_BYTES) : 0;
        if (got == 0) {
            return fault_set(fault, STATUS_IO, "the process that erases ended in the middle");
        }
        buf_used(&child->in, got > 0 ? (size_t)got : 0);
    }
    return STATUS_OK;
}

static bool cut_number(struct view *line, uint64_t *number)
{
    return view_to_uint64(view_cut(line, ' '), number);
}

static enum status take_change(struct child *child, struct view line, struct fault *fault)
{
    uint64_t hour;
    uint64_t files;
    uint64_t posts;
    if (!cut_number(&line, &hour) || !cut_number(&line, &files) || !cut_number(&line, &posts) ||
        files + posts > CHANGE_BYTES_MAX) {
        return fault_set(fault, STATUS_IO, "the process that erases is not understood");
    }
    buf_consume(&child->in, view_find(buf_view(&child->in), '\n') + 1);
    enum status status = receive(child, (size_t)(files + posts), fault);
    struct view all = buf_view(&child->in);
    struct erase_change change = {.hour = (int64_t)hour,
                                  .files = view_part(all, 0, (size_t)files),
                                  .posts = view_part(all, (size_t)files, (size_t)posts)};
    status = status == STATUS_OK ? child->job->commit(child->job->self, &change, fault) : status;
    buf_consume(&child->in, status == STATUS_OK ? (size_t)(files + posts) : 0);
    return status == STATUS_OK ? say(child->to_fd, VIEW_LITERAL("ok\n"), fault) : status;
}

static enum status take_counts(struct view line, struct erase_counts *counts, struct fault *fault)
{
    uint64_t *const places[] = {&counts->files, &counts->rewritten, &counts->rows,
                                &counts->rows_redacted, &counts->unreadable};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint64_t number;
        if (!cut_number(&line, &number)) {
            return fault_set(fault, STATUS_IO, "the process that erases is not understood");
        }
        *places[i] += number;
    }
    snprintf(counts->unreadable_name, sizeof(counts->unreadable_name), "%.*s", VIEW_ARG(line));
    return STATUS_OK;
}

/* One message; STATUS_END behind the last. */
static enum status take_message(struct child *child, struct erase_counts *counts,
                                struct fault *fault)
{
    enum status status = receive(child, 0, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct view rest = buf_view(&child->in);
    struct view line = view_cut(&rest, '\n');
    struct view word = view_cut(&line, ' ');
    if (view_is(word, "change")) {
        return take_change(child, line, fault);
    }
    if (!view_is(word, "done")) {
        return fault_set(fault, STATUS_IO, "%.*s", VIEW_ARG(line));
    }
    status = take_counts(line, counts, fault);
    return status == STATUS_OK ? STATUS_END : status;
}

static void finish(struct child *child, bool is_killed)
{
    int ending;
    if (child->to_fd >= 0) {
        close(child->to_fd);
    }
    if (child->from_fd >= 0) {
        close(child->from_fd);
    }
    if (child->pid > 0 && is_killed) {
        kill(child->pid, SIGKILL);
    }
    while (child->pid > 0 && waitpid(child->pid, &ending, 0) < 0 && errno == EINTR) {
    }
    buf_free(&child->in);
}

enum status erase_child_run(const char *data, const char *library, const struct erase_job *job,
                            struct erase_counts *counts, struct fault *fault)
{
    struct child child = {.to_fd = -1, .from_fd = -1, .job = job};
    buf_init(&child.in, 2 * CHANGE_BYTES_MAX);
    enum status status = start(&child, data, library, fault);
    while (status == STATUS_OK) {
        status = take_message(&child, counts, fault);
    }
    finish(&child, status != STATUS_END);
    return status == STATUS_END ? STATUS_OK : status;
}
