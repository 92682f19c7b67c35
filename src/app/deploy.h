/*
 * deploy.h - `pipes deploy`: from options to a plan, and what comes when it is done.
 *
 * A target fills the plan (deploy_plan.h); it reads, but changes nothing. What all have in common
 * is here: the configuration file, the check that a tracker can be made of it, the tag to paste.
 *
 *     deploy_init(&deploy, options, config, &arena);
 *     deploy_systemd(&deploy, &fault);                 or another target
 *     deploy_plan_show(&deploy.plan, &text);           or deploy_plan_do()
 *     deploy_append_result(&deploy, &text, &fault);
 *     deploy_free(&deploy);
 */
#ifndef PIPES_APP_DEPLOY_H
#define PIPES_APP_DEPLOY_H

#include "app/deploy_ini.h"
#include "app/deploy_plan.h"
#include "app/deploy_text.h"
#include "site/tracker_site.h"

enum { DEPLOY_HEALTH_MS = 60000 };

struct deploy {
    const struct config *flags;       /* as the command got them */
    const struct option_set *options; /* where they came from */
    struct arena *arena;
    struct deploy_plan plan;
    struct deploy_ini ini;
    struct config config; /* as the service will have them; after deploy_settle() */
    struct tracker_site site;
    const char *program; /* this one's file */
    const char *duckdb;  /* its library; NULL: there is none */
};

enum status deploy_init(struct deploy *deploy, const struct option_set *options,
                        const struct config *flags, struct arena *arena, struct fault *fault)
    MUST_CHECK;
void deploy_free(struct deploy *deploy);

/* The targets. */
enum status deploy_systemd(struct deploy *deploy, struct fault *fault) MUST_CHECK;
enum status deploy_local(struct deploy *deploy, struct fault *fault) MUST_CHECK;
enum status deploy_container(struct deploy *deploy, struct fault *fault) MUST_CHECK;
enum status deploy_aws(struct deploy *deploy, struct fault *fault) MUST_CHECK;

/* For targets. Begins with the file that is there (below the root), puts the flags above. */
enum status deploy_begin_ini(struct deploy *deploy, const char *path, struct fault *fault)
    MUST_CHECK;
/* Sets an option unless it was a flag. */
void deploy_decide(struct deploy *deploy, const char *name, const char *value);
bool deploy_is_flag(const struct deploy *deploy, const char *name);
/* Reads the finished file as the service will, and makes its tracker: what it would refuse is
 * refused now. */
enum status deploy_settle(struct deploy *deploy, struct fault *fault) MUST_CHECK;
/* A text in the arena; NULL without memory, and the plan is broken. */
const char *deploy_format(struct deploy *deploy, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A file of deploy/ with its values at a path. */
void deploy_write(struct deploy *deploy, const char *file, const struct deploy_value *values,
                  const char *path, mode_t mode);
/* Files that the options name must be whole paths: the service runs elsewhere. */
enum status deploy_check_paths(const struct deploy *deploy, struct fault *fault) MUST_CHECK;

/* Where it is reached, and the tag. */
enum status deploy_append_result(const struct deploy *deploy, struct buf *out);

/* Waits until the collector on that data folder answers. */
enum status deploy_wait(const char *data, int64_t bound_ms, struct fault *fault) MUST_CHECK;

#endif
