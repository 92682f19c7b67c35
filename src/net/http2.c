/*
 * HTTP/2 on a connection (RFC 9113). Frames, HPACK and flow control are nghttp2's; what a request
 * may cost is ours.
 *
 * The windows are the ceiling of what a client may make us hold: a stream's is the largest body,
 * the connection's is some such bodies over all its streams, given back when a stream is done. So
 * that streams cannot wait for each other, the youngest are refused when all hold half a body;
 * nghttp2 gives back in halves of a window, which is why that has to be twice as large.
 */
#include "net/http2.h"

#include <stdlib.h>
#include <sys/epoll.h>

enum {
    BODIES_HELD = 2,          /* of the largest size, on a connection */
    OUTPUT_BYTES = 64 * 1024, /* gathered before they are sent */
};

static void end_session(struct connection *c, uint32_t error)
{
    if (!c->http2->is_ending) {
        c->http2->is_ending = true;
        nghttp2_session_terminate_session(c->http2->session, error);
    }
}

static void link_stream(struct http2 *http2, struct exchange *x)
{
    x->next = http2->streams;
    if (x->next) {
        x->next->previous = x;
    }
    http2->streams = x;
    http2->stream_count++;
}

static void unlink_stream(struct http2 *http2, struct exchange *x)
{
    *(x->previous ? &x->previous->next : &http2->streams) = x->next;
    if (x->next) {
        x->next->previous = x->previous;
    }
    http2->stream_count--;
}

static void release_stream(struct exchange *x)
{
    struct http2 *http2 = x->connection->http2;
    exchange_tell_gone(x);
    unlink_stream(http2, x);
    http2->held_bytes -= x->received_bytes;
    nghttp2_session_consume_connection(http2->session, x->received_bytes);
    exchange_release(x);
}

static struct exchange *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *self)
{
    struct connection *c = self;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;
    }
    struct exchange *x = exchange_take(c);
    if (!x) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_REFUSED_STREAM); /* it may come again */
        return 0;
    }
    http_head_clear(&x->head);
    buf_clear(&x->text);
    x->stream_id = frame->hd.stream_id;
    x->received_bytes = 0;
    x->sent_bytes = 0;
    x->is_dispatched = x->is_too_large = false;
    link_stream(c->http2, x);
    http2_set_deadline(x, c->loop->limits.head_ms);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, x);
    return 0;
}

/* Lengths only: where the text stands is known once it does not grow any more. */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *self)
{
    (void)flags;
    (void)self;
    struct exchange *x = stream_of(session, frame->hd.stream_id);
    if (!x || x->is_dispatched || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0; /* trailers say nothing that is asked here */
    }
    struct http_head *head = &x->head;
    if (head->header_count == HTTP_HEADERS_MAX ||
        buf_append(&x->text, name, name_len) != STATUS_OK ||
        buf_append(&x->text, value, value_len) != STATUS_OK) {
        x->is_too_large = true;
        return 0;
    }
    head->headers[head->header_count++] = (struct http_header){{NULL, name_len}, {NULL, value_len}};
    return 0;
}

static void refuse(struct exchange *x, struct http_refusal why)
{
    x->is_dispatched = true;
    exchange_refuse(x, why, x->head.path.len > 0 ? &x->head : NULL);
}

