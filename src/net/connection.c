#include "net/connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 16 * 1024,
    LINGER_BYTES_MAX = 4 << 20,
    OUTPUT_EXTRA_BYTES = 64 * 1024,
    KEPT_BYTES = 64 * 1024
};

static void set_interest(struct exchange *x, uint32_t interest)
{
    if (x->interest != interest) {
        struct epoll_event event = {.events = interest, .data.ptr = x};
        epoll_ctl(x->loop->epoll, EPOLL_CTL_MOD, x->source.fd, &event);
        x->interest = interest;
    }
}

static void mark_ready(struct exchange *x)
{
    if (!x->is_ready) {
        x->is_ready = true;
        x->next_ready = x->loop->ready;
        x->loop->ready = x;
    }
}

static void enter(struct exchange *x, enum connection_state state, int64_t limit_ms)
{
    x->state = state;
    x->deadline_ms = limit_ms == INT64_MAX ? INT64_MAX : x->loop->now_ms + limit_ms;
}

void connection_open(struct listener *listener, int fd, const char *peer)
{
    struct net_loop *loop = listener->loop;
    struct exchange *x = calloc(1, sizeof(*x)); /* the connection's owner struct */
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = x};
    if (!x || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(x);
        close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    x->source = (struct source){SOURCE_CONNECTION, fd};
    x->loop = loop;
    x->listener = listener;
    x->interest = EPOLLIN;
    memcpy(x->peer, peer, strlen(peer) + 1);
    buf_init(&x->input, HTTP_HEAD_BYTES_MAX + loop->limits.body_bytes + READ_BYTES);
    buf_init(&x->body, loop->limits.body_bytes);
    buf_init(&x->decoded, loop->limits.body_bytes);
    buf_init(&x->output, loop->limits.reply_bytes + loop->limits.stream_bytes + OUTPUT_EXTRA_BYTES);
    http_reply_init(&x->reply, loop->limits.reply_bytes);
    enter(x, CONNECTION_HEAD, loop->limits.head_ms);
    x->next = loop->connections;
    if (x->next) {
        x->next->previous = x;
    }
    loop->connections = x;
    loop->connection_count++;
}

void connection_close(struct exchange *x)
{
    if (x->state == CONNECTION_DEAD) {
        return;
    }
    bool is_gone = x->state == CONNECTION_WAITING || x->state == CONNECTION_STREAM;
    x->state = CONNECTION_DEAD;
    if (is_gone && x->listener->handler.on_gone) {
        x->listener->handler.on_gone(x->listener->handler.self, x);
    }
    close(x->source.fd);
    *(x->previous ? &x->previous->next : &x->loop->connections) = x->next;
    if (x->next) {
        x->next->previous = x->previous;
    }
    x->next = x->loop->dead;
    x->loop->dead = x;
    x->loop->connection_count--;
}

void connection_free(struct exchange *x)
{
    buf_free(&x->input);
    buf_free(&x->body);
    buf_free(&x->decoded);
    buf_free(&x->output);
    http_reply_free(&x->reply);
    free(x);
}

/* False when the connection is closed. */
static bool flush(struct exchange *x)
{
    while (x->sent < x->output.len) {
        ssize_t n = send(x->source.fd, x->output.at + x->sent, x->output.len - x->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return true;
        }
        if (n < 0) {
            connection_close(x);
            return false;
        }
        x->sent += (size_t)n;
        if (x->state == CONNECTION_WRITING || x->state == CONNECTION_STREAM) {
            x->deadline_ms = x->loop->now_ms + x->loop->limits.write_ms;
        }
    }
    buf_clear(&x->output);
    x->sent = 0;
    if (x->state == CONNECTION_STREAM) {
        x->deadline_ms = INT64_MAX;
    }
    return true;
}

