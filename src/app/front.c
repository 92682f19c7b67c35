#include "app/front.h"

#include "adapters/adapter_list.h"
#include "app/opt_out.h"
#include "app/refusal.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { REFUSAL_INTERVAL_MS = 10000 };

struct front {
    const struct front_shared *shared;
    const struct settings *settings; /* the snapshot in use */
    struct pipeline *pipeline;
    unsigned worker;
    struct logger_gate refusal_gate;
};

enum status front_create(struct front **front, const struct front_shared *shared, unsigned worker,
                         struct fault *fault)
{
    struct front *made = calloc(1, sizeof(*made));
    *front = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a worker");
    }
    made->shared = shared;
    made->worker = worker;
    made->refusal_gate.interval_ms = REFUSAL_INTERVAL_MS;
    enum status status = pipeline_create(&made->pipeline, &shared->pipeline, worker, fault);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    made->settings = settings_box_take(shared->settings, NULL);
    *front = made;
    return STATUS_OK;
}

void front_destroy(struct front *front)
{
    if (front) {
        pipeline_destroy(front->pipeline);
        settings_box_take_back(front->shared->settings, front->settings);
        free(front);
    }
}

static struct request_account account(const struct front *front)
{
    return (struct request_account){front->shared->pipeline.door, front->worker};
}

static enum net_verdict answer_preflight(struct exchange *x)
{
    exchange_reply(x)->status = 204;
    return NET_DONE;
}

static enum net_verdict refuse(struct front *front, struct exchange *x, enum refusal why)
{
    const struct refusals refusals = {front->shared->pipeline.counts, account(front)};
    return refusal_answer(&refusals, x, why);
}

static enum net_verdict answer_file(struct front *front, struct exchange *x)
{
    const struct http_head *head = exchange_request(x)->head;
    struct http_reply *reply = exchange_reply(x);
    if (assets_answer(front->shared->assets, head, reply)) {
        return NET_DONE;
    }
    if (static_files_answer(front->shared->files, head->path, http_header(head, "if-none-match"),
                            reply)) {
        return NET_DONE;
    }
    if (view_is(head->path, "/.well-known/gpc.json")) {
        http_reply_header(reply, "Content-Type", VIEW_LITERAL("application/json"));
        buf_append_text(&reply->body, front->settings->gpc_statement);
        return NET_DONE;
    }
    http_reply_error(reply, 404, "there is nothing at this path");
    return NET_DONE;
}

static bool is_read(enum http_method method)
{
    return method == HTTP_GET || method == HTTP_HEAD;
}

/* Goes over to what a reload published. */
static const struct settings *settings_of(struct front *front)
{
    front->settings = settings_box_take(front->shared->settings, front->settings);
    return front->settings;
}

static enum net_verdict refuse_source(struct front *front, struct exchange *x, int64_t wait_ms)
{
    refuse(front, x, REFUSAL_SOURCE);
    http_reply_retry_after(exchange_reply(x), wait_ms);
    return NET_DONE;
}