static void say_continue(struct exchange *x)
{
    static const nghttp2_nv status = {(uint8_t *)(uintptr_t) ":status",
                                      (uint8_t *)(uintptr_t) "100", 7, 3, NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_headers(x->connection->http2->session, NGHTTP2_FLAG_NONE, x->stream_id, NULL,
                           &status, 1, NULL);
}

static void take_head(struct exchange *x, bool has_body)
{
    struct connection *c = x->connection;
    struct http_refusal refusal = {431, "the request has more than 64 headers, or over 16 kB"};
    if (x->is_too_large || !http2_finish_head(x, &refusal)) {
        x->head.path = view_make(NULL, 0);
        refuse(x, refusal);
        return;
    }
    if (x->head.content_length > c->loop->limits.body_bytes) {
        refuse(x, (struct http_refusal){413, "the request body is too large"});
        return;
    }
    if (x->head.expects_continue && has_body) {
        say_continue(x);
    }
    http2_set_deadline(x, c->loop->limits.body_ms);
}

static void dispatch(struct exchange *x)
{
    x->is_dispatched = true;
    http2_set_deadline(x, x->connection->loop->limits.wait_ms);
    exchange_dispatch(x, buf_view(&x->body));
}

/* Padding is no body. */
static bool carries_request(const nghttp2_frame *frame)
{
    bool is_empty = frame->hd.type == NGHTTP2_DATA && frame->hd.length <= frame->data.padlen;
    return !is_empty || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *self)
{
    struct connection *c = self;
    bool is_part = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    struct exchange *x = is_part ? stream_of(session, frame->hd.stream_id) : NULL;
    if (!x || x->is_dispatched) {
        return 0;
    }
    if (carries_request(frame) && http2_budget_has_charged(&frame->hd)) {
        http2_budget_give_back(&c->http2->budget, 1);
    }
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        take_head(x, !is_end);
    }
    if (is_end && !x->is_dispatched) {
        dispatch(x);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *self)
{
    (void)flags;
    struct connection *c = self;
    struct exchange *x = stream_of(session, id);
    if (!x || x->is_dispatched) {
        nghttp2_session_consume_connection(session, len);
        return 0;
    }
    x->received_bytes += len;
    c->http2->held_bytes += len;
    switch (buf_append(&x->body, bytes, len)) {
    case STATUS_OK:
        break;
    case STATUS_TOO_BIG:
        refuse(x, (struct http_refusal){413, "the request body is too large"});
        break;
    default:
        refuse(x, (struct http_refusal){503, "no memory for the request body now"});
        break;
    }
    return 0;
}

/* Whose answer is out before its body was in: the body need not come (RFC 9113, 8.1). A client that
 * makes us reset its streams pays as if it did so itself. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *self)
{
    if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR) {
        http2_budget_spend(&((struct connection *)self)->http2->budget);
    }
    bool is_part = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (is_part && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_NO_ERROR);
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *self)
{
    (void)self;
    (void)error;
    struct exchange *x = stream_of(session, id);
    if (x) {
        nghttp2_session_set_stream_user_data(session, id, NULL);
        release_stream(x);
    }
    return 0;
}

static enum status make_session(struct connection *c)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int failed = nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option);
    if (!failed) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_no_closed_streams(option, 1);
        failed = nghttp2_session_server_new2(&c->http2->session, callbacks, c, option);
    }
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return failed ? STATUS_NO_MEMORY : STATUS_OK;
}

/* In two steps, so that no stream meets a session that does not know it any more (RFC 9113, 6.8):
 * the client is told that it is to come again, and what it had begun by then is answered. */
static void call_last(struct connection *c)
{
    nghttp2_submit_shutdown_notice(c->http2->session);
    c->http2->last_call_ms = c->loop->now_ms + CONNECTION_GRACE_MS;
}

/* Streams that are open are answered; a new one is refused by the client's own knowledge. */
static void take_no_more(struct connection *c)
{
    nghttp2_session *session = c->http2->session;
    c->http2->last_call_ms = INT64_MAX;
    if (!c->http2->streams) {
        end_session(c, NGHTTP2_NO_ERROR);
        return;
    }
    nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR, NULL,
                          0);
}

static enum status start(struct connection *c)
{
    c->http2 = calloc(1, sizeof(*c->http2));
    if (!c->http2 || make_session(c) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    c->http2->last_call_ms = INT64_MAX;
    http2_budget_init(&c->http2->budget, c->loop->now_ms);
    uint64_t own = (uint64_t)c->loop->limits.body_bytes + READ_BYTES;
    uint32_t window = own < INT32_MAX ? (uint32_t)own : INT32_MAX;
    uint64_t all = own * 2 * BODIES_HELD;
    int32_t shared = all < INT32_MAX ? (int32_t)all : INT32_MAX;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD_BYTES_MAX},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 0},
    };
    nghttp2_session *session = c->http2->session;
    bool is_made =
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                sizeof(settings) / sizeof(settings[0])) == 0 &&
        nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, shared) == 0;
    if (is_made && c->loop->is_stopping) {
        call_last(c); /* it was being opened when the loop was told to stop */
    }
    return is_made ? STATUS_OK : STATUS_NO_MEMORY;
}

