/*
 * moving.h - connections move to a loop of another process, which answers what comes next on them:
 * their clients notice nothing.
 *
 *     moving_pair(ends, &fault);
 *     old:  net_loop_move_to(loop, ends[0]);          then net_loop_stop_gently(loop)
 *     new:  moving_take(ends[1], loops, count);       once the old loops have ended
 *
 * Those move on which nothing is under way, and of which nothing is known but their socket: not
 * those with TLS, or with a PROXY header. The new loop's listener of the same address gets them,
 * and turns away what it would turn away at its door.
 */
#ifndef PIPES_NET_MOVING_H
#define PIPES_NET_MOVING_H

#include "net/server.h"

/* Two ends of a socket that carries connections; closed by the caller, after the loops' ends. */
enum status moving_pair(int ends[2], struct fault *fault) MUST_CHECK;

/* Before net_loop_stop_gently(). The fd is borrowed. Connections that do not fit into its buffer
 * while nobody takes them are closed. */
void net_loop_move_to(struct net_loop *loop, int fd);
/* Takes all that have moved, before these loops run and after their listeners were added: each goes
 * to the loop that has the fewest, or is closed where none listens at its address. The fd is
 * borrowed. */
void moving_take(int fd, struct net_loop *const *loops, size_t count);

#endif
