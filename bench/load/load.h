/*
 * load.h - requests to one server on 127.0.0.1, from many connections and one thread.
 *
 *     load_create(&load, &options, &fault);
 *     load_warm_up(load, &fault);       every connection had one answer
 *     load_run(load, &fault);           for as long as the options say
 *     load_print(load, &out);
 *     load_destroy(load);
 */
#ifndef PIPES_BENCH_LOAD_H
#define PIPES_BENCH_LOAD_H

#include "load/payload.h"

#include <stdint.h>

struct load_options {
    unsigned port;
    size_t connections;
    size_t streams; /* of each connection, with HTTP/2 */
    double seconds;
    uint64_t rate; /* requests a second of all connections; 0: closed loop */
    size_t slices;
    enum payload_kind kind;
    bool is_tls;
    bool is_http2;
};

struct load;

/* Opens all connections. On failure there is nothing to destroy. */
enum status load_create(struct load **load, const struct load_options *options, struct fault *fault)
    MUST_CHECK;
void load_destroy(struct load *load);

enum status load_warm_up(struct load *load, struct fault *fault) MUST_CHECK;
/* A connection that ends is made anew; STATUS_IO when the server takes none any more. */
enum status load_run(struct load *load, struct fault *fault) MUST_CHECK;
/* One line of key=value. */
void load_print(const struct load *load, struct buf *out);

#endif
