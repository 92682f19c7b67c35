/*
 * site_build.h - from configuration to tracker: the same for `pipes build` and `pipes serve`.
 */
#ifndef PIPES_APP_SITE_BUILD_H
#define PIPES_APP_SITE_BUILD_H

#include "app/config.h"
#include "site/tracker_site.h"

/* Reads the own modules that the configuration names (into the arena) and makes the tracker.
 * tracker_site_free() is due in any case. */
enum status site_build(struct tracker_site *site, const struct config *config, struct arena *arena,
                       struct fault *fault) MUST_CHECK;
/* The same with files of another name than pipes.js: what `serve` hands out has that one. */
enum status site_build_named(struct tracker_site *site, const struct config *config,
                             const char *script_name, struct arena *arena, struct fault *fault)
    MUST_CHECK;

#endif
