/*
 * query_watch.h - a thread that looks after a running statement: stops it when its time is over,
 * shows how far it is.
 *
 *     query_watch_start(&watch, duck, &options);
 *     ... the statement ...
 *     is_late = query_watch_stop(&watch);
 */
#ifndef PIPES_APP_QUERY_WATCH_H
#define PIPES_APP_QUERY_WATCH_H

#include "base/bell.h"
#include "lake/duck.h"

#include <stdbool.h>

struct query_watch {
    struct duck *duck;
    int64_t limit_ms; /* 0: none */
    int err_fd;
    bool shows_progress;
    pthread_t thread;
    struct bell bell;
    bool is_running;
    bool is_over;
    bool is_late;
    bool has_bar;
};

/* The fields above `thread` are the caller's. */
void query_watch_start(struct query_watch *watch);
/* Whether it stopped the statement. Accepts one that was not started. */
bool query_watch_stop(struct query_watch *watch);

#endif
