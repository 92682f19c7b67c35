#include "app/lake_thread.h"

#include "base/background.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RETRY_MS = 1000, FAULT_INTERVAL_MS = 10000, GATHER_MS = 20 };

struct lake_thread {
    struct lake *lake;
    const struct clock *clock;
    const struct logger *log;
    int wake_fd;
    _Atomic bool is_told; /* since it last looked */
    _Atomic bool is_stopping;
    _Atomic bool has_new_limits;
    pthread_mutex_t lock;
    struct lake_limits new_limits; /* under the lock, as all of a job */
    lake_thread_job_fn *job;       /* NULL: there is none */
    void *job_self;
    enum status job_status;
    struct fault *job_fault;
    bool is_over;
    pthread_cond_t job_done;
    pthread_t thread;
    struct logger_gate gate;
};

static void wait_for_work(struct lake_thread *thread, bool has_failed)
{
    int64_t roll_ms = lake_next_roll_ms(thread->lake);
    int64_t wait_ms = has_failed ? RETRY_MS : roll_ms;
    struct pollfd wake = {.fd = thread->wake_fd, .events = POLLIN};
    /* After a failure every commit would wake it at once: only time helps then. */
    if (has_failed && !atomic_load(&thread->is_stopping)) {
        poll(NULL, 0, (int)wait_ms);
        return;
    }
    if (poll(&wake, 1, wait_ms < 0 ? -1 : (int)wait_ms) > 0) {
        uint64_t count;
        ssize_t got = read(thread->wake_fd, &count, sizeof(count));
        (void)got;
        /* To look at every commit by itself would cost the workers a wake-up each. */
        if (!atomic_load(&thread->is_stopping)) {
            poll(NULL, 0, GATHER_MS);
        }
    }
}

static void say(struct lake_thread *thread, enum status status, const struct fault *fault)
{
    uint64_t held;
    int64_t now_ms = clock_monotonic_ms(thread->clock);
    if (status != STATUS_OK && logger_gate_hit(&thread->gate, now_ms, &held)) {
        logger_error(thread->log, "lake",
                     "it cannot write; events wait in the journal (tried %llu more times since "
                     "this was last said): %s",
                     (unsigned long long)held, fault->text);
    }
    if (status == STATUS_OK && logger_gate_over(&thread->gate, now_ms, &held)) {
        logger_info(thread->log, "lake", "it writes again");
    }
}

static void take_limits(struct lake_thread *thread)
{
    if (atomic_exchange(&thread->has_new_limits, false)) {
        pthread_mutex_lock(&thread->lock);
        lake_set_limits(thread->lake, &thread->new_limits);
        pthread_mutex_unlock(&thread->lock);
    }
}

static void do_job(struct lake_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    lake_thread_job_fn *job = thread->job;
    pthread_mutex_unlock(&thread->lock);
    if (!job) {
        return;
    }
    /* Nobody else touches what belongs to it while it is asked for. */
    enum status status = job(thread->job_self, thread->lake, thread->job_fault);
    pthread_mutex_lock(&thread->lock);
    thread->job = NULL;
    thread->job_status = status;
    pthread_cond_signal(&thread->job_done);
    pthread_mutex_unlock(&thread->lock);
}

/* Who asks from now on is told so at once. */
static void end_jobs(struct lake_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    thread->is_over = true;
    if (thread->job) {
        thread->job = NULL;
        thread->job_status = fault_set(thread->job_fault, STATUS_BUSY, "the collector is stopping");
        pthread_cond_signal(&thread->job_done);
    }
    pthread_mutex_unlock(&thread->lock);
}

static void *run(void *argument)
{
    struct lake_thread *thread = argument;
    enum status status = STATUS_OK;
    /* Of this thread: what is on disk already can wait, what comes in cannot. When too much waits
     * the workers make way (see pipeline.c). */
    background_enter(BACKGROUND_LAST);
    while (!atomic_load(&thread->is_stopping)) {
        struct fault fault = {0};
        take_limits(thread);
        do_job(thread);
        atomic_store(&thread->is_told, false);
        status = lake_step(thread->lake, &fault);
        say(thread, status, &fault);
        if (!atomic_load(&thread->is_stopping)) {
            wait_for_work(thread, status != STATUS_OK);
        }
    }
    end_jobs(thread);
    return NULL;
}

enum status lake_thread_start(struct lake_thread **thread, struct lake *lake,
                              const struct clock *clock, const struct logger *log,
                              struct fault *fault)
{
    struct lake_thread *made = calloc(1, sizeof(*made));
    *thread = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the lake's thread");
    }
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->job_done, NULL);
    made->lake = lake;
    made->clock = clock;
    made->log = log;
    made->gate.interval_ms = FAULT_INTERVAL_MS;
    made->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int reason = made->wake_fd < 0 ? errno : pthread_create(&made->thread, NULL, run, made);
    if (reason != 0) {
        if (made->wake_fd >= 0) {
            close(made->wake_fd);
        }
        free(made);
        return fault_errno(fault, reason, "cannot start the lake's thread");
    }
    pthread_setname_np(made->thread, "lake");
    *thread = made;
    return STATUS_OK;
}

static void wake(struct lake_thread *thread)
{
    uint64_t one = 1;
    ssize_t written = write(thread->wake_fd, &one, sizeof(one));
    (void)written; /* full: it is awake */
}

void lake_thread_set_limits(struct lake_thread *thread, const struct lake_limits *limits)
{
    pthread_mutex_lock(&thread->lock);
    thread->new_limits = *limits;
    pthread_mutex_unlock(&thread->lock);
    atomic_store(&thread->has_new_limits, true);
    wake(thread);
}

enum status lake_thread_run(struct lake_thread *thread, lake_thread_job_fn *job, void *self,
                            struct fault *fault)
{
    pthread_mutex_lock(&thread->lock);
    enum status status =
        thread->is_over ? fault_set(fault, STATUS_BUSY, "the collector is stopping") : STATUS_OK;
    if (status == STATUS_OK) {
        thread->job_self = self;
        thread->job_fault = fault;
        thread->job = job;
        wake(thread);
        while (thread->job) {
            pthread_cond_wait(&thread->job_done, &thread->lock);
        }
        status = thread->job_status;
    }
    pthread_mutex_unlock(&thread->lock);
    return status;
}

void lake_thread_tell(struct lake_thread *thread)
{
    if (!atomic_exchange(&thread->is_told, true)) {
        wake(thread);
    }
}

enum status lake_thread_stop(struct lake_thread *thread, struct fault *fault)
{
    if (!thread) {
        return STATUS_OK;
    }
    atomic_store(&thread->is_stopping, true);
    wake(thread);
    pthread_join(thread->thread, NULL);
    /* Here, not there: a thread cannot leave the background again, and now somebody waits for it.
     */
    enum status status = lake_drain(thread->lake, fault);
    close(thread->wake_fd);
    free(thread);
    return status;
}
