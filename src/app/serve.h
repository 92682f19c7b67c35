/*
 * serve.h - the running collector: builds the world, hands it down, takes it apart again.
 *
 *     main thread      waits for a signal
 *     N workers        each: event loop, HTTP, adapters, journal stream, group commit
 *     lake thread      journal -> lake
 *     admin thread     live page, health
 *
 * Stopping drains: no new connections, what was received is committed and answered, the lake takes
 * everything, the journal is left empty.
 */
#ifndef PIPES_APP_SERVE_H
#define PIPES_APP_SERVE_H

#include "app/assets.h"
#include "app/config_reload.h"
#include "base/logger.h"
#include "base/status.h"

/* Borrowed for the length of serve_run(). */
struct serve_options {
    const struct config *config;
    struct config_reload *reload; /* of SIGHUP */
    unsigned workers;             /* 1 to 64 */
    const char *version;
    const struct assets *public_assets;
    const struct assets *admin_assets;
    const struct clock *clock;
    struct logger *log; /* its level follows the option */
    int out_fd;         /* where the two addresses are printed */
};

/* Returns after SIGINT or SIGTERM, or when another process took over after SIGUSR2 (hand_over.h);
 * SIGHUP reads options and certificate again. Blocks all four in all threads. STATUS_OK when
 * everything was kept and put away. */
enum status serve_run(const struct serve_options *options, struct fault *fault) MUST_CHECK;

#endif
