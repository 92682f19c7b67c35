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
#include "base/logger.h"
#include "base/status.h"
#include "journal/journal.h"

#include <stdint.h>

/* Borrowed for the length of serve_run(). */
struct serve_options {
    const char *data;
    const char *listen; /* listen_address.h */
    const char *admin;
    const char *tls_certificate; /* PEM file; empty: none */
    const char *tls_key;
    size_t connections; /* open at a time, all workers together */
    unsigned workers;   /* 1 to 64 */
    const char *site;
    const char *environment;
    const char *origins; /* comma-separated; empty: any */
    const char *www;     /* empty: none */
    const char *version;
    size_t body_bytes;
    size_t segment_bytes;
    enum journal_sync sync;
    int64_t interval_ms;
    uint64_t spool_bytes;
    uint64_t disk_reserve_bytes;
    int64_t lake_roll_ms;
    uint64_t lake_roll_bytes;
    uint64_t quarantine_bytes;
    const struct assets *public_assets;
    const struct assets *admin_assets;
    const struct clock *clock;
    const struct logger *log;
    int out_fd; /* where the two addresses are printed */
};

/* Returns after SIGINT or SIGTERM, or when another process took over after SIGUSR2 (hand_over.h);
 * SIGHUP reads the certificate again. Blocks all four in all threads. STATUS_OK when everything was
 * kept and put away. */
enum status serve_run(const struct serve_options *options, struct fault *fault) MUST_CHECK;

#endif
