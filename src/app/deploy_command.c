#include "app/deploy_command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES = 4096 };

extern char **environ;

static enum status start(pid_t *pid, const char *const *words, int out_fd, struct fault *fault)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (out_fd >= 0) {
        posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
    }
    int reason = posix_spawnp(pid, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return reason == 0 ? STATUS_OK : fault_errno(fault, reason, "cannot run %s", words[0]);
}

static enum status wait_for(pid_t pid, const char *const *words, struct fault *fault)
{
    int state = 0;
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(state) && WEXITSTATUS(state) == 0
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "%s %s failed; what it said stands above", words[0],
                           words[1] ? words[1] : "");
}

enum status deploy_command_run(const char *const *words, struct fault *fault)
{
    pid_t pid = 0;
    enum status status = start(&pid, words, -1, fault);
    return status == STATUS_OK ? wait_for(pid, words, fault) : status;
}

/* To the end, also when there is no more room: a command that nobody listens to would fail. */
static void take_all(int fd, struct buf *out)
{
    char bytes[READ_BYTES];
    ssize_t n = 1;
    while (n > 0 || (n < 0 && errno == EINTR)) {
        n = read(fd, bytes, sizeof(bytes));
        if (n > 0) {
            buf_append_view(out, view_make(bytes, (size_t)n));
        }
    }
}

enum status deploy_command_read(const char *const *words, struct buf *out, struct fault *fault)
{
    pid_t pid = 0;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fault_errno(fault, errno, "cannot listen to %s", words[0]);
    }
    enum status status = start(&pid, words, ends[1], fault);
    close(ends[1]);
    if (status == STATUS_OK) {
        take_all(ends[0], out);
        status = wait_for(pid, words, fault);
    }
    close(ends[0]);
    return status;
}
