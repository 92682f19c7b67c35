/*
 * tls.h - TLS 1.2 and 1.3 of a server, over non-blocking sockets (OpenSSL).
 *
 *     tls_context_create(&context, "/etc/pipes/cert.pem", "/etc/pipes/key.pem", &fault);
 *     stream = tls_stream_create(context, fd, early);
 *     n = tls_stream_read(stream, place, room);     as recv(): -1 with EAGAIN while it waits
 *     tls_stream_free(stream);
 *     tls_context_destroy(context);
 *
 * One context serves all threads. Streams keep the certificate they began with; new ones get that
 * of the last reload. Sessions are resumed by tickets, also after a reload.
 */
#ifndef PIPES_NET_TLS_H
#define PIPES_NET_TLS_H

#include "base/status.h"
#include "base/view.h"

#include <sys/types.h>

struct tls_context;
struct tls_stream;

/* For a process that speaks no TLS and only wants digests, before it does: OpenSSL then leaves its
 * configuration unread, and with it 0.6 MB of memory untouched. */
void tls_is_not_needed(void);

/* PEM files: the certificate with its chain behind it, and its key. The fault names the file and
 * what is wrong with it. */
enum status tls_context_create(struct tls_context **context, const char *certificate,
                               const char *key, struct fault *fault) MUST_CHECK;
/* Reads files again, the same or others, from any thread. On failure what was loaded before stays.
 */
enum status tls_context_reload(struct tls_context *context, const char *certificate,
                               const char *key, struct fault *fault) MUST_CHECK;
/* After its streams. Accepts NULL. */
void tls_context_destroy(struct tls_context *context);

/* The server's side; fd is borrowed. `early` was read off the socket already (copied). NULL when
 * there is no memory. */
struct tls_stream *tls_stream_create(struct tls_context *context, int fd, struct view early);
/* Accepts NULL. */
void tls_stream_free(struct tls_stream *stream);

/* As recv() and send() without waiting: -1 with errno EAGAIN when nothing goes now, -1 with EPROTO
 * when the peer does not speak TLS properly, 0 at its end. Both do the handshake on the way. */
ssize_t tls_stream_read(struct tls_stream *stream, char *place, size_t room);
ssize_t tls_stream_write(struct tls_stream *stream, const char *bytes, size_t len);
/* Bytes were read off the socket that tls_stream_read() did not hand out yet. */
bool tls_stream_has_pending(const struct tls_stream *stream);
/* It can go on only when the socket is writable. */
bool tls_stream_wants_write(const struct tls_stream *stream);
/* True when the handshake agreed on HTTP/2 (ALPN). */
bool tls_stream_is_http2(const struct tls_stream *stream);
/* Tells the peer that no more comes. */
void tls_stream_end(struct tls_stream *stream);

#endif
