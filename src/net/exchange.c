#include "net/connection.h"

#include <stdlib.h>

enum { KEPT_BYTES = 64 * 1024, REFUSAL_BYTES = 512 };

static void exchange_wipe(struct exchange *x)
{
    struct buf *const bufs[] = {&x->body, &x->decoded, &x->text, &x->reply.headers, &x->reply.body};
    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
        buf_wipe(bufs[i]);
    }
    explicit_bzero(&x->head, sizeof(x->head));
    explicit_bzero(&x->request, sizeof(x->request));
}

void exchange_wipe_spares(struct net_loop *loop)
{
    for (struct exchange *x = loop->spare_exchanges; x; x = x->next) {
        exchange_wipe(x);
    }
}

static void free_exchange(struct net_loop *loop, struct exchange *x)
{
    loop->memory.held -= sizeof(*x);
    exchange_wipe(x);
    buf_free(&x->body);
    buf_free(&x->decoded);
    buf_free(&x->text);
    http_reply_free(&x->reply);
    free(x);
}

static struct exchange *make_exchange(struct net_loop *loop)
{
    struct buf_budget *memory = &loop->memory;
    bool has_room = memory->held + sizeof(struct exchange) <= memory->ceiling;
    struct exchange *x = has_room ? malloc(sizeof(*x)) : NULL; /* the pool's own */
    if (x) {
        memory->held += sizeof(*x);
        buf_init_within(&x->body, loop->limits.body_bytes, memory);
        buf_init_within(&x->decoded, loop->limits.body_bytes, memory);
        buf_init_within(&x->text, HTTP_HEAD_BYTES_MAX, memory);
        http_reply_init(&x->reply, loop->limits.reply_bytes);
        x->reply.headers.budget = x->reply.body.budget = memory;
    }
    /* Room for a refusal, so that one can always be said. */
    if (x && (!buf_reserve(&x->reply.headers, REFUSAL_BYTES) ||
              !buf_reserve(&x->reply.body, REFUSAL_BYTES))) {
        free_exchange(loop, x);
        return NULL;
    }
    return x;
}

struct exchange *exchange_take(struct connection *c)
{
    struct net_loop *loop = c->loop;
    struct exchange *x = loop->spare_exchanges;
    if (x) {
        loop->spare_exchanges = x->next;
        loop->spare_exchange_count--;
    } else {
        x = make_exchange(loop);
        if (!x) {
            return NULL;
        }
    }
    x->connection = c;
    x->next = x->previous = NULL;
    x->state = EXCHANGE_HANDLING;
    x->request = (struct http_request){.peer = c->peer};
    x->slot = NULL;
    return x;
}

/* A spare exchange does not sit on the memory of its largest request. */
static void empty(struct buf *buf)
{
    if (buf->room > KEPT_BYTES) {
        buf_wipe(buf);
        buf_free(buf);
    }
    buf_clear(buf);
}

void exchange_release(struct exchange *x)
{
    struct net_loop *loop = x->connection->loop;
    if (loop->spare_exchange_count == SPARE_EXCHANGES_MAX) {
        free_exchange(loop, x);
        return;
    }
    http_reply_clear(&x->reply);
    empty(&x->body);
    empty(&x->decoded);
    empty(&x->reply.body);
    x->next = loop->spare_exchanges;
    loop->spare_exchanges = x;
    loop->spare_exchange_count++;
}

void exchange_free_all(struct net_loop *loop)
{
    while (loop->spare_exchanges) {
        struct exchange *x = loop->spare_exchanges;
        loop->spare_exchanges = x->next;
        free_exchange(loop, x);
    }
    loop->spare_exchange_count = 0;
}

static void reply(struct exchange *x, enum exchange_state state)
{
    x->state = state;
    x->connection->protocol->reply(x);
}

void exchange_refuse(struct exchange *x, struct http_refusal why, const struct http_head *head)
{
    struct net_handler *handler = &x->connection->listener->handler;
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
    if (handler->on_refused) {
        handler->on_refused(handler->self, &refusal);
    }
    x->request.head = head;
    reply(x, EXCHANGE_REPLIED);
}

/* Bounded by the same ceiling as a body that comes plain. False when it was refused, with refusal
 * as it was for a lack of memory. */
static bool decode_as(struct exchange *x, struct view codings, struct view *body,
                      struct http_refusal *refusal)
{
    bool is_said = body_decoder_is_needed(codings);
    struct coded_body coded = {is_said ? codings : body_decoder_sniff(*body), *body};
    if (coded.codings.len == 0 || body->len == 0) {
        return true;
    }
    struct net_loop *loop = x->connection->loop;
    loop->decoder = loop->decoder ? loop->decoder : body_decoder_create(loop->limits.body_bytes);
    buf_clear(&x->decoded);
    if (!loop->decoder ||
        body_decoder_decode(loop->decoder, coded, &x->decoded, refusal) != HTTP_DONE) {
        return false;
    }
    *body = buf_view(&x->decoded);
    return true;
}

/* False when it was refused. */
static bool decode_body(struct exchange *x, struct view *body, struct http_refusal *refusal)
{
    struct buf joined; /* stays without memory unless the header is repeated */
    buf_init(&joined, HTTP_HEAD_BYTES_MAX);
    struct view codings = http_header_list(&x->head, "content-encoding", &joined);
    *refusal = (struct http_refusal){503, "no memory to decompress a body now"};
    bool is_decoded = buf_status(&joined) == STATUS_OK && decode_as(x, codings, body, refusal);
    buf_free(&joined);
    return is_decoded;
}

void exchange_dispatch(struct exchange *x, struct view body)
{
    struct listener *listener = x->connection->listener;
    struct http_refusal refusal;
    if (!decode_body(x, &body, &refusal)) {
        exchange_refuse(x, refusal, &x->head);
        return;
    }
    x->request = (struct http_request){.head = &x->head, .body = body, .peer = x->connection->peer};
    listener->had_requests = true;
    enum net_verdict verdict = listener->handler.on_request(listener->handler.self, x);
    if (verdict == NET_WAIT) {
        x->state = EXCHANGE_WAITING;
    } else {
        reply(x, verdict == NET_STREAM ? EXCHANGE_STREAM : EXCHANGE_REPLIED);
    }
}

void exchange_tell_gone(struct exchange *x)
{
    struct net_handler *handler = &x->connection->listener->handler;
    bool is_open = x->state == EXCHANGE_WAITING || x->state == EXCHANGE_STREAM;
    x->state = EXCHANGE_HANDLING;
    if (is_open && handler->on_gone) {
        handler->on_gone(handler->self, x);
    }
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
    return x->state == EXCHANGE_STREAM ? x->connection->protocol->write(x, bytes) : STATUS_END;
}

void exchange_finish(struct exchange *x)
{
    if (x->state == EXCHANGE_STREAM) {
        x->connection->protocol->end_stream(x);
    } else if (x->state == EXCHANGE_WAITING) {
        reply(x, EXCHANGE_REPLIED);
    }
}
