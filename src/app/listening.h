/*
 * listening.h - the sockets that the collector listens on: made here, or handed over by systemd or
 * by the process this one replaces; and the certificate that is shown on them.
 *
 * Each worker has a socket of its own for each public address (the kernel spreads connections over
 * them). Sockets that were handed over are used as they are, whoever made them: the address of each
 * must be one of the options listen and admin, or starting fails.
 *
 *     listening_open(&listening, &options, &fault);
 *     listening_attach(listening, worker, loop, &handler, &fault);   takes a dup() of each
 *     listening_close(listening);
 */
#ifndef PIPES_APP_LISTENING_H
#define PIPES_APP_LISTENING_H

#include "base/logger.h"
#include "net/server.h"

struct listening;

enum { LISTENING_URL_BYTES = 300, LISTENING_ADMIN = -1 /* as worker: the admin's address */ };

/* Borrowed while it is opened. */
struct listening_options {
    const char *listen;
    const char *admin;
    const char *certificate; /* both empty: no address may have tls */
    const char *key;
    unsigned workers;
};

/* Takes the sockets that LISTEN_FDS tells of (sd_listen_fds(3)). Others are opened, unless another
 * process listens there: STATUS_BUSY. */
enum status listening_open(struct listening **listening, const struct listening_options *options,
                           struct fault *fault) MUST_CHECK;
/* No socket that it made accepts any more, but in a process that got it. Accepts NULL. */
void listening_close(struct listening *listening);

/* Before the loop runs. */
enum status listening_attach(struct listening *listening, int worker, struct net_loop *loop,
                             const struct net_handler *handler, struct fault *fault) MUST_CHECK;

/* Addresses a person can open: the first public one and the admin's. */
const char *listening_public_url(const struct listening *listening);
const char *listening_admin_url(const struct listening *listening);
bool listening_is_admin_loopback(const struct listening *listening);

/* Reads the certificate again, the same file or another, from any thread; a no-op when no address
 * has tls. */
enum status listening_reload(struct listening *listening, const char *certificate, const char *key,
                             struct fault *fault) MUST_CHECK;

/* All sockets, the admin's last, for the process that replaces this one; up to room of them.
 * Borrowed. */
size_t listening_sockets(const struct listening *listening, int *fds, size_t room);

#endif
