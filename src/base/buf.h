/*
 * buf.h - a growing run of bytes with a ceiling given at birth.
 *
 * An append either goes in whole or leaves the buffer as it was, returns a status, and marks the
 * buffer failed: a formatter may append many times and ask once at the end with buf_status().
 *
 *     struct buf row;
 *     buf_init(&row, 64 * 1024);
 *     buf_append_text(&row, "{\"type\":");
 *     if (buf_status(&row) != STATUS_OK) { ... }
 *     buf_free(&row);
 */
#ifndef PIPES_BASE_BUF_H
#define PIPES_BASE_BUF_H

#include "base/status.h"
#include "base/view.h"

/* Memory that many buffers of one thread share: together they stay below the ceiling, but for what
 * some of them are granted. */
struct buf_budget {
    size_t held;
    size_t ceiling;
};
enum { BUF_SMALL_BYTES = 4096 };

struct buf {
    char *at; /* NULL until the first append */
    size_t len;
    size_t room;               /* bytes allocated */
    size_t ceiling;            /* bytes it may ever hold */
    enum status status;        /* first failure since init or clear */
    struct buf_budget *budget; /* borrowed; NULL: none */
    size_t granted;            /* bytes it gets even when the budget is used up; 0 at first */
};

void buf_init(struct buf *buf, size_t ceiling_bytes);
/* The same with a budget. Over it, appends fail with STATUS_NO_MEMORY. */
void buf_init_within(struct buf *buf, size_t ceiling_bytes, struct buf_budget *budget);
/* Over memory of the caller's, which is all it may ever hold; never to be freed by buf_free(). */
void buf_init_over(struct buf *buf, char *at, size_t bytes);
/* Accepts a zeroed buffer and one already freed. */
void buf_free(struct buf *buf);
/* Empty again, failure forgotten, memory kept. */
void buf_clear(struct buf *buf);
/* The same, and all of its memory is overwritten. */
void buf_wipe(struct buf *buf);

/* STATUS_OK, or why the first failed append failed: STATUS_TOO_BIG or STATUS_NO_MEMORY. */
enum status buf_status(const struct buf *buf) MUST_CHECK;
/* The bytes so far; valid until the next change. */
struct view buf_view(const struct buf *buf);

/* Of buf_append(), where there is no room yet, or a failure. */
enum status buf_append_slowly(struct buf *buf, const void *bytes, size_t len);

/* Copies. The result may be left unread: buf_status() keeps it. Inline, for a row is made of a
 * hundred of these. */
static inline enum status buf_append(struct buf *buf, const void *bytes, size_t len)
{
    if (len == 0 || len > buf->room - buf->len || buf->status != STATUS_OK) {
        return buf_append_slowly(buf, bytes, len);
    }
    memcpy(buf->at + buf->len, bytes, len);
    buf->len += len;
    return STATUS_OK;
}

static inline enum status buf_append_view(struct buf *buf, struct view v)
{
    return buf_append(buf, v.at, v.len);
}

static inline enum status buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

static inline enum status buf_append_byte(struct buf *buf, char byte)
{
    return buf_append(buf, &byte, 1);
}

enum status buf_append_int64(struct buf *buf, int64_t value);
enum status buf_append_uint64(struct buf *buf, uint64_t value);
enum status buf_append_format(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes room for len more bytes and lends their place; buf_used() then says how many were
 * written. NULL when over the ceiling or out of memory (and the buffer is marked failed). */
char *buf_reserve(struct buf *buf, size_t len);
void buf_used(struct buf *buf, size_t len);
/* Cuts back to len bytes (no effect when shorter). */
void buf_truncate(struct buf *buf, size_t len);
/* Drops the first len bytes and moves the rest to the front. */
void buf_consume(struct buf *buf, size_t len);

#endif
