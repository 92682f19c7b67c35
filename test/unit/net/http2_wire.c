#include "http2_wire.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NARROW_BYTES = 4096, HEAD_BYTES = 9 };

static uint32_t number_at(const uint8_t *at, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

static void put_number(char *at, size_t bytes, uint32_t value)
{
    while (bytes > 0) {
        at[--bytes] = (char)(value & 0xff);
        value >>= 8;
    }
}

static struct wire *dial(uint16_t port, int buffer_bytes)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct wire *w = calloc(1, sizeof(*w));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_non_null(w);
    w->goaway_error = WIRE_NO_GOAWAY;
    assert_int_equal(nghttp2_hd_inflate_new(&w->inflater), 0);
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (buffer_bytes > 0) {
        setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes));
    }
    assert_int_equal(connect(w->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return w;
}

struct wire *wire_dial(uint16_t port)
{
    return dial(port, 0);
}

struct wire *wire_dial_narrow(uint16_t port)
{
    return dial(port, NARROW_BYTES);
}

void wire_preface(struct wire *w)
{
    assert_true(wire_send(w, VIEW_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")));
    assert_true(wire_frame(w, NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL("")));
}

struct wire *wire_open(uint16_t port)
{
    struct wire *w = wire_dial(port);
    wire_preface(w);
    return w;
}

struct wire *wire_open_agreed(uint16_t port)
{
    struct wire *w = wire_open(port);
    while (w->settings == 0) {
        assert_true(wire_hear(w));
    }
    assert_true(wire_frame(w, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, VIEW_LITERAL("")));
    return w;
}

struct wire *wire_open_wide(uint16_t port)
{
    struct wire *w = wire_open_agreed(port);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff});
    wire_window_update(w, 0, 0x7fffffff - 65535);
    return w;
}

void wire_close(struct wire *w)
{
    nghttp2_hd_inflate_del(w->inflater);
    close(w->fd);
    free(w);
}

bool wire_send(struct wire *w, struct view bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(w->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n < 0) {
            return false;
        }
        bytes = view_part(bytes, (size_t)n, bytes.len);
    }
    return true;
}

static void put_head(char *head, const nghttp2_frame_hd *hd)
{
    put_number(head, 3, (uint32_t)hd->length);
    head[3] = (char)hd->type;
    head[4] = (char)hd->flags;
    put_number(head + 5, 4, (uint32_t)hd->stream_id);
}

/* In one piece, so that no frame waits for the acknowledgement of the one before it. */
bool wire_frame(struct wire *w, uint8_t type, uint8_t flags, uint32_t stream, struct view payload)
{
    nghttp2_frame_hd hd = {payload.len, (int32_t)stream, type, flags, 0};
    char *bytes = malloc(HEAD_BYTES + payload.len);
    assert_non_null(bytes);
    w->sent += type == NGHTTP2_DATA ? payload.len : 0;
    put_head(bytes, &hd);
    if (payload.len > 0) {
        memcpy(bytes + HEAD_BYTES, payload.at, payload.len);
    }
    bool is_sent = wire_send(w, view_make(bytes, HEAD_BYTES + payload.len));
    free(bytes);
    return is_sent;
}

bool wire_frame_of_length(struct wire *w, uint8_t type, uint32_t length, struct view payload)
{
    nghttp2_frame_hd hd = {length, 1, type, 0, 0};
    char head[HEAD_BYTES];
    put_head(head, &hd);
    return wire_send(w, view_make(head, sizeof(head))) && wire_send(w, payload);
}

bool wire_settings(struct wire *w, struct wire_settings one)
{
    char payload[6];
    put_number(payload, 2, one.id);
    put_number(payload + 2, 4, one.value);
    return wire_frame(w, NGHTTP2_SETTINGS, 0, 0, view_make(payload, sizeof(payload)));
}

bool wire_window_update(struct wire *w, uint32_t stream, uint32_t increment)
{
    char payload[4];
    put_number(payload, 4, increment);
    return wire_frame(w, NGHTTP2_WINDOW_UPDATE, 0, stream, view_make(payload, sizeof(payload)));
}

bool wire_reset(struct wire *w, uint32_t stream)
{
    return wire_frame(w, NGHTTP2_RST_STREAM, 0, stream, VIEW_LITERAL("\0\0\0\x8"));
}