static enum net_verdict on_request(void *self, struct exchange *x)
{
    struct front *front = self;
    const struct settings *settings = settings_of(front);
    const struct http_request *request = exchange_request(x);
    const struct http_head *head = request->head;
    struct http_reply *reply = exchange_reply(x);
    int64_t wait_ms;
    struct forwarded room;
    const char *client = forwarded_client(&room, &settings->trusted, request->peer, head);
    bool is_allowed = cors_apply(&settings->cors, http_header(head, "origin"),
                                 head->method == HTTP_OPTIONS, reply);
    if (!guard_request(front->shared->pipeline.guard, settings, client, &wait_ms)) {
        return refuse_source(front, x, wait_ms);
    }
    if (head->method == HTTP_OPTIONS) {
        return answer_preflight(x);
    }
    if (opt_out_is_asked(head)) {
        opt_out_answer(head, reply);
        return NET_DONE;
    }
    struct inbound inbound = {
        .method = head->method == HTTP_POST ? INBOUND_POST : INBOUND_GET,
        .path = head->path,
        .query = head->query,
        .body = request->body,
        .received_ms = clock_now_ms(front->shared->pipeline.clock),
    };
    bool is_known = head->method == HTTP_POST || head->method == HTTP_GET;
    const struct adapter *adapter = is_known ? adapter_find(&inbound) : NULL;
    if (adapter) {
        /* Which site it is for is known later; strangers may be welcome in quarantine. */
        is_allowed = is_allowed || (settings->sites.count > 0 && settings->sites.quarantines);
        const struct pipeline_request taken = {&inbound, adapter, settings, client};
        return is_allowed ? pipeline_take(front->pipeline, x, &taken)
                          : refuse(front, x, REFUSAL_ORIGIN);
    }
    if (is_read(head->method)) {
        return answer_file(front, x);
    }
    if (head->method == HTTP_POST) {
        http_reply_error(reply, 404, "events are posted to /e");
    } else {
        http_reply_error(reply, 405, "GET, HEAD, POST and OPTIONS are understood here");
        http_reply_header(reply, "Allow", VIEW_LITERAL("GET, HEAD, POST, OPTIONS"));
    }
    return NET_DONE;
}

static void on_round(void *self)
{
    struct front *front = self;
    pipeline_round(front->pipeline);
}

static void on_idle(void *self)
{
    struct front *front = self;
    pipeline_wipe(front->pipeline);
}

static void on_gone(void *self, struct exchange *x)
{
    struct front *front = self;
    pipeline_gone(front->pipeline, x);
}

static void on_refused(void *self, struct exchange_refusal *refusal)
{
    struct front *front = self;
    const struct pipeline_shared *shared = &front->shared->pipeline;
    uint64_t held;
    const struct request_account mine = account(front);
    atomic_fetch_add(&shared->counts->refused_http, 1);
    request_account_refused(&mine, LEDGER_REFUSED_HTTP);
    cors_apply(&settings_of(front)->cors, refusal->origin, false, refusal->reply);
    if (logger_gate_hit(&front->refusal_gate, clock_monotonic_ms(shared->clock), &held)) {
        logger_warn(shared->log, "net",
                    "refused a request with %u: %s (%llu more since this was last said)",
                    refusal->status, refusal->sentence, (unsigned long long)held);
    }
}

static bool on_connect(void *self, const char *peer)
{
    struct front *front = self;
    return guard_connect(front->shared->pipeline.guard, settings_of(front), peer);
}

static void on_disconnect(void *self, const char *peer)
{
    struct front *front = self;
    guard_disconnect(front->shared->pipeline.guard, peer);
}

static void on_turned_away(void *self)
{
    struct front *front = self;
    const struct pipeline_shared *shared = &front->shared->pipeline;
    uint64_t held;
    const struct request_account mine = account(front);
    atomic_fetch_add(&shared->counts->turned_away, 1);
    request_account_refused(&mine, LEDGER_TURNED_AWAY);
    if (logger_gate_hit(&front->refusal_gate, clock_monotonic_ms(shared->clock), &held)) {
        logger_warn(shared->log, "net",
                    "turned a client away: too many open connections (connections-max, "
                    "source-connections-max; %llu more since a refusal was last said)",
                    (unsigned long long)held);
    }
}

struct net_handler front_handler(struct front *front)
{
    return (struct net_handler){
        .self = front,
        .on_request = on_request,
        .on_round = on_round,
        .on_idle = on_idle,
        .on_gone = on_gone,
        .on_refused = on_refused,
        .on_connect = on_connect,
        .on_disconnect = on_disconnect,
        .on_turned_away = on_turned_away,
    };
}

enum status front_attach(struct front *front, struct net_loop *loop, struct fault *fault)
{
    return pipeline_attach(front->pipeline, loop, fault);
}
