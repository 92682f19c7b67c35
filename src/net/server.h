/*
 * server.h - a server of HTTP/1.1 and HTTP/2, plain or over TLS: one epoll loop per thread, several
 * listeners per loop.
 *
 *     struct net_limits limits = net_limits_default();
 *     struct net_loop *loop = net_loop_create(&limits, &fault);
 *     struct net_handler handler = {.self = app, .on_request = answer};
 *     listener_open(loop, "127.0.0.1:0", &handler, &port, &fault);
 *     net_loop_run(loop);      ... until net_loop_stop(loop) from anywhere
 *     net_loop_destroy(loop);
 *
 * Several loops may listen on one port (SO_REUSEPORT). All functions but net_loop_stop() belong
 * to the loop's thread (or come before it runs). Writes never raise SIGPIPE.
 */
#ifndef PIPES_NET_SERVER_H
#define PIPES_NET_SERVER_H

#include "net/http_head.h"
#include "net/http_reply.h"
#include "net/listen_address.h"

struct net_loop;
struct tls_context;
struct exchange;

enum net_verdict {
    NET_DONE,   /* the reply is filled */
    NET_WAIT,   /* exchange_finish() follows, not from inside on_request */
    NET_STREAM, /* the reply's head goes out now; exchange_write() may follow */
};

/* Valid until the exchange is finished. */
struct http_request {
    const struct http_head *head;
    struct view body; /* decoded */
    const char *peer; /* address without port */
};

/* A request that never reached on_request. */
struct exchange_refusal {
    unsigned status;
    const char *sentence;
    const struct http_head *head; /* NULL when it was not understood */
    struct view origin;           /* empty when unknown or not sent */
    struct http_reply *reply;     /* headers may be added */
};

/* The hooks behind on_request are optional. No hook may destroy the loop. */
struct net_handler {
    void *self;
    enum net_verdict (*on_request)(void *self, struct exchange *x);
    /* Once after all requests of one wake-up: the place for a group commit. */
    void (*on_round)(void *self);
    /* Nothing came for a while: what the last requests left in memory may be overwritten. May be
     * NULL. */
    void (*on_idle)(void *self);
    /* The client left before exchange_finish(), or waited too long for it; x is void afterwards. */
    void (*on_gone)(void *self, struct exchange *x);
    void (*on_refused)(void *self, struct exchange_refusal *refusal);
    /* Whether one more connection from that address may stay; peer is "unix" for those without one.
     * on_disconnect follows for each that may. */
    bool (*on_connect)(void *self, const char *peer);
    void (*on_disconnect)(void *self, const char *peer);
    /* A connection was closed at once: there are too many, of all or from its address. */
    void (*on_turned_away)(void *self);
};

struct net_limits {
    size_t body_bytes;
    size_t reply_bytes;
    size_t stream_bytes; /* what a slow reader may be behind */
    size_t connections;  /* per loop */
    size_t memory_bytes; /* per loop: of all buffers, but for a little that each always gets */
    int64_t idle_ms;
    int64_t head_ms;
    int64_t body_ms;
    int64_t wait_ms;   /* of a request for exchange_finish(): then on_gone, and 503 */
    int64_t write_ms;  /* without one byte accepted */
    int64_t linger_ms; /* after an error, for the client to read it */
    int64_t drain_ms;  /* from net_loop_stop() to the end of net_loop_run() */
};

struct net_limits net_limits_default(void);

struct net_loop *net_loop_create(const struct net_limits *limits, struct fault *fault);
/* Accepts NULL. Not while it runs. Calls on_gone for what is still open. */
void net_loop_destroy(struct net_loop *loop);
/* Returns after net_loop_stop(): no new connections, idle ones closed, exchanges finished. */
enum status net_loop_run(struct net_loop *loop, struct fault *fault) MUST_CHECK;
/* From any thread or signal handler. */
void net_loop_stop(struct net_loop *loop);
/* The same, but none meets a connection that is closed under it: those that can move to another
 * process (moving.h), others get a second to come with one more request, which is answered with
 * "Connection: close". For a hand-over. */
void net_loop_stop_gently(struct net_loop *loop);
/* Calls back whenever fd is readable. The fd stays the caller's and outlives the loop's run; the
 * callback reads it empty. */
enum status net_loop_watch(struct net_loop *loop, int fd, void (*callback)(void *self), void *self,
                           struct fault *fault) MUST_CHECK;

/* Calls back once, when nothing waits to be read (at once, if so); for what is better done together
 * with more of its kind, but not at the price of idling. The latest call counts. */
void net_loop_when_dry(struct net_loop *loop, void (*callback)(void *self), void *self);

/* How a listener is to be used. */
struct listener_options {
    int fd;                  /* listens already; taken, also on failure */
    struct tls_context *tls; /* borrowed; NULL: none */
    bool has_proxy_header;   /* each connection begins with a PROXY header */
};

/* Opens a socket that listens; several may be opened for one port (SO_REUSEPORT), one a loop. Of a
 * Unix socket there is one: give dup()s of it to the loops. *port is the one taken. */
enum status listener_socket(const struct listen_address *address, int *fd, uint16_t *port,
                            struct fault *fault) MUST_CHECK;
/* The handler is copied. */
enum status listener_add(struct net_loop *loop, const struct listener_options *options,
                         const struct net_handler *handler, struct fault *fault) MUST_CHECK;
/* Both, for an address without words; *port may be NULL. */
enum status listener_open(struct net_loop *loop, const char *address,
                          const struct net_handler *handler, uint16_t *port, struct fault *fault)
    MUST_CHECK;

/* STATUS_BUSY when another process listens there already: listeners share a port silently (that is
 * what lets several loops listen on one), so ask before the first of them is opened. */
enum status listener_probe(const struct listen_address *address, struct fault *fault) MUST_CHECK;

const struct http_request *exchange_request(const struct exchange *x);
struct http_reply *exchange_reply(struct exchange *x);
/* A slot for the handler's own pointer, NULL at first. */
void **exchange_slot(struct exchange *x);
/* Copies, once on_request has returned NET_STREAM. STATUS_FULL: nothing was taken, the reader is
 * too slow. STATUS_END: this is no open stream. */
enum status exchange_write(struct exchange *x, struct view bytes);
/* Sends the reply, or ends the stream. x is void afterwards. */
void exchange_finish(struct exchange *x);

#endif
