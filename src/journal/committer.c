#include "journal/committer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024 };

struct committer {
    void (*run)(void *self);
    void *self;
    int done_fd;
    bool is_busy; /* of the asking thread */
    _Atomic bool is_done;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_asked; /* under the lock */
    bool is_stopping;
    pthread_t thread;
};

static void *serve(void *argument)
{
    struct committer *committer = argument;
    pthread_mutex_lock(&committer->lock);
    for (;;) {
        while (!committer->is_asked && !committer->is_stopping) {
            pthread_cond_wait(&committer->wake, &committer->lock);
        }
        if (!committer->is_asked) {
            break;
        }
        committer->is_asked = false;
        pthread_mutex_unlock(&committer->lock);
        committer->run(committer->self);
        atomic_store(&committer->is_done, true);
        uint64_t one = 1;
        ssize_t written = write(committer->done_fd, &one, sizeof(one));
        (void)written; /* full: it is readable */
        pthread_mutex_lock(&committer->lock);
    }
    pthread_mutex_unlock(&committer->lock);
    return NULL;
}

static int start_thread(struct committer *committer)
{
    pthread_attr_t attributes;
    int reason = pthread_attr_init(&attributes);
    if (reason == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        reason = pthread_create(&committer->thread, &attributes, serve, committer);
        pthread_attr_destroy(&attributes);
    }
    return reason;
}

enum status committer_start(struct committer **committer, const char *name, void (*run)(void *self),
                            void *self, struct fault *fault)
{
    struct committer *made = calloc(1, sizeof(*made));
    *committer = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for thread %s", name);
    }
    made->run = run;
    made->self = self;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->wake, NULL);
    made->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int reason = made->done_fd < 0 ? errno : start_thread(made);
    if (reason != 0) {
        if (made->done_fd >= 0) {
            close(made->done_fd);
        }
        free(made);
        return fault_errno(fault, reason, "cannot start thread %s", name);
    }
    pthread_setname_np(made->thread, name);
    *committer = made;
    return STATUS_OK;
}

void committer_stop(struct committer *committer)
{
    if (!committer) {
        return;
    }
    pthread_mutex_lock(&committer->lock);
    committer->is_stopping = true;
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->lock);
    pthread_join(committer->thread, NULL);
    pthread_cond_destroy(&committer->wake);
    pthread_mutex_destroy(&committer->lock);
    close(committer->done_fd);
    free(committer);
}

void committer_go(struct committer *committer)
{
    committer->is_busy = true;
    atomic_store(&committer->is_done, false);
    pthread_mutex_lock(&committer->lock);
    committer->is_asked = true;
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->lock);
}

bool committer_is_busy(const struct committer *committer)
{
    return committer->is_busy;
}

int committer_fd(const struct committer *committer)
{
    return committer->done_fd;
}

bool committer_read(struct committer *committer)
{
    uint64_t count;
    ssize_t got = read(committer->done_fd, &count, sizeof(count));
    (void)got; /* it may have been raised by others, or not yet */
    if (!committer->is_busy || !atomic_load(&committer->is_done)) {
        return false;
    }
    committer->is_busy = false;
    return true;
}

void committer_wait(struct committer *committer)
{
    while (committer->is_busy && !committer_read(committer)) {
        struct pollfd done = {.fd = committer->done_fd, .events = POLLIN};
        poll(&done, 1, -1);
    }
}
