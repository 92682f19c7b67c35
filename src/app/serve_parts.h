/*
 * serve_parts.h - inside of serve.c: all that a running collector consists of, and how it is opened
 * (serve_open.c).
 */
#ifndef PIPES_APP_SERVE_PARTS_H
#define PIPES_APP_SERVE_PARTS_H

#include "app/admin.h"
#include "app/admin_token.h"
#include "app/eraser.h"
#include "app/compactor.h"
#include "app/replay_desk.h"
#include "app/front.h"
#include "app/raw_keeper.h"
#include "app/lake_thread.h"
#include "app/ledger_door.h"
#include "app/listening.h"
#include "app/serve.h"
#include "app/upkeep.h"
#include "journal/data_folder.h"

#include <pthread.h>

/* Streams of the journal: one for each worker, and the last for what is replayed. */
static inline unsigned serve_streams(const struct serve_options *options)
{
    return options->workers + 1;
}

enum { SERVE_WORKERS_MAX = 64, SERVE_NAME_BYTES = 16 };

struct worker {
    struct front *front;
    struct net_loop *loop;
    pthread_t thread;
    char name[SERVE_NAME_BYTES];
    bool is_running;
    enum status status;
    struct fault fault;
};

struct serve {
    const struct serve_options *options;
    struct data_folder data;
    struct journal *journal;
    struct ledger_book *book;
    struct ledger_door *door;
    struct key_ring *ring;
    struct tombstones *tombstones; /* the lake's thread's */
    struct lake *lake;
    struct lake_thread *lake_thread;
    struct eraser *eraser;
    struct raw_keeper *raw;
    struct upkeep *upkeep;
    struct replay_desk *desk;
    char token[ADMIN_TOKEN_BYTES];
    struct compactor *compactor;
    struct live *live;
    struct counts counts;
    struct static_files files;
    struct settings_box settings;
    struct guard *guard;
    struct receipts *receipts;
    struct scrub_keys keys;
    struct agent_rules *agents;
    struct front_shared shared;
    struct worker workers[SERVE_WORKERS_MAX];
    struct admin *admin;
    struct worker admin_worker;
    struct listening *listening;
    int moving_fd; /* where connections go in a hand-over; -1: nowhere */
    bool is_handing_over;
};

/* Everything but threads. On failure what was opened stays, for serve_run() to close. */
enum status serve_open(struct serve *serve, struct fault *fault) MUST_CHECK;

struct lake_limits serve_lake_limits(const struct config *config);

#endif
