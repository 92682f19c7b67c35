/* HTTP/1.0 and 1.1 on a connection: strictly one request at a time (RFC 9112). */
#include "net/connection.h"

#include <sys/epoll.h>

enum { RETRY_MS = 5000 };

static void enter(struct connection *c, enum http1_state state, int64_t limit_ms)
{
    c->http1.state = state;
    connection_set_deadline(c, limit_ms);
}

/* What the request stood in goes, and with it all that points into it. */
static void end_exchange(struct connection *c)
{
    struct http1 *http1 = &c->http1;
    exchange_release(http1->x);
    http1->x = NULL;
    http1->has_begun = false;
    buf_consume(&c->input, http1->taken);
    http1->taken = 0;
}

static void write_reply(struct exchange *x)
{
    struct connection *c = x->connection;
    struct http1 *http1 = &c->http1;
    bool is_stream = x->state == EXCHANGE_STREAM;
    bool is_last = c->loop->is_stopping && !moving_may(c);
    http1->keep_alive = http1->keep_alive && !is_stream && !is_last;
    struct http_reply_frame frame = {
        .date = view_from_text(c->loop->date),
        .is_head = x->request.head && x->request.head->method == HTTP_HEAD,
        .is_stream = is_stream,
        .keep_alive = http1->keep_alive,
    };
    loop_take_small_buf(c->loop, &c->output);
    enum status status = http_reply_write(&x->reply, &frame, &c->output);
    if (status != STATUS_OK) {
        http_reply_clear(&x->reply);
        bool is_full = status == STATUS_NO_MEMORY;
        http_reply_error(&x->reply, is_full ? 503 : 500, "the answer could not be written");
        if (is_full) {
            http_reply_retry_after(&x->reply, RETRY_MS);
        }
        c->output.status = STATUS_OK;
        http1->keep_alive = frame.keep_alive = frame.is_stream = false;
        if (is_stream) {
            exchange_tell_gone(x);
            is_stream = false;
        }
        if (http_reply_write(&x->reply, &frame, &c->output) != STATUS_OK) {
            c->output.status = STATUS_OK; /* no memory: the client sees a closed connection */
        }
    }
    if (is_stream) {
        enter(c, HTTP1_STREAM, c->loop->limits.write_ms);
    } else {
        end_exchange(c);
        enter(c, HTTP1_WRITING, c->loop->limits.write_ms);
    }
    connection_mark_ready(c);
}

static void refuse(struct connection *c, struct http_refusal why, const struct http_head *head)
{
    c->http1.keep_alive = false;
    c->http1.is_lingering_after = true;
    exchange_refuse(c->http1.x, why, head);
}

/* Views of a head parsed earlier may point into memory that has moved since. */
static void reparse_head(struct connection *c)
{
    struct http_refusal refusal;
    if (c->http1.head_at != c->input.at) {
        (void)http_head_parse(&c->http1.x->head, buf_view(&c->input), &refusal);
        c->http1.head_at = c->input.at;
    }
}

static void dispatch(struct connection *c)
{
    struct exchange *x = c->http1.x;
    reparse_head(c);
    size_t body_bytes = x->head.is_chunked ? 0 : (size_t)x->head.content_length;
    struct view body = x->head.is_chunked ? buf_view(&x->body)
                                          : view_part(buf_view(&c->input), x->head.len, body_bytes);
    c->http1.taken = x->head.len + body_bytes;
    c->http1.keep_alive = x->head.keep_alive;
    /* A body that cannot be decoded was read to its end: the connection may go on. */
    enter(c, HTTP1_WAITING, c->loop->limits.wait_ms);
    exchange_dispatch(x, body);
}

static void take_body(struct connection *c)
{
    struct exchange *x = c->http1.x;
    if (!x->head.is_chunked) {
        if (c->input.len - x->head.len >= x->head.content_length) {
            dispatch(c);
        }
        return;
    }
    size_t head_len = x->head.len;
    struct view bytes = view_part(buf_view(&c->input), head_len, c->input.len);
    size_t used = 0;
    struct http_refusal refusal;
    enum http_progress progress =
        http_chunked_feed(&c->http1.chunked, bytes, &used, &x->body, &refusal);
    if (used > 0) {
        memmove(c->input.at + head_len, c->input.at + head_len + used, bytes.len - used);
        buf_truncate(&c->input, c->input.len - used);
    }
    if (progress == HTTP_REFUSED) {
        reparse_head(c);
        refuse(c, refusal, &x->head);
    } else if (progress == HTTP_DONE) {
        dispatch(c);
    }
}

