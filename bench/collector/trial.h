/*
 * trial.h - one load on one server: what the load found, and what the server used for it.
 */
#ifndef PIPES_BENCH_TRIAL_H
#define PIPES_BENCH_TRIAL_H

#include "collector/load_child.h"
#include "collector/server.h"

struct trial {
    struct load_result load;
    double cpu_us;       /* of the server for an event, user and kernel, while the load ran; of the
                            collector without its lake, which is a consumer */
    double lake_cpu_us;  /* of the lake for an event, when it has taken all */
    double core_share;   /* of its core that the server used, 0 to 1 */
    double others_share; /* and that anything else used: write-back, other programs */
    double sync_ms;      /* of the collector: how long its syncs take */
};

/* Returns when the server has settled. */
enum status trial_run(struct server *server, const struct load_plan *plan, struct trial *trial,
                      struct fault *fault) MUST_CHECK;
/* The port of the server for such a load. */
unsigned trial_port(const struct server *server, const struct load_plan *plan);

#endif
