#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALLEST_ROOM_BYTES = 256, WIPED_BYTES_MAX = 1 << 20 };

void buf_init(struct buf *buf, size_t ceiling_bytes)
{
    *buf = (struct buf){.ceiling = ceiling_bytes};
}

void buf_init_within(struct buf *buf, size_t ceiling_bytes, struct buf_budget *budget)
{
    *buf = (struct buf){.ceiling = ceiling_bytes, .budget = budget};
}

void buf_init_over(struct buf *buf, char *at, size_t bytes)
{
    *buf = (struct buf){.at = at, .room = bytes, .ceiling = bytes};
}

/* What came from clients stays in no memory that was given back. What is larger than this is not
 * theirs, or is overwritten by who knows it. */
static bool is_wiped(const struct buf *buf)
{
    return buf->room <= WIPED_BYTES_MAX;
}

void buf_free(struct buf *buf)
{
    if (buf->at && is_wiped(buf)) {
        explicit_bzero(buf->at, buf->room);
    }
    free(buf->at);
    if (buf->budget) {
        buf->budget->held -= buf->room;
    }
    *buf = (struct buf){.ceiling = buf->ceiling, .budget = buf->budget, .granted = buf->granted};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->status = STATUS_OK;
}

void buf_wipe(struct buf *buf)
{
    if (buf->at) {
        explicit_bzero(buf->at, buf->room);
    }
    buf_clear(buf);
}

enum status buf_status(const struct buf *buf)
{
    return buf->status;
}

struct view buf_view(const struct buf *buf)
{
    return view_make(buf->at, buf->len);
}

static char *fail(struct buf *buf, enum status status)
{
    if (buf->status == STATUS_OK) {
        buf->status = status;
    }
    return NULL;
}

static size_t grown_room(const struct buf *buf, size_t wanted)
{
    size_t room = buf->room < SMALLEST_ROOM_BYTES ? SMALLEST_ROOM_BYTES : buf->room;
    while (room < wanted) {
        room = room > buf->ceiling / 2 ? buf->ceiling : room * 2;
    }
    return room < buf->ceiling ? room : buf->ceiling;
}

/* Nothing is left behind where it stood before. */
static char *move(struct buf *buf, size_t room)
{
    char *at = malloc(room);
    if (at && buf->at) {
        memcpy(at, buf->at, buf->len);
        explicit_bzero(buf->at, buf->room);
        free(buf->at);
    }
    return at;
}

static bool grow(struct buf *buf, size_t room)
{
    struct buf_budget *budget = buf->budget;
    size_t more = room - buf->room;
    if (budget && room > buf->granted &&
        (budget->held > budget->ceiling || more > budget->ceiling - budget->held)) {
        return false;
    }
    char *at = budget || is_wiped(buf) ? move(buf, room) : realloc(buf->at, room);
    if (at) {
        buf->at = at;
        buf->room = room;
    }
    if (at && budget) {
        budget->held += more;
    }
    return at != NULL;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if (buf->status != STATUS_OK) {
        return NULL;
    }
    if (len > buf->ceiling - buf->len) {
        return fail(buf, STATUS_TOO_BIG);
    }
    if (len > buf->room - buf->len && !grow(buf, grown_room(buf, buf->len + len))) {
        return fail(buf, STATUS_NO_MEMORY);
    }
    return buf->at + buf->len;
}

void buf_used(struct buf *buf, size_t len)
{
    buf->len += len;
}

enum status buf_append_slowly(struct buf *buf, const void *bytes, size_t len)
{
    char *place = len > 0 ? buf_reserve(buf, len) : NULL;
    if (place) {
        memcpy(place, bytes, len);
        buf->len += len;
    }
    return buf->status;
}

enum status buf_append_uint64(struct buf *buf, uint64_t value)
{
    char text[VIEW_INT64_BYTES];
    return buf_append_view(buf, view_of_uint64(value, text));
}

enum status buf_append_int64(struct buf *buf, int64_t value)
{
    char text[VIEW_INT64_BYTES];
    return buf_append_view(buf, view_of_int64(value, text));
}

enum status buf_append_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* One more than the text: vsnprintf writes a zero byte behind it. */
    char *place = len >= 0 ? buf_reserve(buf, (size_t)len + 1) : fail(buf, STATUS_TOO_BIG);
    if (place) {
        vsnprintf(place, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    return buf->status;
}

void buf_truncate(struct buf *buf, size_t len)
{
    if (len < buf->len) {
        buf->len = len;
    }
}

void buf_consume(struct buf *buf, size_t len)
{
    if (len >= buf->len) {
        buf->len = 0;
        return;
    }
    memmove(buf->at, buf->at + len, buf->len - len);
    buf->len -= len;
}