static void send_reply(struct exchange *x, bool is_stream)
{
    x->keep_alive = x->keep_alive && !is_stream && !x->loop->is_stopping;
    struct http_reply_frame frame = {
        .date = view_from_text(x->loop->date),
        .is_head = x->request.head && x->request.head->method == HTTP_HEAD,
        .is_stream = is_stream,
        .keep_alive = x->keep_alive,
    };
    if (http_reply_write(&x->reply, &frame, &x->output) != STATUS_OK) {
        http_reply_clear(&x->reply);
        http_reply_error(&x->reply, 500, "the answer could not be written");
        x->output.status = STATUS_OK;
        x->keep_alive = frame.keep_alive = frame.is_stream = false;
        is_stream = false;
        if (http_reply_write(&x->reply, &frame, &x->output) != STATUS_OK) {
            x->output.status = STATUS_OK; /* no memory: the client sees a closed connection */
        }
    }
    enter(x, is_stream ? CONNECTION_STREAM : CONNECTION_WRITING, x->loop->limits.write_ms);
    mark_ready(x);
}

static void refuse(struct exchange *x, struct http_refusal why, const struct http_head *head)
{
    http_reply_clear(&x->reply);
    http_reply_error(&x->reply, why.status, why.sentence);
    struct exchange_refusal refusal = {
        .status = why.status,
        .sentence = why.sentence,
        .head = head,
        .origin = head ? http_header(head, "origin") : view_make(NULL, 0),
        .reply = &x->reply,
    };
    if (why.status == 503) {
        http_reply_header(&x->reply, "Retry-After", VIEW_LITERAL("5"));
    }
    struct net_handler *handler = &x->listener->handler;
    if (handler->on_refused) {
        handler->on_refused(handler->self, &refusal);
    }
    x->request.head = head;
    x->keep_alive = false;
    x->is_lingering_after = true;
    send_reply(x, false);
}

/* Views of a head parsed earlier may point into memory that has moved since. */
static void reparse_head(struct exchange *x)
{
    struct http_refusal refusal;
    if (x->head_at != x->input.at) {
        (void)http_head_parse(&x->head, buf_view(&x->input), &refusal);
        x->head_at = x->input.at;
    }
}

/* Bounded by the same ceiling as a body that comes plain. False when it was refused. */
static bool decode_body(struct exchange *x, struct view *body)
{
    struct coded_body coded = {http_header(&x->head, "content-encoding"), *body};
    bool is_said = body_decoder_is_needed(coded.codings);
    coded.codings = is_said ? coded.codings : body_decoder_sniff(*body);
    if (coded.codings.len == 0 || body->len == 0) {
        return true;
    }
    struct net_loop *loop = x->loop;
    loop->decoder = loop->decoder ? loop->decoder : body_decoder_create(loop->limits.body_bytes);
    struct http_refusal refusal = {503, "no memory to decompress a body now"};
    buf_clear(&x->decoded);
    if (!loop->decoder ||
        body_decoder_decode(loop->decoder, coded, &x->decoded, &refusal) != HTTP_DONE) {
        refuse(x, refusal, &x->head);
        return false;
    }
    *body = buf_view(&x->decoded);
    return true;
}

static void dispatch(struct exchange *x)
{
    reparse_head(x);
    struct view body = x->head.is_chunked ? buf_view(&x->body)
                                          : view_part(buf_view(&x->input), x->head.len,
                                                      (size_t)x->head.content_length);
    if (!decode_body(x, &body)) {
        return;
    }
    x->request = (struct http_request){.head = &x->head, .body = body, .peer = x->peer};
    x->keep_alive = x->head.keep_alive;
    x->slot = NULL;
    http_reply_clear(&x->reply);
    enter(x, CONNECTION_WAITING, x->loop->limits.wait_ms);
    x->listener->had_requests = true;
    x->is_handling = true;
    enum net_verdict verdict = x->listener->handler.on_request(x->listener->handler.self, x);
    x->is_handling = false;
    if (verdict != NET_WAIT) {
        send_reply(x, verdict == NET_STREAM);
    }
}

static void take_body(struct exchange *x)
{
    if (!x->head.is_chunked) {
        if (x->input.len - x->head.len >= x->head.content_length) {
            dispatch(x);
        }
        return;
    }
    size_t head_len = x->head.len;
    struct view bytes = view_part(buf_view(&x->input), head_len, x->input.len);
    size_t used = 0;
    struct http_refusal refusal;
    enum http_progress progress = http_chunked_feed(&x->chunked, bytes, &used, &x->body, &refusal);
    if (used > 0) {
        memmove(x->input.at + head_len, x->input.at + head_len + used, bytes.len - used);
        buf_truncate(&x->input, x->input.len - used);
    }
    if (progress == HTTP_REFUSED) {
        reparse_head(x);
        refuse(x, refusal, &x->head);
    } else if (progress == HTTP_DONE) {
        dispatch(x);
    }
}

