/*
 * client.h - one connection that sends requests and hands up their answers.
 *
 *     client_open(&client, &shared, &fault);
 *     while (client.free_slots > 0) { client_send(&client, now_ns); }
 *     client_flush(&client);
 *     ... epoll says it can be read: client_receive(&client), which calls shared.on_answer
 *
 * A slot is a request that may be in flight: one over HTTP/1.1, as many as there are streams over
 * HTTP/2. What the two do differently is in struct client_protocol.
 */
#ifndef PIPES_BENCH_CLIENT_H
#define PIPES_BENCH_CLIENT_H

#include "load/channel.h"
#include "load/payload.h"

#include <stdint.h>

enum { CLIENT_INPUT_BYTES = 64 * 1024, CLIENT_UNSENT_BYTES_MAX = 16 << 20 };

struct client;

struct client_answer {
    unsigned status;
    int64_t started_ns;
    int64_t ended_ns;
};

/* The same for all clients of a load; one thread. */
struct client_shared {
    struct endpoint endpoint;
    struct payload payload;
    const struct client_protocol *protocol;
    unsigned slots;
    int epoll_fd;
    char input[CLIENT_INPUT_BYTES];
    /* A slot is free again when it is called. It must not close the client. */
    void (*on_answer)(void *self, struct client *client, const struct client_answer *answer);
    void *self;
};

struct client_protocol {
    enum status (*open)(struct client *client, struct fault *fault);
    void (*close)(struct client *client);
    /* All of these: false when the connection is of no use any more. */
    bool (*send)(struct client *client, int64_t started_ns);
    bool (*receive)(struct client *client, struct view bytes);
    bool (*flush)(struct client *client);
};

struct client {
    struct client_shared *shared;
    struct channel channel;
    void *protocol; /* http1.c's or http2.c's own */
    struct buf unsent;
    unsigned free_slots;
    bool wants_to_write; /* epoll was told */
    bool is_waiting;     /* of load.c: in its list of those with free slots */
    int64_t received_ns; /* when what is being read came */
};

extern const struct client_protocol client_http1;
extern const struct client_protocol client_http2;

/* The client's address goes to epoll and must not change. */
enum status client_open(struct client *client, struct client_shared *shared, struct fault *fault)
    MUST_CHECK;
/* Accepts a zeroed one. */
void client_close(struct client *client);

/* All of these: false when the connection is of no use any more. */
bool client_send(struct client *client, int64_t started_ns);
bool client_receive(struct client *client);
bool client_flush(struct client *client);

/* For a protocol. Bytes that the socket does not take are copied and sent later. */
bool client_write(struct client *client, struct view bytes);
void client_answered(struct client *client, unsigned status, int64_t started_ns);

#endif
