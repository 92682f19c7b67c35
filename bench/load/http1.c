#include "load/answer.h"
#include "load/client.h"

#include <stdlib.h>

enum { ANSWER_BYTES_MAX = 1 << 20 };

struct http1 {
    int64_t started_ns;
    struct buf begun; /* an answer that is not whole yet */
};

static enum status open_http1(struct client *client, struct fault *fault)
{
    struct http1 *http1 = calloc(1, sizeof(*http1)); /* lives as long as the connection */
    client->protocol = http1;
    if (!http1) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a connection");
    }
    buf_init(&http1->begun, ANSWER_BYTES_MAX);
    return STATUS_OK;
}

static void close_http1(struct client *client)
{
    struct http1 *http1 = client->protocol;
    if (http1) {
        buf_free(&http1->begun);
        free(http1);
    }
}

static bool send_http1(struct client *client, int64_t started_ns)
{
    struct http1 *http1 = client->protocol;
    http1->started_ns = started_ns;
    return client_write(client, payload_bytes(payload_next(&client->shared->payload)));
}

/* There is one answer at most: nothing is sent before it came. */
static bool receive_http1(struct client *client, struct view bytes)
{
    struct http1 *http1 = client->protocol;
    struct answer answer;
    if (http1->begun.len > 0) {
        buf_append_view(&http1->begun, bytes);
        bytes = buf_view(&http1->begun);
    }
    bool is_expected = client->free_slots == 0 && buf_status(&http1->begun) == STATUS_OK;
    switch (is_expected ? answer_read(bytes, &answer) : ANSWER_UNREADABLE) {
    case ANSWER_NEED_MORE:
        return http1->begun.len > 0 || buf_append_view(&http1->begun, bytes) == STATUS_OK;
    case ANSWER_DONE:
        buf_clear(&http1->begun);
        client_answered(client, answer.status, http1->started_ns);
        return !answer.closes && answer.len == bytes.len;
    default:
        return false;
    }
}

static bool flush_http1(struct client *client)
{
    (void)client; /* nothing is held back */
    return true;
}

const struct client_protocol client_http1 = {
    .open = open_http1,
    .close = close_http1,
    .send = send_http1,
    .receive = receive_http1,
    .flush = flush_http1,
};
