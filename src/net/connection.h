/*
 * connection.h - inside of the server: what loop, listeners and connections know of each other.
 *
 * A connection is read, handled and written strictly one request at a time. It is never freed in
 * the middle of a wake-up: connection_close() puts it on the loop's list of the dead.
 */
#ifndef PIPES_NET_CONNECTION_H
#define PIPES_NET_CONNECTION_H

#include "net/body_decoder.h"
#include "net/http_chunked.h"
#include "net/server.h"

#include <netinet/in.h>

enum source_kind { SOURCE_STOP, SOURCE_LISTENER, SOURCE_WATCH, SOURCE_CONNECTION };

/* First member of all that epoll may report. */
struct source {
    enum source_kind kind;
    int fd;
};

struct listener {
    struct source source;
    struct net_handler handler;
    struct net_loop *loop;
    struct listener *next;
    bool had_requests; /* on_round is due */
    bool is_paused;    /* out of descriptors: until the next sweep */
};

struct watch {
    struct source source;
    void (*callback)(void *self);
    void *self;
    struct watch *next;
};

enum connection_state {
    CONNECTION_HEAD,
    CONNECTION_BODY,
    CONNECTION_WAITING, /* for exchange_finish() */
    CONNECTION_STREAM,
    CONNECTION_WRITING,
    CONNECTION_LINGER, /* all sent; reading what still comes so that no reset eats the answer */
    CONNECTION_DEAD,
};

/* An exchange is the connection it runs on. */
struct exchange {
    struct source source;
    struct net_loop *loop;
    struct listener *listener;
    struct exchange *previous; /* in the loop's list */
    struct exchange *next;
    struct exchange *next_ready;
    bool is_ready; /* is on the ready list */
    enum connection_state state;
    int64_t deadline_ms;
    uint32_t interest; /* what epoll was asked for */
    bool has_ended;    /* the client sends no more */
    bool keep_alive;
    bool is_handling; /* inside on_request */
    bool is_lingering_after;
    struct buf input;
    struct buf body;    /* of a chunked request */
    struct buf decoded; /* of a request whose body is compressed */
    struct buf output;
    size_t sent; /* of output */
    size_t lingered_bytes;
    struct http_chunked chunked;
    struct http_head head;
    const char *head_at; /* where the bytes stood that the head's views point into */
    struct http_request request;
    struct http_reply reply;
    void *slot;
    char peer[INET6_ADDRSTRLEN];
};

struct net_loop {
    int epoll;
    struct source stop;
    struct net_limits limits;
    struct listener *listeners;
    struct watch *watches;
    struct body_decoder *decoder; /* NULL until a compressed body comes */
    struct exchange *connections;
    struct exchange *dead;
    struct exchange *ready;
    size_t connection_count;
    bool is_stopping;
    int64_t now_ms;
    int64_t sweep_ms; /* when deadlines are looked at next */
    int64_t stop_by_ms;
    int64_t date_sec;
    char date[32];
};

/* Takes the fd, also on failure. */
void connection_open(struct listener *listener, int fd, const char *peer);
void connection_on_event(struct exchange *x, uint32_t events);
/* Goes on as far as it can without waiting: writes, takes up the next request. */
void connection_advance(struct exchange *x);
void connection_on_deadline(struct exchange *x);
void connection_close(struct exchange *x);
/* Memory only; for those closed. */
void connection_free(struct exchange *x);

void listener_accept(struct listener *listener);
void listener_close(struct listener *listener);

#endif