static void take_input(struct connection *c)
{
    struct view bytes = buf_view(&c->input);
    http2_budget_take(&c->http2->budget, bytes, c->loop->now_ms);
    ssize_t used =
        nghttp2_session_mem_recv(c->http2->session, (const uint8_t *)bytes.at, bytes.len);
    buf_clear(&c->input);
    if (used < 0) {
        /* Its own GOAWAY is queued but for what cannot be told (the preface is wrong). */
        end_session(c, used == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM
                                                   : NGHTTP2_PROTOCOL_ERROR);
    } else if (http2_budget_is_spent(&c->http2->budget)) {
        end_session(c, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

/* Bodies that are half here and fill the window would wait for each other. Who is refused like this
 * may simply try again (RFC 9113, 8.7). */
static void make_room(struct connection *c)
{
    size_t held_bytes = c->http2->held_bytes;
    size_t most_bytes = c->loop->limits.body_bytes * BODIES_HELD;
    bool is_moving = held_bytes <= most_bytes;
    for (struct exchange *x = c->http2->streams; x && !is_moving; x = x->next) {
        is_moving = x->is_dispatched && x->received_bytes > 0; /* gives back when it is done */
    }
    if (is_moving) {
        return;
    }
    for (struct exchange *x = c->http2->streams; x && held_bytes > most_bytes; x = x->next) {
        if (x->received_bytes > 0) {
            held_bytes -= x->received_bytes;
            x->is_dispatched = true;
            http2_reset(x, NGHTTP2_REFUSED_STREAM);
        }
    }
}

static void gather_output(struct connection *c)
{
    if (c->output.len == 0) {
        c->http2->write_by_ms = c->loop->now_ms + c->loop->limits.write_ms;
    }
    while (c->output.len < OUTPUT_BYTES) {
        const uint8_t *bytes = NULL;
        ssize_t len = nghttp2_session_mem_send(c->http2->session, &bytes);
        if (len <= 0) {
            if (len < 0) {
                connection_close(c);
            }
            return;
        }
        if (buf_append(&c->output, bytes, (size_t)len) != STATUS_OK) {
            connection_close(c);
            return;
        }
    }
}

static int64_t next_deadline(const struct connection *c)
{
    int64_t next = c->http2->last_call_ms;
    int64_t limit = !c->http2->streams && c->output.len == 0
                        ? c->loop->now_ms + c->loop->limits.idle_ms
                    : c->output.len > 0 ? c->http2->write_by_ms
                                        : INT64_MAX;
    next = limit < next ? limit : next;
    for (const struct exchange *x = c->http2->streams; x; x = x->next) {
        next = x->deadline_ms < next ? x->deadline_ms : next;
    }
    return next;
}

static void on_sent(struct connection *c)
{
    c->http2->write_by_ms = c->loop->now_ms + c->loop->limits.write_ms;
    c->deadline_ms = next_deadline(c);
}

static void advance(struct connection *c)
{
    if (!c->http2 && start(c) != STATUS_OK) {
        connection_close(c);
        return;
    }
    if (c->input.len > 0) {
        take_input(c);
    }
    make_room(c);
    gather_output(c);
    if (c->state != CONNECTION_OPEN) {
        return;
    }
    nghttp2_session *session = c->http2->session;
    bool is_over = c->http2->is_ending || (c->has_ended && !c->http2->streams) ||
                   (!nghttp2_session_want_read(session) && !nghttp2_session_want_write(session));
    if (is_over && c->output.len == 0) {
        if (c->has_ended) {
            connection_close(c);
        } else {
            connection_linger(c);
        }
        return;
    }
    c->deadline_ms = next_deadline(c);
}

/* While much waits to be sent nothing more is taken: who does not read is not heard. */
static uint32_t interest(const struct connection *c)
{
    bool is_deaf = c->has_ended || c->output.len >= OUTPUT_BYTES;
    return is_deaf || (c->http2 && c->http2->is_ending) ? 0 : EPOLLIN;
}

static void end_late_stream(struct exchange *x)
{
    if (x->state == EXCHANGE_WAITING) {
        exchange_tell_gone(x);
        refuse(x, (struct http_refusal){503, "the answer took too long; send the request again "
                                             "later"});
    } else if (!x->is_dispatched) {
        refuse(x, (struct http_refusal){408, "the request did not arrive in time"});
    } else if (x->connection->output.len > 0) {
        http2_set_deadline(x, x->connection->loop->limits.write_ms); /* its turn has not come */
    } else {
        /* It does not open its window. */
        http2_reset(x, NGHTTP2_CANCEL);
        x->deadline_ms = INT64_MAX;
    }
}

static void on_deadline(struct connection *c)
{
    bool is_stuck = c->output.len > 0 && c->http2->write_by_ms <= c->loop->now_ms;
    bool is_over = c->http2->last_call_ms <= c->loop->now_ms;
    if (is_stuck || (!c->http2->streams && !is_over)) {
        connection_close(c);
        return;
    }
    if (is_over) {
        take_no_more(c);
    }
    for (struct exchange *x = c->http2->streams, *next; x; x = next) {
        next = x->next;
        if (x->deadline_ms <= c->loop->now_ms) {
            end_late_stream(x);
        }
    }
    c->deadline_ms = next_deadline(c);
    connection_mark_ready(c);
}

static void on_stop(struct connection *c)
{
    if (!c->http2) {
        connection_close(c);
        return;
    }
    if (c->loop->is_gentle) {
        call_last(c);
    } else {
        take_no_more(c);
    }
    c->deadline_ms = next_deadline(c);
    connection_mark_ready(c);
}

static void on_close(struct connection *c)
{
    if (!c->http2) {
        return;
    }
    while (c->http2->streams) {
        struct exchange *x = c->http2->streams;
        exchange_tell_gone(x);
        unlink_stream(c->http2, x);
        exchange_release(x);
    }
    nghttp2_session_del(c->http2->session);
    free(c->http2);
    c->http2 = NULL;
}

const struct protocol protocol_http2 = {
    .advance = advance,
    .interest = interest,
    .on_sent = on_sent,
    .on_deadline = on_deadline,
    .on_stop = on_stop,
    .on_close = on_close,
    .reply = http2_reply,
    .write = http2_write,
    .end_stream = http2_end_stream,
};
