#include "collector/ask.h"

#include "fault/fault_base.h"
#include "load/answer.h"
#include "load/channel.h"
#include "load/payload.h"

#include <poll.h>
#include <stdio.h>

enum { PATIENCE_MS = 10000, READ_BYTES = 16384 };

static enum status receive(struct channel *channel, struct buf *bytes, struct asked *asked,
                           struct fault *fault)
{
    struct answer answer;
    int64_t end_ms = fault_now_ms() + PATIENCE_MS;
    buf_clear(bytes);
    while (fault_now_ms() < end_ms) {
        struct pollfd one = {.fd = channel->fd, .events = POLLIN};
        char *place = buf_reserve(bytes, READ_BYTES);
        poll(&one, 1, 100);
        ssize_t got = place ? channel_read(channel, place, READ_BYTES) : -1;
        if (got < 0) {
            return fault_set(fault, STATUS_IO, "a connection ended without an answer");
        }
        buf_used(bytes, (size_t)got);
        switch (answer_read(buf_view(bytes), &answer)) {
        case ANSWER_DONE:
            *asked = (struct asked){answer.status, answer.body};
            return STATUS_OK;
        case ANSWER_UNREADABLE:
            return fault_set(fault, STATUS_IO, "an answer that is not HTTP/1.1");
        default:
            break;
        }
    }
    return fault_set(fault, STATUS_IO, "no answer in %d ms", PATIENCE_MS);
}

enum status ask(unsigned port, struct view request, struct buf *bytes, struct asked *asked,
                struct fault *fault)
{
    struct endpoint endpoint = {.port = port};
    struct channel channel;
    enum status status = channel_open(&channel, &endpoint, fault);
    if (status == STATUS_OK) {
        /* A request is small, the socket empty: it is taken whole. */
        bool is_sent = channel_write(&channel, request) == (ssize_t)request.len;
        status = is_sent ? receive(&channel, bytes, asked, fault)
                         : fault_set(fault, STATUS_IO, "port %u takes no request", port);
        channel_close(&channel);
    }
    return status;
}

enum status ask_with_event(unsigned port, struct buf *bytes, struct asked *asked,
                           struct fault *fault)
{
    struct payload payload;
    enum status status = payload_init(&payload, PAYLOAD_TINY, port, fault);
    if (status == STATUS_OK) {
        status = ask(port, payload_bytes(payload_next(&payload)), bytes, asked, fault);
        payload_free(&payload);
    }
    return status;
}

uint64_t asked_number(const struct asked *asked, const char *name)
{
    char quoted[64];
    uint64_t value = 0;
    int len = snprintf(quoted, sizeof(quoted), "\"%s\":", name);
    const char *at =
        asked->body.len > 0 ? memmem(asked->body.at, asked->body.len, quoted, (size_t)len) : NULL;
    while (at && at + len < asked->body.at + asked->body.len && at[len] >= '0' && at[len] <= '9') {
        value = value * 10 + (uint64_t)(at++[len] - '0');
    }
    return value;
}
