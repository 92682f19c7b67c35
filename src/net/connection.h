/*
 * connection.h - inside of the server: what loop, listeners, connections and protocols know of each
 * other.
 *
 *     connection    a socket, its bytes in and out, its deadline
 *     protocol      what is spoken on it: http1.c, http2.c
 *     exchange      one request and its reply; taken from the loop's pool for as long as it is open
 *
 * A connection is never freed in the middle of a wake-up: connection_close() puts it on the loop's
 * list of the dead. One that is idle holds neither exchange nor buffers: ten thousand of them are
 * cheap.
 */
#ifndef PIPES_NET_CONNECTION_H
#define PIPES_NET_CONNECTION_H

#include "net/body_decoder.h"
#include "net/http_chunked.h"
#include "net/server.h"
#include "net/tls.h"

#include <netinet/in.h>

enum { READ_BYTES = 16 * 1024 };
/* A loop that stops gently serves a client that may not know yet for so long. */
enum { CONNECTION_GRACE_MS = 1000 };

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
    struct tls_context *tls; /* NULL: none */
    bool has_proxy_header;   /* a balancer says who the client is */
    bool had_requests;       /* on_round is due */
    bool is_paused;          /* out of descriptors: until the next sweep */
};

struct watch {
    struct source source;
    void (*callback)(void *self);
    void *self;
    struct watch *next;
};

enum exchange_state {
    EXCHANGE_HANDLING, /* inside on_request, or before it */
    EXCHANGE_WAITING,  /* for exchange_finish() */
    EXCHANGE_STREAM,   /* the head is out, exchange_write() may follow */
    EXCHANGE_REPLIED,  /* the reply is filled and is being sent */
};

struct exchange {
    struct connection *connection;
    struct exchange *next; /* in the pool, or among a connection's */
    struct exchange *previous;
    enum exchange_state state;
    struct http_head head;
    struct http_request request;
    struct http_reply reply;
    struct buf body;    /* as it came, where it cannot stay in the connection's input */
    struct buf decoded; /* of a request whose body is compressed */
    /* of an HTTP/2 stream */
    struct buf text; /* of its headers */
    int32_t stream_id;
    int64_t deadline_ms;
    size_t received_bytes; /* of its body, not given back to the window yet */
    size_t sent_bytes;     /* of the reply's body */
    bool is_dispatched;    /* handled or refused: what still comes is nothing */
    bool is_too_large;     /* its head */
    void *slot;
};

/* What a protocol does for a connection; none of the functions frees it. */
struct protocol {
    /* Goes on as far as it can without waiting: takes input, adds output. */
    void (*advance)(struct connection *c);
    /* Of EPOLLIN (input is wanted) and EPOLLRDHUP (to hear at once that the client left). */
    uint32_t (*interest)(const struct connection *c);
    /* The client took some of the output: the deadline moves. */
    void (*on_sent)(struct connection *c);
    /* Of the connection as a whole, when c->deadline_ms has passed. */
    void (*on_deadline)(struct connection *c);
    /* The loop stops: nothing new is begun. */
    void (*on_stop)(struct connection *c);
    /* The socket is gone. */
    void (*on_close)(struct connection *c);
    /* x is answered: its state is EXCHANGE_REPLIED, or EXCHANGE_STREAM for a reply whose body
     * follows by write. */
    void (*reply)(struct exchange *x);
    enum status (*write)(struct exchange *x, struct view bytes);
    void (*end_stream)(struct exchange *x);
};
extern const struct protocol protocol_opening;
extern const struct protocol protocol_http1;
extern const struct protocol protocol_http2;

enum http1_state {
    HTTP1_HEAD,
    HTTP1_BODY,
    HTTP1_WAITING,
    HTTP1_STREAM,
    HTTP1_WRITING,
};

struct http1 {
    enum http1_state state;
    bool has_begun; /* the first bytes of a request are there */
    bool keep_alive;
    bool is_lingering_after;
    size_t taken; /* bytes of input that the current request stands in */
    struct http_chunked chunked;
    const char *head_at; /* where the bytes stood that the head's views point into */
    struct exchange *x;  /* NULL until the head of a request is there */
};

enum connection_state {
    CONNECTION_OPEN,
    CONNECTION_LINGER, /* all sent; reading what still comes so that no reset eats the answer */
    CONNECTION_DEAD,
};

struct connection {
    struct source source;
    enum connection_state state;
    struct net_loop *loop;
    struct listener *listener;
    struct connection *previous; /* in the loop's list */
    struct connection *next;
    struct connection *next_ready;
    bool is_ready;     /* is on the ready list */
    bool has_ended;    /* the client sends no more */
    uint32_t interest; /* what epoll was asked for */
    int64_t deadline_ms;
    struct buf input;
    struct buf output;
    size_t sent; /* of output */
    size_t lingered_bytes;
    const struct protocol *protocol;
    bool awaits_proxy;
    bool awaits_tls;
    bool is_counted;        /* on_connect said yes */
    struct tls_stream *tls; /* NULL: none */
    struct http1 http1;
    struct http2 *http2; /* NULL: none, or not begun */
    char peer[INET6_ADDRSTRLEN];
};

