/*
 * deploy_ini.h - the configuration file of a deployment: what stood in it, what the command line
 * says now, and what the kind of deployment decides, in rising order.
 *
 *     deploy_ini_init(&ini, &arena, before);            the file's text; empty when there is none
 *     deploy_ini_take_flags(&ini, options, count, words, &fault);
 *     deploy_ini_set(&ini, "data", "/var/lib/pipes");
 *     deploy_ini_load(&ini, &config, &set, &fault);     the options as the service will have them
 *
 * Lines that nobody changes stay as they are, comments, too.
 */
#ifndef PIPES_APP_DEPLOY_INI_H
#define PIPES_APP_DEPLOY_INI_H

#include "app/config.h"

enum { DEPLOY_INI_BYTES_MAX = 256 * 1024 };

struct deploy_ini {
    struct view text; /* in the arena */
    struct arena *arena;
    bool is_broken; /* no memory, or too long */
};

void deploy_ini_init(struct deploy_ini *ini, struct arena *arena, struct view before);
/* Puts the line in the place of the one with that name, or behind all. */
void deploy_ini_set(struct deploy_ini *ini, const char *name, const char *value);
/* Every option of `uses` that was a flag. STATUS_BAD_INPUT for a value of more than a line. */
enum status deploy_ini_take_flags(struct deploy_ini *ini, const struct option_set *options,
                                  unsigned uses, struct fault *fault) MUST_CHECK;
/* Defaults, then the file; neither environment nor command line. */
enum status deploy_ini_load(const struct deploy_ini *ini, struct config *config,
                            struct option_set *set, struct fault *fault) MUST_CHECK;

#endif
