#include "load/client.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

enum { WINDOW_BYTES = 16 << 20, OUTPUT_BYTES_MAX = 64 * 1024, BODY_BYTES_MAX = 1 << 20 };

/* A request in flight. Its body is a copy: flow control may hold it back while others are made. */
struct stream {
    struct stream *next_free;
    int64_t started_ns;
    unsigned status;
    struct buf body;
    size_t sent;
};

struct http2 {
    nghttp2_session *session;
    struct stream *free;
    struct buf output; /* frames, to be written with one call */
    struct stream streams[];
};

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *self)
{
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    uint64_t status;
    (void)flags;
    (void)self;
    if (stream && name_len == 7 && memcmp(name, ":status", 7) == 0 &&
        view_to_uint64(view_make((const char *)value, value_len), &status)) {
        stream->status = (unsigned)status;
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *self)
{
    struct client *client = self;
    struct http2 *http2 = client->protocol;
    struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
    if (stream) {
        stream->next_free = http2->free;
        http2->free = stream;
        client_answered(client, error == 0 ? stream->status : 0, stream->started_ns);
    }
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *into, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *self)
{
    struct stream *stream = source->ptr;
    struct view part = view_part(buf_view(&stream->body), stream->sent, room);
    (void)session;
    (void)id;
    (void)self;
    memcpy(into, part.at, part.len);
    stream->sent += part.len;
    *flags |= stream->sent == stream->body.len ? NGHTTP2_DATA_FLAG_EOF : 0;
    return (ssize_t)part.len;
}

static int make_session(struct client *client, struct http2 *http2)
{
    nghttp2_session_callbacks *calls;
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}};
    if (nghttp2_session_callbacks_new(&calls) != 0) {
        return NGHTTP2_ERR_NOMEM;
    }
    nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(calls, on_stream_close);
    int result = nghttp2_session_client_new(&http2->session, calls, client);
    nghttp2_session_callbacks_del(calls);
    if (result == 0) {
        result = nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings, 2);
    }
    if (result == 0) {
        result = nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE, 0,
                                                       WINDOW_BYTES);
    }
    return result;
}

static enum status open_http2(struct client *client, struct fault *fault)
{
    unsigned slots = client->shared->slots;
    struct http2 *http2 = calloc(1, sizeof(*http2) + slots * sizeof(struct stream));
    client->protocol = http2;
    if (!http2 || make_session(client, http2) != 0) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a connection");
    }
    buf_init(&http2->output, OUTPUT_BYTES_MAX * 2);
    for (unsigned i = 0; i < slots; i++) {
        buf_init(&http2->streams[i].body, BODY_BYTES_MAX);
        http2->streams[i].next_free = http2->free;
        http2->free = &http2->streams[i];
    }
    return STATUS_OK;
}

static void close_http2(struct client *client)
{
    struct http2 *http2 = client->protocol;
    if (http2) {
        nghttp2_session_del(http2->session);
        buf_free(&http2->output);
        for (unsigned i = 0; i < client->shared->slots; i++) {
            buf_free(&http2->streams[i].body);
        }
        free(http2);
    }
}

#define FIELD(name, value)                                                                  \
    {                                                                                       \
        (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), sizeof(name) - 1,      \
            sizeof(value) - 1, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE \
    }

/* What payload.c sends over HTTP/1.1; the first three are filled in. */
static const nghttp2_nv HEAD[] = {
    FIELD(":method", "POST"),
    FIELD(":path", "/e"),
    FIELD(":scheme", "https"),
    FIELD(":authority", "localhost"),
    FIELD("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                        "Chrome/131.0.0.0 Safari/537.36"),
    FIELD("accept", "*/*"),
    FIELD("accept-encoding", "gzip, deflate, br, zstd"),
    FIELD("accept-language", "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7"),
    FIELD("origin", "https://shop.example"),
    FIELD("referer", "https://shop.example/"),
    FIELD("sec-ch-ua", "\"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\""),
    FIELD("sec-ch-ua-mobile", "?0"),
    FIELD("sec-ch-ua-platform", "\"Linux\""),
    FIELD("sec-fetch-dest", "empty"),
    FIELD("sec-fetch-mode", "no-cors"),
    FIELD("sec-fetch-site", "cross-site"),
    FIELD("content-type", "text/plain;charset=UTF-8"),
};
enum { HEAD_FIELDS = sizeof(HEAD) / sizeof(HEAD[0]) };

static bool send_http2(struct client *client, int64_t started_ns)
{
    struct http2 *http2 = client->protocol;
    struct stream *stream = http2->free;
    struct view body = payload_body(payload_next(&client->shared->payload));
    char length[24];
    nghttp2_nv fields[HEAD_FIELDS + 1];
    memcpy(fields, HEAD, sizeof(HEAD));
    fields[HEAD_FIELDS] = (nghttp2_nv){
        (uint8_t *)(uintptr_t) "content-length", (uint8_t *)length, 14,
        (size_t)snprintf(length, sizeof(length), "%zu", body.len), NGHTTP2_NV_FLAG_NO_COPY_NAME};
    http2->free = stream->next_free;
    stream->started_ns = started_ns;
    stream->status = 0;
    stream->sent = 0;
    buf_clear(&stream->body);
    nghttp2_data_provider source = {.source.ptr = stream, .read_callback = read_body};
    return buf_append_view(&stream->body, body) == STATUS_OK &&
           nghttp2_submit_request(http2->session, NULL, fields, HEAD_FIELDS + 1, &source, stream) >=
               0;
}

static bool receive_http2(struct client *client, struct view bytes)
{
    struct http2 *http2 = client->protocol;
    return nghttp2_session_mem_recv(http2->session, (const uint8_t *)bytes.at, bytes.len) ==
           (ssize_t)bytes.len;
}

static bool flush_http2(struct client *client)
{
    struct http2 *http2 = client->protocol;
    const uint8_t *frame;
    ssize_t len = 1;
    while (len > 0 && client->unsent.len == 0) {
        buf_clear(&http2->output);
        while (http2->output.len < OUTPUT_BYTES_MAX &&
               (len = nghttp2_session_mem_send(http2->session, &frame)) > 0) {
            buf_append(&http2->output, frame, (size_t)len);
        }
        if (buf_status(&http2->output) != STATUS_OK ||
            !client_write(client, buf_view(&http2->output))) {
            return false;
        }
    }
    return len >= 0 && (nghttp2_session_want_read(http2->session) ||
                        nghttp2_session_want_write(http2->session));
}

const struct client_protocol client_http2 = {
    .open = open_http2,
    .close = close_http2,
    .send = send_http2,
    .receive = receive_http2,
    .flush = flush_http2,
};
