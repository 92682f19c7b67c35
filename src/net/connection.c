#include "net/connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINGER_BYTES_MAX = 4 << 20,
    OUTPUT_EXTRA_BYTES = 64 * 1024,
    KEPT_BYTES = 64 * 1024,
    PART_BYTES = 1024
};

static void set_interest(struct connection *c, uint32_t interest)
{
    if (c->interest != interest) {
        struct epoll_event event = {.events = interest, .data.ptr = c};
        epoll_ctl(c->loop->epoll, EPOLL_CTL_MOD, c->source.fd, &event);
        c->interest = interest;
    }
}

void connection_mark_ready(struct connection *c)
{
    if (!c->is_ready) {
        c->is_ready = true;
        c->next_ready = c->loop->ready;
        c->loop->ready = c;
    }
}

void connection_set_deadline(struct connection *c, int64_t limit_ms)
{
    c->deadline_ms = limit_ms == INT64_MAX ? INT64_MAX : c->loop->now_ms + limit_ms;
}

static void take_from(struct buf_pool *pool, struct buf *buf)
{
    struct buf taken = pool->bufs[--pool->count];
    taken.ceiling = buf->ceiling;
    taken.granted = buf->granted;
    buf_append_view(&taken, buf_view(buf)); /* less than it has room for */
    buf_wipe(buf);
    buf_free(buf);
    *buf = taken;
}

void loop_take_buf(struct net_loop *loop, struct buf *buf)
{
    if (buf->room < READ_BYTES && loop->spare_bufs.count > 0) {
        take_from(&loop->spare_bufs, buf);
    }
}

void loop_take_small_buf(struct net_loop *loop, struct buf *buf)
{
    if (buf->room == 0 && loop->spare_smalls.count > 0) {
        take_from(&loop->spare_smalls, buf);
    }
}

void loop_give_buf(struct net_loop *loop, struct buf *buf)
{
    bool is_small = buf->room <= BUF_SMALL_BYTES;
    bool is_of_use = buf->room > 0 && (is_small || buf->room >= READ_BYTES);
    struct buf_pool *pool = is_small ? &loop->spare_smalls : &loop->spare_bufs;
    bool is_kept = is_of_use && buf->room <= KEPT_BYTES && pool->count < SPARE_BUFS_MAX &&
                   loop->memory.held <= loop->memory.ceiling / 2;
    if (!is_kept) {
        buf_wipe(buf);
        buf_free(buf);
        return;
    }
    struct buf empty = {.ceiling = buf->ceiling, .budget = buf->budget, .granted = buf->granted};
    buf_clear(buf);
    pool->bufs[pool->count++] = *buf;
    *buf = empty;
}

static void uncount(struct listener *listener, bool is_counted, const char *peer)
{
    if (is_counted && listener->handler.on_disconnect) {
        listener->handler.on_disconnect(listener->handler.self, peer);
    }
}

