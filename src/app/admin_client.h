/*
 * admin_client.h - asks a running collector, at the address that its file RUNNING names.
 *
 *     admin_client_open(&client, "data", &fault);          STATUS_NOT_FOUND: none runs there
 *     admin_client_ask(&client, "POST", "/forget", body, &answer, &fault);
 *     if (answer.status == 202) { ... buf_view(&answer.body) ... }
 *     admin_answer_free(&answer);
 */
#ifndef PIPES_APP_ADMIN_CLIENT_H
#define PIPES_APP_ADMIN_CLIENT_H

#include "app/admin_token.h"
#include "base/buf.h"

#include <stdint.h>

enum { ADMIN_ANSWER_BYTES_MAX = 16 * 1024 * 1024 };

struct admin_client {
    char host[128];
    char port[16];
    int64_t pid;                   /* 0: not told */
    char token[ADMIN_TOKEN_BYTES]; /* empty when it cannot be read */
};

struct admin_answer {
    unsigned status;
    struct buf body;
};

enum status admin_client_open(struct admin_client *client, const char *data, struct fault *fault)
    MUST_CHECK;
/* A connection; the caller's to close. STATUS_IO when nobody answers. */
enum status admin_client_dial(const struct admin_client *client, int *fd, struct fault *fault)
    MUST_CHECK;
/* One request; STATUS_OK whatever the answer's status is. */
enum status admin_client_ask(const struct admin_client *client, const char *method,
                             const char *path, struct view body, struct admin_answer *answer,
                             struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void admin_answer_free(struct admin_answer *answer);

#endif
