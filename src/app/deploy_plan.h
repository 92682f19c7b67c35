/*
 * deploy_plan.h - what a deployment does, as a list of steps: shown by --dry-run, else done, one
 * after the other. Each step may be done again: what is as it should be is left alone.
 *
 *     deploy_plan_init(&plan, &arena, "");
 *     deploy_plan_folder(&plan, "/etc/pipes", 0755);
 *     deploy_plan_file(&plan, "/etc/pipes/pipes.ini", 0644, text);
 *     deploy_plan_run(&plan, 0, (const char *[]){"systemctl", "restart", "pipes", NULL});
 *     deploy_plan_show(&plan, &out);
 *     deploy_plan_do(&plan, out_fd, &fault);
 *
 * Texts and bytes are borrowed until then; words are copied into the arena.
 */
#ifndef PIPES_APP_DEPLOY_PLAN_H
#define PIPES_APP_DEPLOY_PLAN_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

enum { DEPLOY_STEPS_MAX = 64, DEPLOY_PATH_BYTES = 1024, DEPLOY_FILE_BYTES_MAX = 1 << 30 };

enum deploy_kind {
    DEPLOY_FOLDER,
    DEPLOY_FILE,
    DEPLOY_COPY,
    DEPLOY_LINE,      /* a line is in a file of somebody else's */
    DEPLOY_CUT_LINE,  /* it is not, any more */
    DEPLOY_RUN,       /* a command */
    DEPLOY_RENEW,     /* a service of systemd takes on what is new (deploy_service.h) */
    DEPLOY_GONE,      /* a file, or a folder that is empty then */
    DEPLOY_TREE_GONE, /* a folder and all that is in it */
    DEPLOY_OWNED,     /* a folder belongs to a user of the system */
    DEPLOY_READABLE,  /* a file can be read by a user of the system; nothing is changed */
};

struct deploy_step {
    enum deploy_kind kind;
    const char *path;
    const char *source; /* of a copy; the line; the user; the service */
    mode_t mode;
    struct view bytes;
    const char *const *words;
    bool may_fail;
};

struct deploy_plan {
    struct deploy_step steps[DEPLOY_STEPS_MAX];
    size_t count;
    struct arena *arena;
    const char *root; /* stands before every path; not empty: no command is run */
    bool is_broken;   /* no room or no memory for a step: nothing is done */
};

void deploy_plan_init(struct deploy_plan *plan, struct arena *arena, const char *root);
void deploy_plan_folder(struct deploy_plan *plan, const char *path, mode_t mode);
void deploy_plan_file(struct deploy_plan *plan, const char *path, mode_t mode, struct view bytes);
void deploy_plan_copy(struct deploy_plan *plan, const char *source, const char *path, mode_t mode);
void deploy_plan_line(struct deploy_plan *plan, const char *path, const char *line);
void deploy_plan_cut_line(struct deploy_plan *plan, const char *path, const char *line);
void deploy_plan_run(struct deploy_plan *plan, bool may_fail, const char *const *words);
void deploy_plan_renew(struct deploy_plan *plan, const char *service);
void deploy_plan_gone(struct deploy_plan *plan, const char *path);
void deploy_plan_tree_gone(struct deploy_plan *plan, const char *path);
void deploy_plan_owned(struct deploy_plan *plan, const char *path, const char *user);
/* Fails, and says which folder or file is in the way, when the user may not read it. */
void deploy_plan_readable(struct deploy_plan *plan, const char *path, const char *user);

/* All of it, with what is written, for a person to read. */
enum status deploy_plan_show(const struct deploy_plan *plan, struct buf *out);
/* Says what it does on out_fd, a line a step. Ends with the first step that fails; what was done
 * stays done. */
enum status deploy_plan_do(const struct deploy_plan *plan, int out_fd, struct fault *fault)
    MUST_CHECK;

#endif