/* RFC 7541, 5.1 and 5.2: an integer with a prefix of seven bits, then the bytes. */
static size_t put_text(char *at, struct view text)
{
    size_t len = 0;
    size_t rest = text.len;
    at[len++] = (char)(rest < 127 ? rest : 127);
    if (rest >= 127) {
        for (rest -= 127; rest >= 128; rest /= 128) {
            at[len++] = (char)(rest % 128 + 128);
        }
        at[len++] = (char)rest;
    }
    if (text.len > 0) {
        memcpy(at + len, text.at, text.len);
    }
    return len + text.len;
}

struct view wire_block(struct wire *w, const char *lines)
{
    struct view rest = view_from_text(lines);
    size_t len = 0;
    while (rest.len > 0) {
        struct view line = view_cut(&rest, '\n');
        size_t colon = 1 + view_find(view_part(line, 1, line.len), ':');
        assert_true(len + line.len + 8 <= sizeof(w->block));
        w->block[len++] = 0; /* RFC 7541, 6.2.2: a literal without indexing, with a new name */
        len += put_text(w->block + len, view_part(line, 0, colon));
        len += put_text(w->block + len, view_part(line, colon + 2, line.len));
    }
    return view_make(w->block, len);
}

bool wire_head(struct wire *w, uint32_t stream, uint8_t flags, const char *lines)
{
    return wire_frame(w, NGHTTP2_HEADERS, flags | NGHTTP2_FLAG_END_HEADERS, stream,
                      wire_block(w, lines));
}

static bool send_request(struct wire *w, uint32_t stream, const char *method, const char *path)
{
    char lines[512];
    uint8_t flags = strcmp(method, "POST") == 0 ? 0 : NGHTTP2_FLAG_END_STREAM;
    snprintf(lines, sizeof(lines), ":method: %s\n:scheme: http\n:authority: a\n:path: %s\n", method,
             path);
    return wire_head(w, stream, flags, lines);
}

bool wire_get(struct wire *w, uint32_t stream, const char *path)
{
    return send_request(w, stream, "GET", path);
}

bool wire_post(struct wire *w, uint32_t stream, const char *path)
{
    return send_request(w, stream, "POST", path);
}

/* False when the connection ends first; a reset is an end, too. */
static bool receive(struct wire *w, uint8_t *at, size_t len)
{
    while (len > 0) {
        struct pollfd poll_fd = {.fd = w->fd, .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, WIRE_PATIENCE_MS), 1);
        ssize_t n = recv(w->fd, at, len, 0);
        if (n <= 0) {
            return false;
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

struct wire_stream *wire_stream(struct wire *w, uint32_t stream)
{
    assert_true(stream % 2 == 1 && stream / 2 < WIRE_STREAMS);
    return &w->stream[stream / 2];
}

static void note_header(struct wire_stream *s, const nghttp2_nv *header)
{
    struct view name = view_make((const char *)header->name, header->namelen);
    struct view value = view_make((const char *)header->value, header->valuelen);
    uint64_t number = 0;
    if (view_is(name, ":status")) {
        assert_true(view_to_uint64(value, &number));
        s->status = (unsigned)number;
        s->first_status = s->first_status ? s->first_status : s->status;
    } else if (view_is(name, "content-length")) {
        assert_true(view_to_uint64(value, &number));
        s->length = number;
    }
}

static void note_head(struct wire *w, uint32_t stream, struct view block)
{
    const uint8_t *at = (const uint8_t *)block.at;
    size_t left = block.len;
    int flags = 0;
    while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
        nghttp2_nv header;
        ssize_t n = nghttp2_hd_inflate_hd2(w->inflater, &header, &flags, at, left, 1);
        assert_true(n >= 0);
        at += n;
        left -= (size_t)n;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            note_header(wire_stream(w, stream), &header);
        }
    }
    nghttp2_hd_inflate_end_headers(w->inflater);
}

static void note_data(struct wire_stream *s, struct view data)
{
    size_t kept = s->body_bytes < WIRE_BODY_BYTES ? s->body_bytes : WIRE_BODY_BYTES - 1;
    struct view part = view_part(data, 0, WIRE_BODY_BYTES - 1 - kept);
    memcpy(s->body + kept, part.at, part.len);
    s->body_bytes += data.len;
    s->data_frames++;
}

