#include "app/admin.h"

#include "app/admin_forget.h"
#include "app/admin_replay.h"
#include "app/metrics.h"
#include "base/json.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { MESSAGE_BYTES_MAX = LIVE_BYTES_MAX };

struct watcher {
    struct exchange *x; /* NULL: a free place */
    struct live_position position;
    bool is_greeted;
};

struct admin {
    struct admin_shared shared;
    struct watcher watchers[ADMIN_WATCHERS_MAX];
    struct buf message;
};

enum status admin_create(struct admin **admin, const struct admin_shared *shared,
                         struct fault *fault)
{
    struct admin *made = calloc(1, sizeof(*made));
    *admin = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the admin address");
    }
    made->shared = *shared;
    buf_init(&made->message, MESSAGE_BYTES_MAX);
    return STATUS_OK;
}

void admin_destroy(struct admin *admin)
{
    if (admin) {
        buf_free(&admin->message);
        free(admin);
    }
}

/* Of "localhost", "127.x.x.x" or "[::1]", each with or without a port (RFC 6761, RFC 1122). */
static bool is_this_machine(struct view host)
{
    struct view name = host;
    if (view_starts_with(host, "[")) {
        return view_is(host, "[::1]") || view_starts_with(host, "[::1]:");
    }
    name = view_cut(&name, ':');
    if (view_is_ignoring_case(name, "localhost")) {
        return true;
    }
    uint64_t part = 0;
    int parts = 0;
    bool is_address = view_starts_with(name, "127.");
    while (is_address && name.len > 0) {
        is_address = view_to_uint64(view_cut(&name, '.'), &part) && part < 256;
        parts++;
    }
    return is_address && parts == 4;
}

static struct watcher *find_watcher(struct admin *admin, const struct exchange *x)
{
    for (size_t i = 0; i < ADMIN_WATCHERS_MAX; i++) {
        if (admin->watchers[i].x == x) {
            return &admin->watchers[i];
        }
    }
    return NULL;
}

/* Where a watcher begins: behind what its browser has seen, or with the last N rows. */
static struct live_position first_position(struct admin *admin, const struct http_head *head)
{
    uint64_t number;
    struct view query = head->query;
    if (view_to_uint64(http_header(head, "last-event-id"), &number)) {
        return live_after(admin->shared.live, number);
    }
    while (query.len > 0) {
        struct view value = view_cut(&query, '&');
        if (view_is(view_cut(&value, '='), "last") && view_to_uint64(value, &number)) {
            return live_last(admin->shared.live, number);
        }
    }
    return live_last(admin->shared.live, LIVE_ROWS);
}

static enum net_verdict begin_watch(struct admin *admin, struct exchange *x)
{
    struct http_reply *reply = exchange_reply(x);
    struct watcher *watcher = find_watcher(admin, NULL);
    if (!watcher) {
        http_reply_error(reply, 503, "too many pages watch already; close one");
        http_reply_header(reply, "Retry-After", VIEW_LITERAL("10"));
        return NET_DONE;
    }
    *watcher =
        (struct watcher){.x = x, .position = first_position(admin, exchange_request(x)->head)};
    http_reply_header(reply, "Content-Type", VIEW_LITERAL("text/event-stream"));
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-store"));
    live_watchers(admin->shared.live, 1);
    live_wake(admin->shared.live);
    return NET_STREAM;
}

static enum net_verdict answer_health(struct exchange *x)
{
    struct http_reply *reply = exchange_reply(x);
    http_reply_header(reply, "Content-Type", VIEW_LITERAL("application/json"));
    buf_append_text(&reply->body, "{\"ok\":true}\n");
    return NET_DONE;
}

static void append_count(struct buf *out, const char *name, uint64_t value)
{
    buf_append_format(out, "\"%s\":%llu,", name, (unsigned long long)value);
}

static struct readiness_source source_of(const struct admin *admin)
{
    return (struct readiness_source){admin->shared.journal, admin->shared.counts,
                                     admin->shared.upkeep, admin->shared.lake, admin->shared.clock};
}

static enum net_verdict answer_readiness(const struct admin *admin, struct exchange *x)
{
    struct http_reply *reply = exchange_reply(x);
    const struct readiness_source source = source_of(admin);
    struct readiness readiness;
    readiness_look(&readiness, &source);
    reply->status = readiness.is_ready ? 200 : 503;
    http_reply_header(reply, "Content-Type", VIEW_LITERAL("application/json"));
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-store"));
    readiness_append(&readiness, &reply->body);
    return NET_DONE;
}

static enum net_verdict answer_metrics(const struct admin *admin, struct exchange *x)
{
    struct http_reply *reply = exchange_reply(x);
    const struct readiness_source source = source_of(admin);
    http_reply_header(reply, "Content-Type", VIEW_LITERAL(METRICS_CONTENT_TYPE));
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-store"));
    metrics_append(&source, admin->shared.version, &reply->body);
    return NET_DONE;
}

