/*
 * http_head.h - reads the head of an HTTP/1.0 or 1.1 request, strictly (RFC 9112).
 *
 * A pure function over the bytes received so far. What another server on the way might read
 * differently is refused: bare LF or CR, folded lines, a space before the colon, two lengths.
 *
 *     struct http_head head;
 *     struct http_refusal refusal;
 *     switch (http_head_parse(&head, buf_view(&input), &refusal)) {
 *     case HTTP_NEED_MORE: ... read on and ask again with all bytes
 *     case HTTP_DONE: ... the body starts behind head.len bytes
 *     case HTTP_REFUSED: ... answer refusal.status and close
 *     }
 */
#ifndef PIPES_NET_HTTP_HEAD_H
#define PIPES_NET_HTTP_HEAD_H

#include "base/buf.h"

enum {
    HTTP_HEAD_BYTES_MAX = 16 * 1024,
    HTTP_TARGET_BYTES_MAX = 8 * 1024,
    HTTP_HEADERS_MAX = 64,
    HTTP_NAME_KEYS = 64,
};

enum http_progress { HTTP_NEED_MORE, HTTP_DONE, HTTP_REFUSED };

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER, /* a token we have no name for: see method_text */
};

/* Why a request is not taken: the status to answer and a sentence for the sender (static). */
struct http_refusal {
    unsigned status;
    const char *sentence;
};

struct http_header {
    struct view name;  /* as sent */
    struct view value; /* without blanks at both ends; may be empty, may hold bytes over 127 */
};

/* All views point into the bytes that were parsed. Headers are found by a key made of their names:
 * those that share one are a chain, in their order; its links are 1 + the place among headers. */
struct http_head {
    enum http_method method;
    struct view method_text;
    struct view path;      /* starts with '/', not decoded; "*" only for OPTIONS */
    struct view query;     /* behind the '?', empty when there is none */
    struct view authority; /* of an absolute target, else empty; is then the value of Host too */
    int minor_version;     /* 0 or 1 */
    struct http_header headers[HTTP_HEADERS_MAX]; /* as they came; added by http_head_add() */
    uint8_t next[HTTP_HEADERS_MAX];               /* link to the next of the chain, or 0 */
    size_t header_count;
    uint8_t first[HTTP_NAME_KEYS]; /* link to the first of each chain, or 0 */
    uint64_t content_length;       /* 0 when not given or chunked */
    bool has_content_length;
    bool is_chunked;
    bool keep_alive;
    bool expects_continue;
    size_t len; /* bytes of the head, the empty line included */
};

/* Fills head when done and refusal when refused; head is not to be read otherwise. */
enum http_progress http_head_parse(struct http_head *head, struct view bytes,
                                   struct http_refusal *refusal);

/* For a head that comes in another form (RFC 9113, 8.3.1). clear leaves an HTTP/1.1 request without
 * headers. The target is of origin form, or "*"; its refusal is as http_head_parse()'s. */
void http_head_clear(struct http_head *head);
void http_head_set_method(struct http_head *head, struct view text);
enum http_progress http_head_set_target(struct http_head *head, struct view target,
                                        struct http_refusal *refusal);

/* False when the head has HTTP_HEADERS_MAX of them. */
bool http_head_add(struct http_head *head, struct view name, struct view value) MUST_CHECK;

/* The same for names that are alike but for small and capital letters. Of a literal the compiler
 * knows it. */
static inline unsigned http_name_key(struct view name)
{
    if (name.len == 0) {
        return 0;
    }
    unsigned first = (unsigned char)name.at[0] | 0x20;
    unsigned last = (unsigned char)name.at[name.len - 1] | 0x20;
    return ((unsigned)name.len * 3 + first * 4 + last * 7) % HTTP_NAME_KEYS;
}

/* Of http_header_first() and http_header_next(): the first one of that name from this link on. */
const struct http_header *http_header_from(const struct http_head *head, uint8_t link,
                                           struct view name);

/* The first header of that name, letters alike; NULL when missing. */
static inline const struct http_header *http_header_first(const struct http_head *head,
                                                          const char *name)
{
    uint8_t link = head->first[http_name_key(view_from_text(name))];
    return link == 0 ? NULL : http_header_from(head, link, view_from_text(name));
}

/* The next one of that name behind this one; NULL when it was the last. */
static inline const struct http_header *
http_header_next(const struct http_head *head, const struct http_header *header, const char *name)
{
    uint8_t link = head->next[header - head->headers];
    return link == 0 ? NULL : http_header_from(head, link, view_from_text(name));
}

/* The value of the first header of that name; empty with at NULL when missing (a header without
 * value has at set). */
static inline struct view http_header(const struct http_head *head, const char *name)
{
    const struct http_header *header = http_header_first(head, name);
    return header ? header->value : view_make(NULL, 0);
}

/* For headers that are lists: several lines are one list (RFC 9110, 5.3). The value of a single
 * line as it stands, else all of them joined by commas in the empty buffer `joined`, whose status
 * tells of a lack of memory. */
struct view http_header_list(const struct http_head *head, const char *name, struct buf *joined);

/* True when one of the comma-separated members of the value is word, letters alike. */
bool http_list_has(struct view list, const char *word);

/* RFC 9110 token: at least one byte, none of them a separator. */
bool http_is_token(struct view v);

#endif
