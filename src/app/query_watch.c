#include "app/query_watch.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
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

static void *look_after(void *self)
{
    struct query_watch *watch = self;
    int64_t begin_ns = clock_stopwatch_ns();
    bell_lock(&watch->bell);
    while (!watch->is_over) {
        bell_wait_ms(&watch->bell, STEP_MS);
        int64_t ms = (clock_stopwatch_ns() - begin_ns) / 1000000;
        if (!watch->is_over && watch->limit_ms > 0 && ms >= watch->limit_ms) {
            stop_late(watch, ms);
        }
        if (!watch->is_over && watch->shows_progress && ms >= QUIET_MS) {
            show_bar(watch, ms);
        }
    }
    bell_unlock(&watch->bell);
    return NULL;
}

void query_watch_start(struct query_watch *watch)
{
    bell_init(&watch->bell);
    watch->is_running = pthread_create(&watch->thread, NULL, look_after, watch) == 0;
}

bool query_watch_stop(struct query_watch *watch)
{
    if (!watch->is_running) {
        return false;
    }
    bell_lock(&watch->bell);
    watch->is_over = true;
    bell_ring(&watch->bell);
    bell_unlock(&watch->bell);
    pthread_join(watch->thread, NULL);
    bell_free(&watch->bell);
    watch->is_running = false;
    if (watch->has_bar) {
        dprintf(watch->err_fd, "\r\033[K");
    }
    return watch->is_late;
}
