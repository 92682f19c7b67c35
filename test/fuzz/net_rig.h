/*
 * net_rig.h - one connection of the real server in the fuzzer's own thread, over a pair of sockets.
 *
 *     struct net_rig *rig = net_rig_create(false);      once
 *     net_rig_open(rig);
 *     net_rig_feed(rig, bytes);        the server has taken them; what it says is in rig->heard
 *     net_rig_close(rig);
 *
 * The handler answers by the length of the path: at once, at the end of the round, never, or by a
 * stream.
 */
#ifndef PIPES_FUZZ_NET_RIG_H
#define PIPES_FUZZ_NET_RIG_H

#include "net/connection.h"

enum { NET_RIG_KEPT = 1024 };

struct net_rig {
    struct net_loop *loop;
    int fd;
    bool is_answered_at_once; /* whatever the path */
    struct buf heard;
    uint64_t handled; /* a digest of all requests that came to the handler since open */
    struct exchange *waiting[NET_RIG_KEPT];
    size_t waiting_count;
    struct exchange *never[NET_RIG_KEPT];
    size_t never_count;
};

struct net_rig *net_rig_create(bool has_proxy_header);
void net_rig_open(struct net_rig *rig);
/* NULL when the server has closed it. */
struct connection *net_rig_connection(const struct net_rig *rig);
void net_rig_feed(struct net_rig *rig, struct view bytes);
/* Lets the server do what is to be done, and hears it. */
void net_rig_turn(struct net_rig *rig);
/* The client sends no more. */
void net_rig_end(struct net_rig *rig);
/* All deadlines have passed. */
void net_rig_wait_long(struct net_rig *rig);
void net_rig_close(struct net_rig *rig);

#endif
