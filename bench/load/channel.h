/*
 * channel.h - one connection to 127.0.0.1, plain or with TLS; it connects at once and never waits
 * after that.
 *
 *     endpoint_init(&endpoint, port, &(struct endpoint_wish){.is_tls = true}, &fault);
 *     channel_open(&channel, &endpoint, &fault);
 *     ssize_t got = channel_read(&channel, bytes, room);
 */
#ifndef PIPES_BENCH_CHANNEL_H
#define PIPES_BENCH_CHANNEL_H

#include "base/status.h"
#include "base/view.h"

#include <openssl/ssl.h>
#include <sys/types.h>

struct endpoint {
    unsigned port;
    SSL_CTX *tls; /* NULL: plain */
};

struct endpoint_wish {
    bool is_tls;
    bool is_http2; /* asked for by ALPN */
};

struct channel {
    int fd; /* -1: none */
    SSL *ssl;
};

enum status endpoint_init(struct endpoint *endpoint, unsigned port,
                          const struct endpoint_wish *wish, struct fault *fault) MUST_CHECK;
void endpoint_free(struct endpoint *endpoint);

/* Waits for the connection and the handshake. The server's certificate is not looked at. */
enum status channel_open(struct channel *channel, const struct endpoint *endpoint,
                         struct fault *fault) MUST_CHECK;
void channel_close(struct channel *channel);

/* Bytes, or 0: none just now, or -1: it is over. */
ssize_t channel_read(struct channel *channel, char *bytes, size_t room);
ssize_t channel_write(struct channel *channel, struct view bytes);
/* Bytes were received that no poll will tell of. */
bool channel_has_more(const struct channel *channel);

#endif