static void take_head(struct exchange *x)
{
    struct http_refusal refusal;
    switch (http_head_parse(&x->head, buf_view(&x->input), &refusal)) {
    case HTTP_NEED_MORE:
        return;
    case HTTP_REFUSED:
        refuse(x, refusal, NULL);
        return;
    case HTTP_DONE:
        break;
    }
    x->head_at = x->input.at;
    if (x->head.content_length > x->loop->limits.body_bytes) {
        refuse(x, (struct http_refusal){413, "the request body is too large"}, &x->head);
        return;
    }
    bool wants_body = x->head.is_chunked || x->head.content_length > 0;
    if (x->head.expects_continue && wants_body && x->input.len == x->head.len) {
        buf_append_text(&x->output, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    buf_clear(&x->body);
    http_chunked_init(&x->chunked, x->loop->limits.body_bytes);
    enter(x, CONNECTION_BODY, x->loop->limits.body_ms);
    take_body(x);
}

/* An idle connection does not sit on the memory of its largest request. */
static void give_back(struct buf *buf)
{
    if (buf->room > KEPT_BYTES && buf->len == 0) {
        buf_free(buf);
    }
}

/* The answer is out: the next request, or the end. */
static void after_reply(struct exchange *x)
{
    if (x->is_lingering_after || (!x->keep_alive && !x->has_ended)) {
        shutdown(x->source.fd, SHUT_WR);
        enter(x, CONNECTION_LINGER, x->loop->limits.linger_ms);
        set_interest(x, EPOLLIN);
        buf_clear(&x->input);
        return;
    }
    if (!x->keep_alive) {
        connection_close(x);
        return;
    }
    size_t used = x->head.len + (x->head.is_chunked ? 0 : (size_t)x->head.content_length);
    buf_consume(&x->input, used);
    if (x->input.len == 0 && (x->has_ended || x->loop->is_stopping)) {
        connection_close(x);
        return;
    }
    bool is_idle = x->input.len == 0;
    buf_clear(&x->body);
    buf_clear(&x->decoded);
    http_reply_clear(&x->reply);
    give_back(&x->input);
    give_back(&x->body);
    give_back(&x->decoded);
    give_back(&x->output);
    give_back(&x->reply.body);
    enter(x, CONNECTION_HEAD, is_idle ? x->loop->limits.idle_ms : x->loop->limits.head_ms);
}

static void update_interest(struct exchange *x)
{
    uint32_t interest = x->sent < x->output.len ? EPOLLOUT : 0;
    if (x->state == CONNECTION_HEAD || x->state == CONNECTION_BODY ||
        x->state == CONNECTION_LINGER) {
        interest |= EPOLLIN;
    } else if (x->state == CONNECTION_STREAM) {
        interest |= EPOLLRDHUP;
    }
    /* To be told of input that is not wanted yet costs nothing while none comes, as a rule: two
     * system calls a request less. connection_on_event() takes it back when some does. */
    if ((x->interest & ~(uint32_t)EPOLLIN) != (interest & ~(uint32_t)EPOLLIN) ||
        (x->interest & interest) != interest) {
        set_interest(x, interest);
    }
}

void connection_advance(struct exchange *x)
{
    if (x->state == CONNECTION_DEAD || !flush(x)) {
        return;
    }
    if (x->state == CONNECTION_WRITING && x->output.len == 0) {
        after_reply(x);
    }
    if (x->state == CONNECTION_HEAD && x->input.len > 0) {
        take_head(x);
    } else if (x->state == CONNECTION_BODY) {
        take_body(x);
    }
    if (x->state == CONNECTION_DEAD || !flush(x)) {
        return;
    }
    bool is_cut = x->has_ended && (x->state == CONNECTION_HEAD || x->state == CONNECTION_BODY);
    if (is_cut) {
        connection_close(x);
        return;
    }
    update_interest(x);
}

static void read_input(struct exchange *x)
{
    bool was_empty = x->input.len == 0;
    char *place = buf_reserve(&x->input, READ_BYTES);
    if (!place) {
        connection_close(x);
        return;
    }
    ssize_t n = recv(x->source.fd, place, READ_BYTES, MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(x);
        return;
    }
    x->has_ended = x->has_ended || n == 0;
    if (n > 0) {
        buf_used(&x->input, (size_t)n);
        if (was_empty && x->state == CONNECTION_HEAD) {
            enter(x, CONNECTION_HEAD, x->loop->limits.head_ms);
        }
    }
}

static void linger(struct exchange *x)
{
    char waste[READ_BYTES];
    ssize_t n = recv(x->source.fd, waste, sizeof(waste), MSG_DONTWAIT);
    bool is_waiting = n < 0 && (errno == EAGAIN || errno == EINTR);
    x->lingered_bytes += n > 0 ? (size_t)n : 0;
    if ((n <= 0 && !is_waiting) || x->lingered_bytes > LINGER_BYTES_MAX) {
        connection_close(x);
    }
}

void connection_on_event(struct exchange *x, uint32_t events)
{
    if (x->state == CONNECTION_DEAD) {
        return;
    }
    if (x->state == CONNECTION_LINGER) {
        linger(x);
        return;
    }
    bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    bool has_left = x->state == CONNECTION_STREAM && (events & EPOLLRDHUP) != 0;
    if (is_broken || has_left) {
        connection_close(x);
        return;
    }
    if ((events & EPOLLIN) != 0) {
        if (x->state == CONNECTION_HEAD || x->state == CONNECTION_BODY) {
            read_input(x);
        } else {
            set_interest(x, x->interest & ~(uint32_t)EPOLLIN);
        }
    }
    connection_advance(x);
}

/* Its handler may still finish what it is at; nobody hears of it any more. */
static void give_up_waiting(struct exchange *x)
{
    struct net_handler *handler = &x->listener->handler;
    if (handler->on_gone) {
        handler->on_gone(handler->self, x);
    }
    reparse_head(x);
    refuse(x, (struct http_refusal){503, "the answer took too long; send the request again later"},
           &x->head);
}

void connection_on_deadline(struct exchange *x)
{
    if (x->state == CONNECTION_WAITING) {
        give_up_waiting(x);
        return;
    }
    bool has_part =
        x->state == CONNECTION_BODY || (x->state == CONNECTION_HEAD && x->input.len > 0);
    if (!has_part) {
        connection_close(x);
        return;
    }
    bool is_body = x->state == CONNECTION_BODY;
    if (is_body) {
        reparse_head(x);
    }
    refuse(x, (struct http_refusal){408, "the request did not arrive in time"},
           is_body ? &x->head : NULL);
}

const struct http_request *exchange_request(const struct exchange *x)
{
    return &x->request;
}

struct http_reply *exchange_reply(struct exchange *x)
{
    return &x->reply;
}

void **exchange_slot(struct exchange *x)
{
    return &x->slot;
}

enum status exchange_write(struct exchange *x, struct view bytes)
{
    if (x->state != CONNECTION_STREAM) {
        return STATUS_END;
    }
    size_t pending = x->output.len - x->sent;
    if (bytes.len >
        x->loop->limits.stream_bytes -
            (pending < x->loop->limits.stream_bytes ? pending : x->loop->limits.stream_bytes)) {
        return STATUS_FULL;
    }
    if (pending == 0) {
        x->deadline_ms = x->loop->now_ms + x->loop->limits.write_ms;
    }
    buf_consume(&x->output, x->sent);
    x->sent = 0;
    if (buf_append_view(&x->output, bytes) != STATUS_OK) {
        x->output.status = STATUS_OK;
        return STATUS_NO_MEMORY;
    }
    mark_ready(x);
    return STATUS_OK;
}

void exchange_finish(struct exchange *x)
{
    if (x->state == CONNECTION_STREAM) {
        enter(x, CONNECTION_WRITING, x->loop->limits.write_ms);
        mark_ready(x);
    } else if (x->state == CONNECTION_WAITING && !x->is_handling) {
        send_reply(x, false);
    }
}