static void note_settings(struct wire *w, uint8_t flags, struct view payload)
{
    w->settings += (flags & NGHTTP2_FLAG_ACK) == 0;
    w->settings_acks += (flags & NGHTTP2_FLAG_ACK) != 0;
    for (size_t i = 0; i + 6 <= payload.len; i += 6) {
        const uint8_t *at = (const uint8_t *)payload.at + i;
        uint32_t id = number_at(at, 2);
        assert_true(id < sizeof(w->setting) / sizeof(w->setting[0]));
        w->setting[id] = number_at(at + 2, 4);
    }
}

static void note_connection_frame(struct wire *w, uint8_t type, uint8_t flags, struct view payload)
{
    const uint8_t *at = (const uint8_t *)payload.at;
    if (type == NGHTTP2_SETTINGS) {
        note_settings(w, flags, payload);
    } else if (type == NGHTTP2_PING) {
        assert_int_equal(flags, NGHTTP2_FLAG_ACK);
        memcpy(w->pong, payload.at, sizeof(w->pong));
        w->pongs++;
    } else if (type == NGHTTP2_WINDOW_UPDATE) {
        w->window += number_at(at, 4);
    } else {
        assert_int_equal(type, NGHTTP2_GOAWAY);
        w->last_stream = number_at(at, 4);
        w->goaway_error = number_at(at + 4, 4);
        w->goaways++;
    }
}

static void note_stream_frame(struct wire *w, uint8_t type, uint32_t stream, struct view payload)
{
    struct wire_stream *s = wire_stream(w, stream);
    const uint8_t *at = (const uint8_t *)payload.at;
    if (type == NGHTTP2_HEADERS) {
        note_head(w, stream, payload);
    } else if (type == NGHTTP2_DATA) {
        note_data(s, payload);
    } else if (type == NGHTTP2_WINDOW_UPDATE) {
        s->window += number_at(at, 4);
    } else {
        assert_int_equal(type, NGHTTP2_RST_STREAM);
        s->is_reset = true;
        s->error = number_at(at, 4);
    }
}

bool wire_hear(struct wire *w)
{
    uint8_t *at = w->frame;
    if (!receive(w, at, HEAD_BYTES)) {
        return false;
    }
    size_t len = number_at(at, 3);
    uint8_t type = at[3];
    uint8_t flags = at[4];
    uint32_t stream = number_at(at + 5, 4);
    assert_true(len <= WIRE_FRAME_BYTES - HEAD_BYTES);
    if (!receive(w, at + HEAD_BYTES, len)) {
        return false;
    }
    struct view payload = view_make((const char *)at + HEAD_BYTES, len);
    w->first_type = w->frames++ == 0 ? type : w->first_type;
    if (stream == 0) {
        note_connection_frame(w, type, flags, payload);
        return true;
    }
    note_stream_frame(w, type, stream, payload);
    bool is_part = type == NGHTTP2_HEADERS || type == NGHTTP2_DATA;
    if (is_part && (flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        assert_false(wire_stream(w, stream)->has_ended);
        wire_stream(w, stream)->has_ended = true;
    }
    return true;
}

void wire_hear_all(struct wire *w)
{
    struct pollfd poll_fd = {.fd = w->fd, .events = POLLIN};
    while (poll(&poll_fd, 1, 0) == 1 && wire_hear(w)) {
    }
}

const struct wire_stream *wire_answer(struct wire *w, uint32_t stream)
{
    const struct wire_stream *s = wire_stream(w, stream);
    while (!s->has_ended && !s->is_reset) {
        assert_true(wire_hear(w));
    }
    return s;
}

bool wire_sync(struct wire *w)
{
    size_t before = w->pongs;
    if (!wire_frame(w, NGHTTP2_PING, 0, 0, VIEW_LITERAL("wiresync"))) {
        return false;
    }
    while (w->pongs == before || memcmp(w->pong, "wiresync", sizeof(w->pong)) != 0) {
        if (!wire_hear(w)) {
            return false;
        }
    }
    return true;
}

uint32_t wire_end(struct wire *w)
{
    while (wire_hear(w)) {
    }
    return w->goaway_error;
}
