/*
 * http2_server.h - the server under test, in a thread of its own.
 *
 *     /bytes?N    N bytes              /wait     answered at the end of the round
 *     /held       answered by http2_server_release()
 *     /never      never answered       else      "<PATH|BODY>"
 */
#ifndef PIPES_TEST_HTTP2_SERVER_H
#define PIPES_TEST_HTTP2_SERVER_H

#include "net/server.h"

#include <pthread.h>

enum { HTTP2_SERVER_KEPT = 256 };

struct http2_server {
    struct net_loop *loop;
    pthread_t thread;
    uint16_t port;
    int release; /* eventfd */
    _Atomic size_t handled;
    _Atomic size_t gone;
    struct exchange *waiting[HTTP2_SERVER_KEPT];
    size_t waiting_count;
    struct exchange *held[HTTP2_SERVER_KEPT];
    size_t held_count;
};

void http2_server_start(struct http2_server *server, const struct net_limits *limits);
/* The same with small socket buffers: what a client does not read waits in the server. */
void http2_server_start_narrow(struct http2_server *server, const struct net_limits *limits);
void http2_server_release(struct http2_server *server);
/* In two steps, for a test that looks at what happens between them. */
void http2_server_stop_begin(struct http2_server *server);
/* As when another process takes over. */
void http2_server_stop_gently(struct http2_server *server);
void http2_server_stop_end(struct http2_server *server);
void http2_server_stop(struct http2_server *server);

#endif
