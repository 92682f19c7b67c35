#include "app/query_watch.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 100, QUIET_MS = 1000, BAR_CELLS = 30, GRACE_MS = 1000 };

static void show_bar(struct query_watch *watch, int64_t ms)
{
    double per_cent = duck_progress(watch->duck);
    char bar[BAR_CELLS + 1];
    int filled = per_cent > 0 ? (int)(per_cent * BAR_CELLS / 100) : 0;
    for (int i = 0; i < BAR_CELLS; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[BAR_CELLS] = 0;
    watch->has_bar = true;
    if (per_cent > 0) {
        dprintf(watch->err_fd, "\r[%s] %3.0f %%  %.1f s\033[K", bar, per_cent, (double)ms / 1000);
    } else {
        dprintf(watch->err_fd, "\r%.1f s\033[K", (double)ms / 1000);
    }
}

/* DuckDB looks between two pieces of work; one that it is lost in is ended with the process. */
static void stop_late(struct query_watch *watch, int64_t ms)
{
    if (!watch->is_late) {
        watch->is_late = true;
        duck_interrupt(watch->duck);
    } else if (ms > watch->limit_ms + GRACE_MS) {
        dprintf(watch->err_fd, "pipes: stopped after --limit-time\n");
        _exit(1);
    }
}

static void wait_step(struct query_watch *watch)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += STEP_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&watch->over, &watch->lock, &until);
}

static void *look_after(void *self)
{
    struct query_watch *watch = self;
    int64_t begin_ns = clock_stopwatch_ns();
    pthread_mutex_lock(&watch->lock);
    while (!watch->is_over) {
        wait_step(watch);
        int64_t ms = (clock_stopwatch_ns() - begin_ns) / 1000000;
        if (!watch->is_over && watch->limit_ms > 0 && ms >= watch->limit_ms) {
            stop_late(watch, ms);
        }
        if (!watch->is_over && watch->shows_progress && ms >= QUIET_MS) {
            show_bar(watch, ms);
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

void query_watch_start(struct query_watch *watch)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->over, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&watch->lock, NULL);
    watch->is_running = pthread_create(&watch->thread, NULL, look_after, watch) == 0;
}

bool query_watch_stop(struct query_watch *watch)
{
    if (!watch->is_running) {
        return false;
    }
    pthread_mutex_lock(&watch->lock);
    watch->is_over = true;
    pthread_cond_signal(&watch->over);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->over);
    pthread_mutex_destroy(&watch->lock);
    watch->is_running = false;
    if (watch->has_bar) {
        dprintf(watch->err_fd, "\r\033[K");
    }
    return watch->is_late;
}
