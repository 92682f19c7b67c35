#include "base/json.h"

#include "base/json_node.h"

struct scan {
    const char *text;
    const char *end;
    struct json_node *nodes;
    uint32_t count;
    uint32_t room;
    uint32_t parent; /* the open container, JSON_NO_VALUE outside of all */
    uint32_t last;   /* its latest element or key */
    uint32_t depth;
    uint32_t depth_max;
    uint32_t lone_surrogates;
    bool in_object;
    bool has_space;
    enum status status;
    struct arena *arena;
    struct fault *fault;
};

static uint32_t offset_of(const struct scan *s, const char *p)
{
    return (uint32_t)(p - s->text);
}

__attribute__((cold, noinline)) static const char *refuse(struct scan *s, const char *p,
                                                          const char *what)
{
    s->status =
        fault_set(s->fault, STATUS_BAD_INPUT, "not JSON: %s at byte %u", what, offset_of(s, p));
    return NULL;
}

__attribute__((noinline)) static bool grow(struct scan *s)
{
    /* A node stands for one byte of text at least, so that this cannot overflow. */
    uint32_t room = s->room * 2;
    struct json_node *nodes = arena_alloc(s->arena, room * sizeof(*nodes));
    if (!nodes) {
        s->status = fault_set(s->fault, STATUS_NO_MEMORY, "no memory for %u JSON values", room);
        return false;
    }
    memcpy(nodes, s->nodes, s->count * sizeof(*nodes));
    s->nodes = nodes;
    s->room = room;
    return true;
}

static inline struct json_node *add_node(struct scan *s, const char *p, enum json_kind kind)
{
    if (s->count == s->room && !grow(s)) {
        return NULL;
    }
    struct json_node *node = &s->nodes[s->count++];
    *node = (struct json_node){offset_of(s, p), 0, JSON_NO_VALUE, (uint8_t)kind, 0};
    return node;
}

__attribute__((noinline)) static const char *skip_run(struct scan *s, const char *p)
{
    const char *start = p;
    while (p < s->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        ++p;
    }
    s->has_space |= p > start;
    return p;
}

static inline const char *skip_space(struct scan *s, const char *p)
{
    return p < s->end && (unsigned char)*p <= ' ' ? skip_run(s, p) : p;
}

static inline bool stands(const struct scan *s, const char *p, char byte)
{
    return p < s->end && *p == byte;
}

static const char *scan_unit(struct scan *s, const char *p, unsigned *flags)
{
    int unit = json_unit(p, s->end);
    if (unit < 0) {
        return refuse(s, p, "expected four hex digits behind \\u");
    }
    if (json_is_high(unit) && json_is_low(json_unit(p + 6, s->end))) {
        return p + 12;
    }
    if (json_is_high(unit) || json_is_low(unit)) {
        *flags |= JSON_NODE_HAS_LONE_SURROGATE;
        ++s->lone_surrogates;
    }
    return p + 6;
}

static const char *scan_escape(struct scan *s, const char *p, unsigned *flags)
{
    *flags |= JSON_NODE_HAS_ESCAPE;
    switch (p + 1 < s->end ? p[1] : 0) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        return scan_unit(s, p, flags);
    default:
        return refuse(s, p, "unknown escape in a string");
    }
}

static const char *scan_utf8(struct scan *s, const char *p)
{
    while (p < s->end && (unsigned char)*p >= 0x80) {
        size_t len = json_utf8_len(p, s->end);
        if (len == 0) {
            return refuse(s, p, "invalid UTF-8");
        }
        p += len;
    }
    return p;
}

/* From the first byte that is not plain. */
__attribute__((noinline)) static const char *scan_rest(struct scan *s, const char *p,
                                                       unsigned *flags)
{
    while (p < s->end && *p != '"') {
        if (*p == '\\') {
            p = scan_escape(s, p, flags);
        } else if ((unsigned char)*p >= 0x80) {
            p = scan_utf8(s, p);
        } else {
            p = refuse(s, p, "control character in a string");
        }
        if (!p) {
            return NULL;
        }
        p = json_plain_end(p, s->end);
    }
    return p < s->end ? p + 1 : refuse(s, p, "expected '\"'");
}

