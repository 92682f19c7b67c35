/*
 * admin_replay.h - POST /replay of the admin address: rows of the quarantine, a line each, to go
 * through today's code. Answered as replay_desk.h says when they are in the
 * journal.
 */
#ifndef PIPES_APP_ADMIN_REPLAY_H
#define PIPES_APP_ADMIN_REPLAY_H

#include "app/replay_desk.h"

/* `token`: who may ask (admin_token.h). */
enum net_verdict admin_replay(struct replay_desk *desk, const char *token, struct exchange *x);

#endif
