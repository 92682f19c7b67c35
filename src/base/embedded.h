/*
 * embedded.h - files that were compiled into the program (tools/embed).
 *
 * A table ends with a row whose name is NULL.
 */
#ifndef PIPES_BASE_EMBEDDED_H
#define PIPES_BASE_EMBEDDED_H

#include "base/view.h"

struct embedded {
    const char *name; /* without folders */
    struct view bytes;
};

/* The minified tracker: "core.min.js", "stub.min.js", "NAME.min.js" for each module, and
 * their list, "modules.json". */
extern const struct embedded embedded_tracker[];
/* The live page: "live.html", "live.css", "live.js". */
extern const struct embedded embedded_dashboard[];
/* What `pipes deploy` writes: the files of deploy/systemd, deploy/container and deploy/aws. */
extern const struct embedded embedded_deploy[];

/* The bytes of that name; at is NULL when there are none. */
struct view embedded_find(const struct embedded *table, const char *name);

#endif
