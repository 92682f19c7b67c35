/*
 * server.h - a server to be measured: the collector, or something to compare it with. Each runs in
 * a folder of its own, on core 0, one worker.
 *
 *     server_make(&server, &server_pipes, &place, &fault);
 *     server_start(&server, &fault);         until it took an event; server.ready_ns says how long
 *     ... load on server.port
 *     server_settle(&server, &fault);        until it has no more to do
 *     server_stop(&server);
 *     server_remove(&server);
 *
 * A kind of server is a const table, listed in server_list.
 */
#ifndef PIPES_BENCH_SERVER_H
#define PIPES_BENCH_SERVER_H

#include "collector/command.h"
#include "fault/shim.h"

#include <stdint.h>

enum { SERVER_PATH_BYTES = 160, SERVER_CORE = 0, LOAD_CORE = 1 };

/* Where servers put their files. */
struct server_place {
    char folder[SERVER_PATH_BYTES];
    char certificate[SERVER_PATH_BYTES + 32];
    char key[SERVER_PATH_BYTES + 32];
};

struct server {
    const struct server_kind *kind;
    const struct server_place *place;
    char folder[SERVER_PATH_BYTES + 32];
    char output[SERVER_PATH_BYTES + 48]; /* all it said */
    unsigned port;
    unsigned http2_port; /* HTTP/2 with prior knowledge */
    unsigned tls_port;   /* HTTP/1.1 and HTTP/2 by ALPN */
    unsigned admin_port; /* 0: it has none */
    struct child child;  /* pid 0: it does not run */
    pid_t worker;        /* whose figures count */
    int64_t ready_ns;
    struct shim_control *control; /* NULL: no layer below its files */
};

struct server_kind {
    const char *name;
    const char *note;        /* how it is set up, for the report */
    const char *location;    /* of nginx: what its one place does */
    const char *http;        /* of nginx: lines for all places */
    const char *lake_thread; /* of the collector */
    bool is_without_spool_max;
    bool is_lake_apart; /* beside the load, on its core */
    bool has_no_tls;
    unsigned sync_delay_ms;
    bool has_shim; /* disk_shim.so below its files */
    bool (*is_present)(void);
    enum status (*configure)(struct server *server, struct fault *fault);
    void (*command)(const struct server *server, struct command *command);
    pid_t (*worker)(const struct server *server);
    enum status (*settle)(struct server *server, struct fault *fault);
    void (*dispose)(struct server *server); /* what configure opened */
};

extern const struct server_kind server_pipes;
extern const struct server_kind server_pipes_plain; /* as it is without any option */
extern const struct server_kind server_pipes_apart;
extern const struct server_kind server_pipes_long;
extern const struct server_kind server_pipes_shim; /* with rules, see server_fail_disk() */
extern const struct server_kind server_pipes_5ms;
extern const struct server_kind server_pipes_50ms;
extern const struct server_kind server_nginx_204;
extern const struct server_kind server_nginx_204_8k;
extern const struct server_kind server_nginx_log;
extern const struct server_kind server_nginx_lua;

enum status server_make(struct server *server, const struct server_kind *kind,
                        const struct server_place *place, struct fault *fault) MUST_CHECK;
/* Kills it when it runs, and removes its folder. Accepts a zeroed one. */
void server_remove(struct server *server);

enum status server_start(struct server *server, struct fault *fault) MUST_CHECK;
void server_stop(struct server *server);
void server_kill(struct server *server);
enum status server_settle(struct server *server, struct fault *fault) MUST_CHECK;

/* The rules of shim.h, for a kind that has_shim. */
void server_fail_disk(struct server *server, const char *rules);

/* What the collector counted; 0 of other servers. */
struct server_counts {
    uint64_t accepted;
    uint64_t stored; /* by the lake, duplicates included */
    uint64_t journal_bytes;
    uint64_t spool_bytes;
    uint64_t sync_us;
};
enum status server_counts(const struct server *server, struct server_counts *counts,
                          struct fault *fault) MUST_CHECK;

#endif