struct connection *connection_open(struct listener *listener, int fd, const char *peer)
{
    struct net_loop *loop = listener->loop;
    struct connection *c = calloc(1, sizeof(*c)); /* the connection's owner struct */
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (!c || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(c);
        close(fd);
        uncount(listener, !listener->has_proxy_header, peer);
        return NULL;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->source = (struct source){SOURCE_CONNECTION, fd};
    c->loop = loop;
    c->listener = listener;
    c->interest = EPOLLIN;
    c->protocol = &protocol_opening;
    c->awaits_proxy = listener->has_proxy_header;
    c->is_counted = !listener->has_proxy_header;
    c->awaits_tls = listener->tls != NULL;
    memcpy(c->peer, peer, strlen(peer) + 1);
    buf_init_within(&c->input, HTTP_HEAD_BYTES_MAX + loop->limits.body_bytes + READ_BYTES,
                    &loop->memory);
    buf_init_within(&c->output,
                    loop->limits.reply_bytes + loop->limits.stream_bytes + OUTPUT_EXTRA_BYTES,
                    &loop->memory);
    c->output.granted = BUF_SMALL_BYTES; /* to be told that there is no room */
    connection_set_deadline(c, loop->limits.head_ms);
    c->next = loop->connections;
    if (c->next) {
        c->next->previous = c;
    }
    loop->connections = c;
    loop->connection_count++;
    return c;
}

void connection_close(struct connection *c)
{
    if (c->state == CONNECTION_DEAD) {
        return;
    }
    c->state = CONNECTION_DEAD;
    c->protocol->on_close(c);
    uncount(c->listener, c->is_counted, c->peer);
    if (c->tls) {
        tls_stream_end(c->tls);
        tls_stream_free(c->tls);
        c->tls = NULL;
    }
    if (c->source.fd >= 0) {
        close(c->source.fd);
    }
    if (c->loop->sweep_at == c) {
        c->loop->sweep_at = c->next;
    }
    *(c->previous ? &c->previous->next : &c->loop->connections) = c->next;
    if (c->next) {
        c->next->previous = c->previous;
    }
    c->next = c->loop->dead;
    c->loop->dead = c;
    c->loop->connection_count--;
}

/* Where it is going it is watched by another: it would go on to be by this one, too. */
int connection_detach(struct connection *c)
{
    int fd = c->source.fd;
    epoll_ctl(c->loop->epoll, EPOLL_CTL_DEL, fd, NULL);
    c->source.fd = -1;
    connection_close(c);
    return fd;
}

void connection_free(struct connection *c)
{
    loop_give_buf(c->loop, &c->input);
    loop_give_buf(c->loop, &c->output);
    explicit_bzero(c, sizeof(*c)); /* its address, and where to find what it sent */
    free(c);
}

static ssize_t send_some(struct connection *c, struct view bytes)
{
    return c->tls ? tls_stream_write(c->tls, bytes.at, bytes.len)
                  : send(c->source.fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* False when the connection is closed. */
static bool flush(struct connection *c)
{
    if (c->output.len == 0) {
        return true;
    }
    while (c->sent < c->output.len) {
        ssize_t n = send_some(c, view_part(buf_view(&c->output), c->sent, c->output.len));
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return true;
        }
        if (n < 0) {
            connection_close(c);
            return false;
        }
        c->sent += (size_t)n;
        c->protocol->on_sent(c);
    }
    buf_clear(&c->output);
    c->sent = 0;
    return true;
}

void connection_linger(struct connection *c)
{
    if (c->tls) {
        tls_stream_end(c->tls);
    }
    shutdown(c->source.fd, SHUT_WR);
    c->state = CONNECTION_LINGER;
    connection_set_deadline(c, c->loop->limits.linger_ms);
    set_interest(c, EPOLLIN);
    loop_give_buf(c->loop, &c->input);
    loop_give_buf(c->loop, &c->output);
}

static void update_interest(struct connection *c)
{
    bool is_sending = c->sent < c->output.len || (c->tls && tls_stream_wants_write(c->tls));
    uint32_t wanted = c->protocol->interest(c) | (is_sending ? EPOLLOUT : 0);
    /* To be told of input that is not wanted yet costs nothing while none comes, as a rule: two
     * system calls a request less. connection_on_event() takes it back when some does. */
    set_interest(c, wanted | (c->interest & EPOLLIN));
}

/* A few bytes whose rest is long in coming do not sit on a whole buffer: who sends one byte now and
 * then, on thousands of connections, would hold them all. */
static void shrink_input(struct connection *c)
{
    struct buf small;
    buf_init_within(&small, c->input.ceiling, &c->loop->memory);
    if (c->input.room >= READ_BYTES && buf_append_view(&small, buf_view(&c->input)) == STATUS_OK) {
        loop_give_buf(c->loop, &c->input);
        c->input = small;
    }
}

void connection_advance(struct connection *c)
{
    if (c->state != CONNECTION_OPEN || !flush(c)) {
        return;
    }
    c->protocol->advance(c);
    bool is_sending = c->output.len > 0;
    if (c->state != CONNECTION_OPEN || !flush(c)) {
        return;
    }
    if (is_sending && c->output.len == 0) {
        /* All is out at once, so no event will say that it is: more may follow, or the end. */
        connection_mark_ready(c);
    }
    if (c->input.len == 0 && c->input.room > 0) {
        loop_give_buf(c->loop, &c->input);
    } else if (c->input.len <= PART_BYTES && (c->protocol->interest(c) & EPOLLIN) != 0) {
        shrink_input(c);
    }
    if (c->output.len == 0 && c->output.room > 0) {
        loop_give_buf(c->loop, &c->output);
    }
    update_interest(c);
}

struct view connection_full_answer(void)
{
    return VIEW_LITERAL("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                        "Content-Type: application/json\r\nContent-Length: 40\r\n"
                        "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
                        "{\"error\":\"no room now, come again soon\"}");
}

void connection_shed(struct connection *c)
{
    listener_tell_turned_away(c->listener);
    if (c->protocol == &protocol_http2 || c->output.len > 0 || c->awaits_tls) {
        connection_close(c);
        return;
    }
    (void)!send_some(c, connection_full_answer());
    connection_linger(c);
}

static ssize_t receive_some(struct connection *c, char *place, size_t room)
{
    return c->tls ? tls_stream_read(c->tls, place, room)
                  : recv(c->source.fd, place, room, MSG_DONTWAIT);
}

/* False when nothing more is there. */
static bool read_once(struct connection *c)
{
    loop_take_buf(c->loop, &c->input);
    /* What came before of a request fits into one buffer with the rest, as a rule. */
    size_t room = READ_BYTES - (c->input.len <= PART_BYTES ? c->input.len : 0);
    char *place = buf_reserve(&c->input, room);
    if (!place) {
        connection_shed(c);
        return false;
    }
    ssize_t n = receive_some(c, place, room);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(c);
        return false;
    }
    c->has_ended = c->has_ended || n == 0;
    if (n > 0) {
        buf_used(&c->input, (size_t)n);
    }
    return n > 0;
}

/* What TLS holds already the socket will not tell of again. */
void connection_read(struct connection *c)
{
    bool has_more = true;
    while (has_more) {
        has_more = read_once(c) && c->tls && tls_stream_has_pending(c->tls);
    }
}

static void read_waste(struct connection *c)
{
    char waste[READ_BYTES];
    ssize_t n = recv(c->source.fd, waste, sizeof(waste), MSG_DONTWAIT);
    bool is_waiting = n < 0 && (errno == EAGAIN || errno == EINTR);
    c->lingered_bytes += n > 0 ? (size_t)n : 0;
    if ((n <= 0 && !is_waiting) || c->lingered_bytes > LINGER_BYTES_MAX) {
        connection_close(c);
    }
}

void connection_on_event(struct connection *c, uint32_t events)
{
    if (c->state == CONNECTION_DEAD) {
        return;
    }
    if (c->state == CONNECTION_LINGER) {
        read_waste(c);
        return;
    }
    bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    bool has_left = (events & c->protocol->interest(c) & EPOLLRDHUP) != 0;
    if (is_broken || has_left) {
        connection_close(c);
        return;
    }
    if ((events & EPOLLIN) != 0) {
        if ((c->protocol->interest(c) & EPOLLIN) != 0) {
            connection_read(c);
        } else {
            set_interest(c, c->interest & ~(uint32_t)EPOLLIN);
        }
    }
    connection_advance(c);
}

void connection_on_deadline(struct connection *c)
{
    if (c->state == CONNECTION_OPEN) {
        c->protocol->on_deadline(c);
    } else {
        connection_close(c);
    }
}

void connection_stop_idle(struct connection *c)
{
    if (moving_may(c) && c->input.len == 0 && !c->has_ended) {
        moving_give(c);
    } else if (c->loop->is_gentle) {
        connection_set_deadline(c, CONNECTION_GRACE_MS);
    } else {
        connection_close(c);
    }
}

void connection_on_stop(struct connection *c)
{
    if (c->state == CONNECTION_OPEN) {
        c->protocol->on_stop(c);
    }
}
