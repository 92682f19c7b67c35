/*
 * key_view.h - lake/keys/ for reading, beside the collector that writes there: was this event seen?
 *
 * key_set.h is the writer's; this changes nothing, and looks at no more pages than it is
 * asked about. A file that is not whole is passed over, as the writer will do.
 *
 *     key_view_open(&view, lake_fd, &fault);
 *     if (key_view_has(&view, key)) { ... }
 *     key_view_close(&view);
 */
#ifndef PIPES_LAKE_KEY_VIEW_H
#define PIPES_LAKE_KEY_VIEW_H

#include "lake/key_run.h"

enum { KEY_VIEW_RUNS_MAX = 512 };

struct key_view {
    struct key_run runs[KEY_VIEW_RUNS_MAX];
    size_t count;
    size_t damaged;
};

/* All files as they were at one moment, however the writer merges them meanwhile. A lake without
 * keys gives an empty view. */
enum status key_view_open(struct key_view *view, int lake_fd, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void key_view_close(struct key_view *view);
bool key_view_has(const struct key_view *view, struct key key);

#endif