/* p stands on the opening quote. */
static inline const char *scan_string(struct scan *s, const char *p, struct json_node *node)
{
    p = json_plain_end(p + 1, s->end);
    if (__builtin_expect(stands(s, p, '"'), 1)) {
        ++p;
    } else {
        unsigned flags = 0;
        p = scan_rest(s, p, &flags);
        node->flags = (uint8_t)(node->flags | flags);
    }
    node->end = p ? offset_of(s, p) : 0;
    return p;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* NULL when there is no digit. */
static inline const char *skip_digits(struct scan *s, const char *p)
{
    const char *start = p;
    while (p < s->end && is_digit(*p)) {
        ++p;
    }
    return p > start ? p : refuse(s, p, "expected a digit");
}

static const char *scan_exponent(struct scan *s, const char *p)
{
    p += stands(s, p, '+') || stands(s, p, '-');
    return skip_digits(s, p);
}

static inline const char *scan_number(struct scan *s, const char *p, struct json_node *node)
{
    p += *p == '-';
    p = stands(s, p, '0') ? p + 1 : skip_digits(s, p);
    if (p && stands(s, p, '.')) {
        p = skip_digits(s, p + 1);
    }
    if (p && (stands(s, p, 'e') || stands(s, p, 'E'))) {
        p = scan_exponent(s, p + 1);
    }
    node->end = p ? offset_of(s, p) : 0;
    return p;
}

static inline const char *scan_word(struct scan *s, const char *p, const char *word, size_t len)
{
    if ((size_t)(s->end - p) < len || memcmp(p, word, len) != 0) {
        return refuse(s, p, "expected a value");
    }
    s->nodes[s->count - 1].end = offset_of(s, p + len);
    return p + len;
}

/* Opens the container at p. An empty one is closed at once: s->parent stays as it was. */
static inline const char *open_container(struct scan *s, const char *p, enum json_kind kind)
{
    struct json_node *node = add_node(s, p, kind);
    if (!node) {
        return NULL;
    }
    if (s->depth == s->depth_max) {
        s->status = fault_set(s->fault, STATUS_TOO_BIG, "JSON deeper than %u levels at byte %u",
                              s->depth_max, offset_of(s, p));
        return NULL;
    }
    p = skip_space(s, p + 1);
    if (stands(s, p, kind == JSON_OBJECT ? '}' : ']')) {
        node->end = offset_of(s, p + 1);
        return p + 1;
    }
    if (s->parent != JSON_NO_VALUE) {
        s->nodes[s->parent].end = s->last;
    }
    node->next = s->parent;
    s->parent = s->count - 1;
    s->in_object = kind == JSON_OBJECT;
    ++s->depth;
    return p;
}

static inline const char *close_container(struct scan *s, const char *p)
{
    struct json_node *node = &s->nodes[s->parent];
    s->parent = node->next;
    node->next = JSON_NO_VALUE;
    node->end = offset_of(s, p + 1);
    --s->depth;
    if (s->parent != JSON_NO_VALUE) {
        s->last = s->nodes[s->parent].end;
        s->in_object = s->nodes[s->parent].kind == JSON_OBJECT;
    }
    return p + 1;
}

/* A key and its colon. */
static inline const char *scan_key(struct scan *s, const char *p)
{
    if (!stands(s, p, '"')) {
        return refuse(s, p, "expected a key");
    }
    s->last = s->count;
    struct json_node *node = add_node(s, p, JSON_STRING);
    if (!node) {
        return NULL;
    }
    node->flags = JSON_NODE_IS_KEY;
    p = scan_string(s, p, node);
    if (!p) {
        return NULL;
    }
    p = skip_space(s, p);
    return stands(s, p, ':') ? skip_space(s, p + 1) : refuse(s, p, "expected ':'");
}

static inline const char *scan_value(struct scan *s, const char *p)
{
    struct json_node *node = NULL;
    switch (p < s->end ? *p : 0) {
    case '"':
        node = add_node(s, p, JSON_STRING);
        return node ? scan_string(s, p, node) : NULL;
    case '{':
        return open_container(s, p, JSON_OBJECT);
    case '[':
        return open_container(s, p, JSON_ARRAY);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        node = add_node(s, p, JSON_NUMBER);
        return node ? scan_number(s, p, node) : NULL;
    case 't':
        return add_node(s, p, JSON_TRUE) ? scan_word(s, p, "true", 4) : NULL;
    case 'f':
        return add_node(s, p, JSON_FALSE) ? scan_word(s, p, "false", 5) : NULL;
    case 'n':
        return add_node(s, p, JSON_NULL) ? scan_word(s, p, "null", 4) : NULL;
    default:
        return refuse(s, p, "expected a value");
    }
}

/* Behind a value: closes what ends here and passes the comma. */
static inline const char *scan_behind(struct scan *s, const char *p)
{
    while (s->parent != JSON_NO_VALUE) {
        p = skip_space(s, p);
        if (stands(s, p, ',')) {
            s->nodes[s->last].next = s->count;
            return skip_space(s, p + 1);
        }
        if (!stands(s, p, s->in_object ? '}' : ']')) {
            return refuse(s, p, s->in_object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        p = close_container(s, p);
    }
    return p;
}

static const char *scan_root(struct scan *s, const char *p)
{
    do {
        if (s->in_object) {
            p = scan_key(s, p);
            if (!p) {
                return NULL;
            }
        } else {
            s->last = s->count;
        }
        uint32_t parent = s->parent;
        p = scan_value(s, p);
        if (p && s->parent == parent) {
            p = scan_behind(s, p);
        }
    } while (p && s->parent != JSON_NO_VALUE);
    return p;
}

static bool scan_text(struct scan *s)
{
    const char *p = scan_root(s, skip_space(s, s->text));
    if (!p) {
        return false;
    }
    p = skip_space(s, p);
    if (p < s->end) {
        refuse(s, p, "expected the end");
        return false;
    }
    return true;
}

enum status json_parse(struct json *doc, struct view text, struct arena *arena,
                       const struct json_limits *limits, struct fault *fault)
{
    *doc = (struct json){0};
    if (text.len > JSON_BYTES_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "JSON of %zu bytes, at most %d are read", text.len,
                         JSON_BYTES_MAX);
    }
    const char *at = text.len > 0 ? text.at : "";
    struct scan s = {
        .text = at,
        .end = at + text.len,
        .room = (uint32_t)(text.len / 8 + 8),
        .parent = JSON_NO_VALUE,
        .depth_max = limits ? limits->depth : JSON_DEPTH_DEFAULT,
        .arena = arena,
        .fault = fault,
    };
    s.nodes = arena_alloc(arena, s.room * sizeof(*s.nodes));
    if (!s.nodes) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %u JSON values", s.room);
    }
    if (!scan_text(&s)) {
        return s.status;
    }
    *doc = (struct json){
        .text = view_make(at, text.len),
        .nodes = s.nodes,
        .node_count = s.count,
        .lone_surrogates = s.lone_surrogates,
        .has_space = s.has_space,
    };
    return STATUS_OK;
}

json_value json_first(const struct json *doc, json_value container)
{
    enum json_kind kind = json_kind(doc, container);
    if ((kind != JSON_ARRAY && kind != JSON_OBJECT) || !json_has(doc, container + 1)) {
        return JSON_NO_VALUE;
    }
    bool is_inside = doc->nodes[container + 1].start < doc->nodes[container].end;
    return is_inside ? container + 1 : JSON_NO_VALUE;
}

static bool is_called(const struct json *doc, json_value key, struct view name)
{
    const struct json_node *node = &doc->nodes[key];
    bool may_be =
        node->end - node->start == name.len + 2 || (node->flags & JSON_NODE_HAS_ESCAPE) != 0;
    return may_be && json_text_is(doc, key, name);
}

void json_members(const struct json *doc, json_value object, const struct view *names, size_t count,
                  json_value *values)
{
    for (size_t i = 0; i < count; ++i) {
        values[i] = JSON_NO_VALUE;
    }
    if (json_kind(doc, object) != JSON_OBJECT) {
        return;
    }
    for (json_value key = json_first(doc, object); key != JSON_NO_VALUE;
         key = json_next(doc, key)) {
        for (size_t i = 0; i < count; ++i) {
            if (is_called(doc, key, names[i])) {
                values[i] = key + 1;
            }
        }
    }
}

json_value json_member(const struct json *doc, json_value object, const char *name)
{
    struct view view = view_from_text(name);
    json_value found;
    json_members(doc, object, &view, 1, &found);
    return found;
}