static enum net_verdict answer_counts(struct admin *admin, struct exchange *x)
{
    struct http_reply *reply = exchange_reply(x);
    const struct lake_counts *lake = admin->shared.lake;
    struct buf *out = &reply->body;
    http_reply_header(reply, "Content-Type", VIEW_LITERAL("application/json"));
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-store"));
    buf_append_byte(out, '{');
    append_count(out, "stable_seq", journal_stable(admin->shared.journal));
    buf_append_text(out, "\"journal\":{");
    append_count(out, "journal_bytes", journal_written_bytes(admin->shared.journal));
    append_count(out, "spool_bytes", journal_spool_bytes(admin->shared.journal));
    buf_append_format(out, "\"sync_us\":%lld},",
                      (long long)(journal_sync_ns(admin->shared.journal) / 1000));
    buf_append_text(out, "\"disk\":");
    upkeep_append_state(admin->shared.upkeep, out);
    buf_append_text(out, ",\"lake\":{");
    append_count(out, "stored", atomic_load(&lake->stored));
    append_count(out, "duplicates", atomic_load(&lake->duplicates));
    append_count(out, "erased", atomic_load(&lake->erased));
    append_count(out, "quarantined", atomic_load(&lake->quarantined));
    append_count(out, "quarantine_dropped", atomic_load(&lake->quarantine_dropped));
    append_count(out, "parts", atomic_load(&lake->parts));
    append_count(out, "lag_ms", readiness_lag_ms(lake, admin->shared.clock));
    buf_append_format(
        out, "\"damaged\":%llu},\"front\":", (unsigned long long)atomic_load(&lake->damaged));
    if (counts_append(out, admin->shared.counts) == STATUS_OK) {
        buf_append_text(out, "}\n");
    }
    return NET_DONE;
}

static enum net_verdict on_request(void *self, struct exchange *x)
{
    struct admin *admin = self;
    const struct http_head *head = exchange_request(x)->head;
    struct http_reply *reply = exchange_reply(x);
    if (admin->shared.is_loopback && !is_this_machine(http_header(head, "host"))) {
        http_reply_error(reply, 403,
                         "this address answers only as localhost; give --admin another host to "
                         "reach it by name");
        return NET_DONE;
    }
    if (view_is(head->path, "/forget") && head->method != HTTP_OPTIONS) {
        return admin_forget(admin->shared.eraser, admin->shared.token, x);
    }
    if (view_is(head->path, "/replay") && head->method != HTTP_OPTIONS) {
        return admin_replay(admin->shared.desk, admin->shared.token, x);
    }
    if (head->method != HTTP_GET && head->method != HTTP_HEAD) {
        http_reply_error(reply, 405, "only GET and HEAD are understood here");
        http_reply_header(reply, "Allow", VIEW_LITERAL("GET, HEAD"));
        return NET_DONE;
    }
    if (view_is(head->path, "/healthz")) {
        return answer_health(x);
    }
    if (view_is(head->path, "/readyz")) {
        return answer_readiness(admin, x);
    }
    if (view_is(head->path, "/metrics")) {
        return answer_metrics(admin, x);
    }
    if (view_is(head->path, "/counts")) {
        return answer_counts(admin, x);
    }
    if (view_is(head->path, "/live") && head->method == HTTP_GET) {
        return begin_watch(admin, x);
    }
    http_reply_header(reply, "Content-Security-Policy",
                      VIEW_LITERAL("default-src 'self'; frame-ancestors 'none'"));
    http_reply_header(reply, "Referrer-Policy", VIEW_LITERAL("no-referrer"));
    if (!assets_answer(admin->shared.assets, head, reply)) {
        http_reply_error(reply, 404, "there is nothing at this path");
    }
    return NET_DONE;
}

static void on_gone(void *self, struct exchange *x)
{
    struct admin *admin = self;
    struct watcher *watcher = find_watcher(admin, x);
    replay_desk_gone(admin->shared.desk, x);
    if (watcher) {
        *watcher = (struct watcher){0};
        live_watchers(admin->shared.live, -1);
    }
}

static enum status greet(struct admin *admin, struct watcher *watcher)
{
    struct buf *out = &admin->message;
    buf_clear(out);
    buf_append_text(out, "event: hello\ndata: {\"version\":");
    json_append_string(out, view_from_text(admin->shared.version));
    buf_append_text(out, ",\"public_url\":");
    json_append_string(out, view_from_text(admin->shared.public_url));
    buf_append_text(out, ",\"site\":");
    json_append_string(out, view_from_text(admin->shared.site));
    buf_append_text(out, "}\n\n");
    return exchange_write(watcher->x, buf_view(out));
}

/* One message; rows hold no line ends, as JSON has none outside of strings and escapes them in. */
static bool push_row(struct admin *admin, struct watcher *watcher)
{
    struct buf *out = &admin->message;
    struct live_position position = watcher->position;
    struct live_row row;
    struct buf text;
    buf_init(&text, LIVE_BYTES_MAX);
    buf_clear(out);
    bool is_there = live_next(admin->shared.live, &position, &row, &text);
    if (is_there && row.missed > 0) {
        buf_append_format(out, "event: skipped\ndata: {\"count\":%llu}\n\n",
                          (unsigned long long)row.missed);
    }
    if (is_there) {
        buf_append_format(out, "id: %llu\ndata: ", (unsigned long long)row.ingest_seq);
        buf_append_view(out, buf_view(&text));
        buf_append_text(out, "\n\n");
        is_there =
            buf_status(out) == STATUS_OK && exchange_write(watcher->x, buf_view(out)) == STATUS_OK;
    }
    if (is_there) {
        watcher->position = position;
    }
    buf_free(&text);
    return is_there;
}

void admin_push(void *self)
{
    struct admin *admin = self;
    live_read_wake(admin->shared.live);
    for (size_t i = 0; i < ADMIN_WATCHERS_MAX; i++) {
        struct watcher *watcher = &admin->watchers[i];
        if (watcher->x && !watcher->is_greeted) {
            watcher->is_greeted = greet(admin, watcher) == STATUS_OK;
        }
        /* Who is too slow keeps its place; what the ring drops meanwhile is told as skipped. */
        while (watcher->x && watcher->is_greeted && push_row(admin, watcher)) {
        }
    }
}

struct net_handler admin_handler(struct admin *admin)
{
    return (struct net_handler){.self = admin, .on_request = on_request, .on_gone = on_gone};
}