enum { SPARE_BUFS_MAX = 256, SPARE_EXCHANGES_MAX = 256, MOVING_MAX = 128 };

/* Buffers nobody uses now. */
struct buf_pool {
    struct buf bufs[SPARE_BUFS_MAX];
    size_t count;
};

struct net_loop {
    int epoll;
    struct source stop;
    struct net_limits limits;
    struct buf_budget memory; /* of connections' and exchanges' buffers */
    struct listener *listeners;
    struct watch *watches;
    struct body_decoder *decoder; /* NULL until a compressed body comes */
    struct connection *connections;
    struct connection *dead;
    struct connection *ready;
    size_t connection_count;
    struct exchange *spare_exchanges;
    size_t spare_exchange_count;
    struct buf_pool spare_bufs;       /* of READ_BYTES and more */
    struct buf_pool spare_smalls;     /* for answers, most of which are small */
    void (*dry_callback)(void *self); /* NULL: nobody waits for a pause */
    void *dry_self;
    int moving_fd;          /* where connections go; -1: nowhere */
    int moving[MOVING_MAX]; /* sockets that go there next */
    size_t moving_count;
    bool is_used; /* since what requests left behind was overwritten */
    bool is_stopping;
    _Atomic bool is_gentle;
    int64_t now_ms;
    int64_t sweep_ms;            /* when deadlines are looked at next */
    struct connection *sweep_at; /* from which connection on; NULL: from the first */
    int64_t stop_by_ms;
    int64_t date_sec;
    char date[32];
};

/* One wake-up: waits for events so long at most, and does what they ask for. */
enum status net_loop_turn(struct net_loop *loop, int64_t wait_ms, struct fault *fault) MUST_CHECK;

/* Takes the fd, also on failure, which is NULL. listener_welcomes() said yes, unless a PROXY header
 * comes first. */
struct connection *connection_open(struct listener *listener, int fd, const char *peer);
void connection_on_event(struct connection *c, uint32_t events);
/* Writes and lets the protocol go on. */
void connection_advance(struct connection *c);
void connection_on_deadline(struct connection *c);
void connection_on_stop(struct connection *c);
void connection_close(struct connection *c);
/* The same, but its socket stays open and is the caller's. */
int connection_detach(struct connection *c);
/* Memory only; for those closed. */
void connection_free(struct connection *c);

/* Of a connection whose client may be about to send a request, when the loop stops: closes it, or,
 * where nobody is to meet a closed connection, moves it or gives it a moment. */
void connection_stop_idle(struct connection *c);
/* For protocols. Reads what is there into the input. */
void connection_read(struct connection *c);
void connection_mark_ready(struct connection *c);
void connection_set_deadline(struct connection *c, int64_t limit_ms);
/* There is no memory to read what it sends: says so if it can, and ends it. */
void connection_shed(struct connection *c);
/* A whole 503 for HTTP/1. Pages may read it: only so can they tell it from a dead network. */
struct view connection_full_answer(void);
/* Says that nothing more will be sent, and reads on for a while. */
void connection_linger(struct connection *c);

/* moving.h: whether it moves once nothing is under way; moves it; sends what is on its way. */
bool moving_may(const struct connection *c);
void moving_give(struct connection *c);
void moving_flush(struct net_loop *loop);

/* From the pool. NULL when there is no memory. */
struct exchange *exchange_take(struct connection *c);
void exchange_release(struct exchange *x);
/* What is in the pool keeps nothing of its last request. */
void exchange_wipe_spares(struct net_loop *loop);
void exchange_free_all(struct net_loop *loop);
/* Hands a whole request to the handler; head is filled. What it answers goes to protocol->reply(),
 * at once or later. */
void exchange_dispatch(struct exchange *x, struct view body);
/* Answers with an error instead of the handler; head may be NULL. */
void exchange_refuse(struct exchange *x, struct http_refusal why, const struct http_head *head);
/* The client is gone, or waits no longer. */
void exchange_tell_gone(struct exchange *x);

/* Buffers whose owner is idle, so that requests allocate nothing. */
void loop_take_buf(struct net_loop *loop, struct buf *buf);
void loop_take_small_buf(struct net_loop *loop, struct buf *buf);
void loop_give_buf(struct net_loop *loop, struct buf *buf);

void listener_accept(struct listener *listener);
/* A connection that was accepted elsewhere; takes the fd. */
void listener_take(struct listener *listener, int fd);
/* Whether one more from that address may stay: connection->is_counted then. */
bool listener_welcomes(struct listener *listener, const char *peer);
void listener_tell_turned_away(struct listener *listener);
void listener_close(struct listener *listener);
/* Accepts again after it ran out of descriptors. */
void listener_resume(struct listener *listener);

#endif
