/*
 * fault_http.h - one HTTP/1.1 connection to 127.0.0.1, one request at a time, never waiting for
 * ever.
 *
 *     fault_http_ask(&http, port, "POST /e", body, &answer)
 *
 * Connects when there is no connection; closes it when anything goes wrong.
 */
#ifndef PIPES_TEST_FAULT_HTTP_H
#define PIPES_TEST_FAULT_HTTP_H

#include "base/view.h"

enum { FAULT_HTTP_BYTES = 16384 };

struct fault_http {
    int fd; /* -1: none */
    char bytes[FAULT_HTTP_BYTES];
};

struct fault_http_answer {
    int status;
    bool has_retry_after;
    struct view body; /* in the connection, until the next request */
};

void fault_http_init(struct fault_http *http);
void fault_http_close(struct fault_http *http);
/* Connects and begins a request that never ends. */
void fault_http_begin(struct fault_http *http, unsigned port);
/* false: no connection, or it ended before the answer was whole. */
bool fault_http_ask(struct fault_http *http, unsigned port, const char *what, struct view body,
                    struct fault_http_answer *answer);

#endif
