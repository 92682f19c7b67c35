/*
 * json.h - a validating JSON reader (RFC 8259) that keeps the bytes as they came.
 *
 * One pass checks everything (grammar, UTF-8, depth) and notes where each value starts, ends and
 * continues, in one array from the arena: no allocation per value. Values are then walked by
 * index; numbers and strings stay bytes until somebody asks for them, so that numbers of any size
 * and all of Unicode survive. Objects may repeat a key: all stay, json_member() gives the last.
 *
 *     struct json doc;
 *     if (json_parse(&doc, body, &arena, NULL, &fault) != STATUS_OK) { ... 400 ... }
 *     json_value name = json_member(&doc, JSON_ROOT, "name");
 *     if (json_kind(&doc, name) == JSON_STRING) { ... }
 */
#ifndef PIPES_BASE_JSON_H
#define PIPES_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/view.h"

enum json_kind {
    JSON_NONE, /* there is no such value */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

enum {
    JSON_DEPTH_DEFAULT = 64,            /* arrays and objects inside each other */
    JSON_BYTES_MAX = 256 * 1024 * 1024, /* positions are 32 bits wide */
};

/* Index of a value in the document. */
typedef uint32_t json_value;
#define JSON_ROOT ((json_value)0)
#define JSON_NO_VALUE ((json_value)UINT32_MAX)

enum json_node_flag {
    JSON_NODE_IS_KEY = 1,
    JSON_NODE_HAS_ESCAPE = 2,
    JSON_NODE_HAS_LONE_SURROGATE = 4,
};

/* Here only so that walking is inline; ask the functions below. A document is an array of nodes in
 * the order of the text: a container's children follow it, a key's value follows the key. */
struct json_node {
    uint32_t start; /* first byte of the value, quote included */
    uint32_t end;   /* behind its last byte; while a container is open: its latest child */
    uint32_t next;  /* next element or key; while a container is open: the one around it */
    uint8_t kind;
    uint8_t flags;
};

struct json {
    struct view text;        /* borrowed: must outlive the document */
    struct json_node *nodes; /* in the arena */
    uint32_t node_count;
    uint32_t lone_surrogates; /* \uD800-\uDFFF escapes without their other half */
    bool has_space;           /* insignificant whitespace stands somewhere */
};

struct json_limits {
    uint32_t depth;
};

/* Reads exactly one value with optional whitespace around it. limits NULL means the defaults.
 * STATUS_BAD_INPUT (the fault says what is wrong at which byte), STATUS_TOO_BIG (deeper than the
 * limit, or longer than JSON_BYTES_MAX) or STATUS_NO_MEMORY leave *doc empty. A byte order mark
 * is refused, as RFC 8259 section 8.1 allows. */
enum status json_parse(struct json *doc, struct view text, struct arena *arena,
                       const struct json_limits *limits, struct fault *fault) MUST_CHECK;

static inline bool json_has(const struct json *doc, json_value value)
{
    return value < doc->node_count;
}

static inline enum json_kind json_kind(const struct json *doc, json_value value)
{
    return json_has(doc, value) ? (enum json_kind)doc->nodes[value].kind : JSON_NONE;
}

/* Exactly the bytes that stand for the value, quotes and inner whitespace included. */
static inline struct view json_raw(const struct json *doc, json_value value)
{
    if (!json_has(doc, value)) {
        return view_make(NULL, 0);
    }
    const struct json_node *node = &doc->nodes[value];
    return view_make(doc->text.at + node->start, node->end - node->start);
}

/* First element of an array, or first *key* of an object (its value is json_key_value(key));
 * JSON_NO_VALUE when empty or neither. */
json_value json_first(const struct json *doc, json_value container);

/* The next element, or for a key the next key; JSON_NO_VALUE after the last. */
static inline json_value json_next(const struct json *doc, json_value element_or_key)
{
    return json_has(doc, element_or_key) ? doc->nodes[element_or_key].next : JSON_NO_VALUE;
}

static inline json_value json_key_value(const struct json *doc, json_value key)
{
    bool is_key = json_has(doc, key) && (doc->nodes[key].flags & JSON_NODE_IS_KEY);
    return is_key ? key + 1 : JSON_NO_VALUE;
}

/* The value of the last member of that name (escapes in keys are understood); JSON_NO_VALUE when
 * the value is no object or has none. */
json_value json_member(const struct json *doc, json_value object, const char *name);
/* The same for several names in one walk: values[i] is that of names[i]. */
void json_members(const struct json *doc, json_value object, const struct view *names, size_t count,
                  json_value *values);

/* The string's text as UTF-8 with escapes resolved: a view into the document where there was
 * none, else a copy in the arena. A lone surrogate becomes U+FFFD. STATUS_BAD_INPUT when the
 * value is no string. The result may hold zero bytes (from \u0000). */
enum status json_text(const struct json *doc, json_value value, struct arena *arena,
                      struct view *text) MUST_CHECK;
/* Whether the string's text (or the key's) is `text`. */
bool json_text_is(const struct json *doc, json_value value, struct view text);
/* A number that is whole and fits (1, 1.0 and 1e3 do; 1.5 and 1e30 do not); false otherwise. */
bool json_to_int64(const struct json *doc, json_value value, int64_t *number);
bool json_to_double(const struct json *doc, json_value value, double *number);

/* Whether the value is a string that stands in the document without an escape: its text, quoted,
 * is JSON again. */
static inline bool json_is_plain(const struct json *doc, json_value value)
{
    return json_kind(doc, value) == JSON_STRING &&
           !(doc->nodes[value].flags & JSON_NODE_HAS_ESCAPE);
}

/* Its bytes as they stand, without quotes when it is a string; as json_raw() otherwise. */
static inline struct view json_unquoted(const struct json *doc, json_value value)
{
    struct view raw = json_raw(doc, value);
    bool is_quoted = json_kind(doc, value) == JSON_STRING;
    return is_quoted ? view_make(raw.at + 1, raw.len - 2) : raw;
}

/* Whether the bytes of every value are what json_append_compact() would write. */
static inline bool json_is_compact(const struct json *doc)
{
    return !doc->has_space && doc->lone_surrogates == 0;
}

/* Appends the value without insignificant whitespace; strings and numbers byte for byte, but a
 * lone surrogate escape becomes \ufffd. */
enum status json_append_compact(struct buf *out, const struct json *doc, json_value value);
/* The same to memory that has room for as many bytes as json_raw() gives; returns what is behind
 * them. There must be such a value. */
char *json_put_compact(char *to, const struct json *doc, json_value value);
/* Appends text (UTF-8; invalid bytes become U+FFFD) as a quoted JSON string. */
enum status json_append_string(struct buf *out, struct view text);
/* How many bytes that would be; and the same to memory that has room for them. */
size_t json_string_bytes(struct view text);
char *json_put_string(char *to, struct view text);

#endif
