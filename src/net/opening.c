/*
 * What comes before a connection's first request: the PROXY header of a balancer, the TLS
 * handshake, and which HTTP is spoken (RFC 9113, 3.3: HTTP/2 by ALPN or by prior knowledge of its
 * preface).
 */
#include "net/connection.h"
#include "net/proxy_protocol.h"

#include <sys/epoll.h>

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* False when more must come first, or the connection is closed. */
static bool take_proxy_header(struct connection *c)
{
    struct proxy_header header;
    struct http_refusal refusal;
    switch (proxy_header_parse(&header, buf_view(&c->input), &refusal)) {
    case HTTP_NEED_MORE:
        return false;
    case HTTP_REFUSED:
        connection_close(c);
        return false;
    case HTTP_DONE:
        break;
    }
    if (header.has_address) {
        memcpy(c->peer, header.address, sizeof(c->peer));
    }
    buf_consume(&c->input, header.len);
    c->awaits_proxy = false;
    c->is_counted = listener_welcomes(c->listener, c->peer);
    if (!c->is_counted) {
        listener_tell_turned_away(c->listener);
        connection_close(c);
    }
    return c->is_counted;
}

static bool start_tls(struct connection *c)
{
    c->tls = tls_stream_create(c->listener->tls, c->source.fd, buf_view(&c->input));
    c->awaits_tls = false;
    if (!c->tls) {
        connection_close(c);
        return false;
    }
    buf_clear(&c->input);
    connection_read(c);
    return c->state == CONNECTION_OPEN;
}

/* NULL while its first bytes may still become either. */
static const struct protocol *choose_protocol(const struct connection *c)
{
    struct view input = buf_view(&c->input);
    if (c->tls && tls_stream_is_http2(c->tls)) {
        return &protocol_http2;
    }
    if (view_starts_with(input, PREFACE)) {
        return &protocol_http2;
    }
    struct view part = view_part(view_from_text(PREFACE), 0, input.len);
    return input.len < sizeof(PREFACE) - 1 && view_equal(part, input) ? NULL : &protocol_http1;
}

static void advance(struct connection *c)
{
    bool has_ended = c->has_ended && c->input.len == 0;
    if (has_ended || (c->awaits_proxy && !take_proxy_header(c))) {
        if (c->has_ended) {
            connection_close(c);
        }
        return;
    }
    if ((c->awaits_tls && !start_tls(c)) || c->input.len == 0) {
        return;
    }
    const struct protocol *chosen = choose_protocol(c);
    if (chosen) {
        c->protocol = chosen;
        chosen->advance(c);
    } else if (c->has_ended) {
        connection_close(c);
    }
}

static uint32_t interest(const struct connection *c)
{
    (void)c;
    return EPOLLIN;
}

/* There is no output yet, and nothing to give back. */
static void ignore(struct connection *c)
{
    (void)c;
}

const struct protocol protocol_opening = {
    .advance = advance,
    .interest = interest,
    .on_sent = ignore,
    .on_deadline = connection_close,
    .on_stop = connection_stop_idle,
    .on_close = ignore,
};
