/*
 * config_reload.h - the options of a running program, read again from where they came from.
 *
 *     config_reload_create(&reload, &source, log, &fault);        after the start
 *     if (config_reload_read(reload, &config, &fault) == STATUS_OK) { ... all or nothing of it }
 *
 * Each reading says in the log what changed, and of what changed but cannot take effect that it
 * needs a restart.
 */
#ifndef PIPES_APP_CONFIG_RELOAD_H
#define PIPES_APP_CONFIG_RELOAD_H

#include "app/config.h"
#include "base/logger.h"

struct config_reload;

/* source is copied, its words and environment are borrowed, as is log. Reads everything once. */
enum status config_reload_create(struct config_reload **reload, const struct config_source *source,
                                 const struct logger *log, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void config_reload_destroy(struct config_reload *reload);

/* config's texts live until config_reload_end(). Says nothing yet. */
enum status config_reload_read(struct config_reload *reload, struct config *config,
                               struct fault *fault) MUST_CHECK;
/* What holds now, all of it: of what needs a restart what was read first. Into data/OPTIONS. */
enum status config_reload_write(struct config_reload *reload, int data_fd, struct fault *fault)
    MUST_CHECK;
/* What was read took effect, or not: says so, and lets go of it. */
void config_reload_end(struct config_reload *reload, bool took_effect);

#endif