static void take_head(struct connection *c)
{
    struct http1 *http1 = &c->http1;
    struct http_refusal refusal;
    http1->x = exchange_take(c);
    if (!http1->x) {
        connection_shed(c);
        return;
    }
    struct http_head *head = &http1->x->head;
    switch (http_head_parse(head, buf_view(&c->input), &refusal)) {
    case HTTP_NEED_MORE:
        /* Nothing of it is kept but its bytes. */
        exchange_release(http1->x);
        http1->x = NULL;
        return;
    case HTTP_REFUSED:
        refuse(c, refusal, NULL);
        return;
    case HTTP_DONE:
        break;
    }
    http1->head_at = c->input.at;
    if (head->content_length > c->loop->limits.body_bytes) {
        refuse(c, (struct http_refusal){413, "the request body is too large"}, head);
        return;
    }
    bool wants_body = head->is_chunked || head->content_length > 0;
    if (head->expects_continue && wants_body && c->input.len == head->len) {
        buf_append_text(&c->output, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    http_chunked_init(&http1->chunked, c->loop->limits.body_bytes);
    enter(c, HTTP1_BODY, c->loop->limits.body_ms);
    take_body(c);
}

/* The answer is out: the next request, or the end. */
static void after_reply(struct connection *c)
{
    struct http1 *http1 = &c->http1;
    if (http1->is_lingering_after || (!http1->keep_alive && !c->has_ended)) {
        connection_linger(c);
        return;
    }
    bool is_idle = c->input.len == 0;
    if (!http1->keep_alive || (is_idle && c->has_ended)) {
        connection_close(c);
        return;
    }
    enter(c, HTTP1_HEAD, is_idle ? c->loop->limits.idle_ms : c->loop->limits.head_ms);
    if (is_idle && c->loop->is_stopping) {
        connection_stop_idle(c); /* it was told just before that it may come again */
    }
}

static bool is_reading(const struct connection *c)
{
    return c->http1.state == HTTP1_HEAD || c->http1.state == HTTP1_BODY;
}

/* A client that only says that it sends no more still waits for its answer. */
static uint32_t interest(const struct connection *c)
{
    return is_reading(c) ? EPOLLIN : c->http1.state == HTTP1_STREAM ? EPOLLRDHUP : 0;
}

static void advance(struct connection *c)
{
    struct http1 *http1 = &c->http1;
    bool is_sent = c->output.len == 0;
    if (http1->state == HTTP1_WRITING && is_sent) {
        after_reply(c);
    } else if (http1->state == HTTP1_STREAM && is_sent) {
        c->deadline_ms = INT64_MAX;
    }
    if (c->state != CONNECTION_OPEN) {
        return;
    }
    if (http1->state == HTTP1_HEAD && c->input.len > 0) {
        /* The first bytes of a request: it has to end in time. */
        if (!http1->has_begun) {
            http1->has_begun = true;
            connection_set_deadline(c, c->loop->limits.head_ms);
        }
        take_head(c);
    } else if (http1->state == HTTP1_BODY) {
        take_body(c);
    }
    if (c->state == CONNECTION_OPEN && c->has_ended && is_reading(c)) {
        connection_close(c);
    }
}

static void on_sent(struct connection *c)
{
    connection_set_deadline(c, c->loop->limits.write_ms);
}

static void on_deadline(struct connection *c)
{
    struct http1 *http1 = &c->http1;
    if (http1->state == HTTP1_WAITING) {
        /* Its handler may still finish what it is at; nobody hears of it any more. */
        exchange_tell_gone(http1->x);
        reparse_head(c);
        refuse(c,
               (struct http_refusal){503, "the answer took too long; send the request again "
                                          "later"},
               &http1->x->head);
        return;
    }
    bool is_body = http1->state == HTTP1_BODY;
    bool is_late = is_body || (http1->state == HTTP1_HEAD && http1->has_begun);
    http1->x = is_late && !http1->x ? exchange_take(c) : http1->x;
    if (!is_late || !http1->x) {
        connection_close(c);
        return;
    }
    if (is_body) {
        reparse_head(c);
    }
    refuse(c, (struct http_refusal){408, "the request did not arrive in time"},
           is_body ? &http1->x->head : NULL);
}

static void on_stop(struct connection *c)
{
    if (c->http1.state == HTTP1_STREAM) {
        connection_close(c);
    } else if (c->http1.state == HTTP1_HEAD && c->input.len == 0) {
        connection_stop_idle(c);
    }
}

static void on_close(struct connection *c)
{
    if (c->http1.x) {
        exchange_tell_gone(c->http1.x);
        exchange_release(c->http1.x);
        c->http1.x = NULL;
    }
}

static enum status write_stream(struct exchange *x, struct view bytes)
{
    struct connection *c = x->connection;
    size_t pending = c->output.len - c->sent;
    size_t ceiling = c->loop->limits.stream_bytes;
    if (bytes.len > ceiling - (pending < ceiling ? pending : ceiling)) {
        return STATUS_FULL;
    }
    if (pending == 0) {
        connection_set_deadline(c, c->loop->limits.write_ms);
    }
    buf_consume(&c->output, c->sent);
    c->sent = 0;
    if (buf_append_view(&c->output, bytes) != STATUS_OK) {
        c->output.status = STATUS_OK;
        return STATUS_NO_MEMORY;
    }
    connection_mark_ready(c);
    return STATUS_OK;
}

static void end_stream(struct exchange *x)
{
    struct connection *c = x->connection;
    end_exchange(c);
    enter(c, HTTP1_WRITING, c->loop->limits.write_ms);
    connection_mark_ready(c);
}

const struct protocol protocol_http1 = {
    .advance = advance,
    .interest = interest,
    .on_sent = on_sent,
    .on_deadline = on_deadline,
    .on_stop = on_stop,
    .on_close = on_close,
    .reply = write_reply,
    .write = write_stream,
    .end_stream = end_stream,
};
