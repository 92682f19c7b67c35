/* Hostile bytes on a connection of HTTP/2. The first byte says whether preface and SETTINGS come
 * before them, in how many pieces they come, and how it ends. */
#include "net_rig.h"
#include "net/http2.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    HAS_PREFACE = 1,
    PIECES_SHIFT = 1,
    PIECES_MASK = 3,
    STOPS = 8,
    WAITS_LONG = 16,
    ENDS = 32,
    HEAD_BYTES = 9,
    FRAME_BYTES_MAX = 16384,
    BODIES_MAX = 4,
};

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_account(const struct net_rig *rig)
{
    const struct connection *c = net_rig_connection(rig);
    if (!c || !c->http2) {
        return;
    }
    size_t held_bytes = 0;
    size_t count = 0;
    for (const struct exchange *x = c->http2->streams; x; x = x->next) {
        held_bytes += x->received_bytes;
        count++;
        check(x->connection == c && x->body.len <= rig->loop->limits.body_bytes);
    }
    check(held_bytes == c->http2->held_bytes && count == c->http2->stream_count);
    check(held_bytes <= BODIES_MAX * (rig->loop->limits.body_bytes + READ_BYTES));
}

/* What the server said is whole frames that begin with its SETTINGS. */
static void check_frames(struct view heard)
{
    bool is_first = true;
    while (heard.len > 0) {
        const uint8_t *head = (const uint8_t *)heard.at;
        check(heard.len >= HEAD_BYTES);
        size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        check(len <= FRAME_BYTES_MAX && heard.len >= HEAD_BYTES + len);
        check(head[3] <= NGHTTP2_CONTINUATION && head[3] != NGHTTP2_PRIORITY);
        check(!is_first || head[3] == NGHTTP2_SETTINGS);
        is_first = false;
        heard = view_part(heard, HEAD_BYTES + len, heard.len);
    }
}

static void feed(struct net_rig *rig, struct view bytes, size_t pieces)
{
    size_t piece = bytes.len / pieces + 1;
    while (bytes.len > 0) {
        net_rig_feed(rig, view_part(bytes, 0, piece));
        check_account(rig);
        bytes = view_part(bytes, piece, bytes.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct net_rig *rig;
    if (!rig) {
        rig = net_rig_create(false);
    }
    if (size == 0) {
        return 0;
    }
    uint8_t way = data[0];
    net_rig_open(rig);
    if ((way & HAS_PREFACE) != 0) {
        net_rig_feed(rig, VIEW_LITERAL(NGHTTP2_CLIENT_MAGIC "\0\0\0\4\0\0\0\0\0"));
    }
    feed(rig, view_make((const char *)data + 1, size - 1), 1 + (way >> PIECES_SHIFT & PIECES_MASK));
    if ((way & STOPS) != 0 && net_rig_connection(rig)) {
        connection_on_stop(net_rig_connection(rig));
        net_rig_turn(rig);
    }
    if ((way & WAITS_LONG) != 0) {
        net_rig_wait_long(rig);
    }
    if ((way & ENDS) != 0) {
        net_rig_end(rig);
    }
    check_account(rig);
    if ((way & HAS_PREFACE) != 0) {
        check_frames(buf_view(&rig->heard));
    }
    net_rig_close(rig);
    return 0;
}
