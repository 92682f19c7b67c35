/*
 * admin.h - the private address: the live page, the flow of events behind it, health and counts.
 *
 *     GET /            the live page                GET /healthz   200 while the process answers
 *     GET /live        server-sent events: one per row, id is its ingest_seq
 *     GET /live?last=N begins with the newest N      GET /counts    the ledger so far, as JSON
 *     GET /readyz      200 while it can take events    GET /metrics   for Prometheus
 *     POST, GET /forget   see admin_forget.h
 *
 * No CORS header is ever sent, and while it listens on loopback only names of this machine are
 * answered: a page on the web cannot read it, not even through a name that it made point here.
 */
#ifndef PIPES_APP_ADMIN_H
#define PIPES_APP_ADMIN_H

#include "app/assets.h"
#include "app/counts.h"
#include "app/eraser.h"
#include "app/replay_desk.h"
#include "app/live.h"
#include "app/upkeep.h"
#include "lake/lake.h"
#include "net/server.h"

enum { ADMIN_WATCHERS_MAX = 64 };

/* Borrowed for the admin's life. */
struct admin_shared {
    struct live *live;
    struct counts *counts;
    struct journal *journal;
    const struct clock *clock;
    const struct lake_counts *lake;
    const struct assets *assets; /* the live page; "/" is its path */
    struct eraser *eraser;
    struct upkeep *upkeep;
    struct replay_desk *desk;
    const char *token; /* of who may change things */
    const char *public_url;
    const char *site;
    const char *version;
    bool is_loopback;
};

struct admin;

enum status admin_create(struct admin **admin, const struct admin_shared *shared,
                         struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void admin_destroy(struct admin *admin);
struct net_handler admin_handler(struct admin *admin);
/* To be called in the loop's thread when live_fd() is readable. */
void admin_push(void *admin);

#endif
