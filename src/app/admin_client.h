/*
 * admin_client.h - asks the collector that runs on a data folder: its file RUNNING says where.
 *
 *     admin_client_find(data_fd, "data", &address, &fault);
 *     admin_client_dial(&address, &fd, &fault);
 */
#ifndef PIPES_APP_ADMIN_CLIENT_H
#define PIPES_APP_ADMIN_CLIENT_H

#include "base/buf.h"
#include "base/status.h"

#include <stdint.h>

struct admin_address {
    char host[128];
    char port[16];
    int64_t pid;
};

/* STATUS_NOT_FOUND: none runs there. `data` is for the sentence. */
enum status admin_client_find(int data_fd, const char *data, struct admin_address *address,
                              struct fault *fault) MUST_CHECK;
enum status admin_client_dial(const struct admin_address *address, int *fd, struct fault *fault)
    MUST_CHECK;
/* Appends the body of the answer to GET `path`. STATUS_IO when it is not 200. */
enum status admin_client_get(const struct admin_address *address, const char *path,
                             struct buf *body, struct fault *fault) MUST_CHECK;

/* The number below which nothing is in flight: from the collector, or, when none runs, from what it
 * left. STATUS_BUSY: one seems to run and does not answer. */
enum status admin_client_stable(int data_fd, const char *data, uint64_t *stable,
                                struct fault *fault) MUST_CHECK;

#endif
