#include "app/foreground.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static void waited_for(sigset_t *signals)
{
    static const int TAKEN[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    sigemptyset(signals);
    for (size_t i = 0; i < sizeof(TAKEN) / sizeof(TAKEN[0]); i++) {
        sigaddset(signals, TAKEN[i]);
    }
}

void foreground_open(struct foreground *group)
{
    sigset_t signals;
    *group = (struct foreground){0};
    waited_for(&signals);
    sigprocmask(SIG_BLOCK, &signals, &group->before);
}

enum status foreground_start(struct foreground *group, const char *name, const char *const *words,
                             struct fault *fault)
{
    posix_spawnattr_t attributes;
    if (group->count == FOREGROUND_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "at most %d programs", FOREGROUND_MAX);
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &group->before);
    /* A group of its own: Ctrl-C reaches it through this process alone. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int reason = posix_spawnp(&group->pids[group->count], words[0], NULL, &attributes,
                              (char *const *)words, environ);
    posix_spawnattr_destroy(&attributes);
    if (reason != 0) {
        return fault_errno(fault, reason, "cannot run %s", words[0]);
    }
    group->names[group->count++] = name;
    return STATUS_OK;
}

/* The one that has ended; -1: none has. */
static int ended(struct foreground *group)
{
    for (int i = 0; i < group->count; i++) {
        if (group->pids[i] > 0 && waitpid(group->pids[i], NULL, WNOHANG) == group->pids[i]) {
            group->pids[i] = 0;
            return i;
        }
    }
    return -1;
}

/* The one in front first: what it was given still reaches the collector. */
void foreground_stop(struct foreground *group)
{
    for (int i = group->count - 1; i >= 0; i--) {
        if (group->pids[i] > 0) {
            kill(group->pids[i], SIGTERM);
            while (waitpid(group->pids[i], NULL, 0) < 0 && errno == EINTR) {
            }
            group->pids[i] = 0;
        }
    }
    sigprocmask(SIG_SETMASK, &group->before, NULL);
}

enum status foreground_wait(struct foreground *group, struct fault *fault)
{
    sigset_t signals;
    int gone = -1;
    int got = 0;
    waited_for(&signals);
    while (gone < 0 && got != SIGINT && got != SIGTERM) {
        sigwait(&signals, &got);
        if (got == SIGCHLD) {
            gone = ended(group);
        } else if (got == SIGHUP && group->pids[0] > 0) {
            kill(group->pids[0], got);
        }
    }
    foreground_stop(group);
    return gone < 0 ? STATUS_OK
                    : fault_set(fault, STATUS_IO, "%s ended by itself; what it said stands above",
                                group->names[gone]);
}
