#include "base/json.h"

#include "base/json_node.h"

/* What is seldom needed while reading. */
struct seldom {
    const char *text;
    const char *end;
    struct arena *arena;
    struct fault *fault;
    enum status status;
    uint32_t depth_max;
    uint32_t lone_surrogates;
    bool has_space;
};

/* What every value needs. Only inline functions see its address, so that it stays in registers. */
struct scan {
    const char *text;
    const char *end;
    struct json_node *nodes;
    uint32_t count;
    uint32_t room;
    uint32_t parent; /* the open container, JSON_NO_VALUE outside of all */
    uint32_t last;   /* its latest element or key */
    uint32_t depth;
    bool in_object;
    struct seldom *seldom;
};

#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t offset_of(const struct scan *s, const char *p)
{
    return (uint32_t)(p - s->text);
}

__attribute__((cold, noinline)) static const char *refuse(struct seldom *seldom, const char *p,
                                                          const char *what)
{
    seldom->status = fault_set(seldom->fault, STATUS_BAD_INPUT, "not JSON: %s at byte %u", what,
                               (uint32_t)(p - seldom->text));
    return NULL;
}

__attribute__((cold, noinline)) static const char *refuse_depth(struct seldom *seldom,
                                                                const char *p)
{
    seldom->status =
        fault_set(seldom->fault, STATUS_TOO_BIG, "JSON deeper than %u levels at byte %u",
                  seldom->depth_max, (uint32_t)(p - seldom->text));
    return NULL;
}

/* A copy with twice the room. */
__attribute__((noinline)) static struct json_node *
grow(struct seldom *seldom, const struct json_node *nodes, uint32_t count)
{
    /* A node stands for one byte of text at least, so that this cannot overflow. */
    uint32_t room = count * 2;
    struct json_node *grown = arena_alloc(seldom->arena, room * sizeof(*grown));
    if (!grown) {
        seldom->status =
            fault_set(seldom->fault, STATUS_NO_MEMORY, "no memory for %u JSON values", room);
        return NULL;
    }
    return memcpy(grown, nodes, count * sizeof(*nodes));
}

INLINE struct json_node *add_node(struct scan *s)
{
    if (__builtin_expect(s->count == s->room, 0)) {
        struct json_node *grown = grow(s->seldom, s->nodes, s->count);
        if (!grown) {
            return NULL;
        }
        s->nodes = grown;
        s->room *= 2;
    }
    return &s->nodes[s->count++];
}

/* Of a value that has no children: from p to end. */
INLINE void set_node(const struct scan *s, struct json_node *node, const char *p, const char *end,
                     unsigned kind_and_flags)
{
    node->start = offset_of(s, p);
    node->end = offset_of(s, end);
    node->next = JSON_NO_VALUE;
    node->kind = (uint8_t)kind_and_flags;
    node->flags = (uint8_t)(kind_and_flags >> 8);
}

__attribute__((noinline)) static const char *skip_run(struct seldom *seldom, const char *p)
{
    const char *start = p;
    while (p < seldom->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        ++p;
    }
    seldom->has_space |= p > start;
    return p;
}

INLINE const char *skip_space(const struct scan *s, const char *p)
{
    return p < s->end && (unsigned char)*p <= ' ' ? skip_run(s->seldom, p) : p;
}

INLINE bool stands(const struct scan *s, const char *p, char byte)
{
    return p < s->end && *p == byte;
}

static const char *scan_unit(struct seldom *s, const char *p, unsigned *flags)
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

static const char *scan_escape(struct seldom *s, const char *p, unsigned *flags)
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

static const char *scan_utf8(struct seldom *s, const char *p)
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

/* Where a string ends, NULL when it does not; and what was found in it. */
struct string_end {
    const char *p;
    unsigned flags;
};

/* From the first byte that is not plain. */
__attribute__((noinline)) static struct string_end scan_rest(struct seldom *s, const char *p)
{
    unsigned flags = 0;
    while (p && p < s->end && *p != '"') {
        if (*p == '\\') {
            p = scan_escape(s, p, &flags);
        } else if ((unsigned char)*p >= 0x80) {
            p = scan_utf8(s, p);
        } else {
            p = refuse(s, p, "control character in a string");
        }
        p = p ? json_plain_end(p, s->end) : NULL;
    }
    if (p) {
        p = p < s->end ? p + 1 : refuse(s, p, "expected '\"'");
    }
    return (struct string_end){p, flags};
}

/* p stands on the opening quote. */
INLINE const char *scan_string(struct scan *s, const char *p, unsigned flags)
{
    struct json_node *node = add_node(s);
    if (!node) {
        return NULL;
    }
    struct string_end end = {json_plain_end(p + 1, s->end), 0};
    if (__builtin_expect(stands(s, end.p, '"'), 1)) {
        ++end.p;
    } else {
        end = scan_rest(s->seldom, end.p);
        if (!end.p) {
            return NULL;
        }
    }
    set_node(s, node, p, end.p, JSON_STRING | (flags | end.flags) << 8);
    return end.p;
}

INLINE bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* NULL when there is no digit. */
INLINE const char *skip_digits(const struct scan *s, const char *p)
{
    const char *start = p;
    while (p < s->end && is_digit(*p)) {
        ++p;
    }
    return p > start ? p : refuse(s->seldom, p, "expected a digit");
}

INLINE const char *scan_exponent(const struct scan *s, const char *p)
{
    p += stands(s, p, '+') || stands(s, p, '-');
    return skip_digits(s, p);
}

INLINE const char *number_end(const struct scan *s, const char *p)
{
    p += *p == '-';
    p = stands(s, p, '0') ? p + 1 : skip_digits(s, p);
    if (p && stands(s, p, '.')) {
        p = skip_digits(s, p + 1);
    }
    if (p && (stands(s, p, 'e') || stands(s, p, 'E'))) {
        p = scan_exponent(s, p + 1);
    }
    return p;
}

INLINE const char *scan_number(struct scan *s, const char *p)
{
    struct json_node *node = add_node(s);
    const char *end = node ? number_end(s, p) : NULL;
    if (end) {
        set_node(s, node, p, end, JSON_NUMBER);
    }
    return end;
}

INLINE const char *scan_word(struct scan *s, const char *p, struct view word, enum json_kind kind)
{
    struct json_node *node = add_node(s);
    if (!node) {
        return NULL;
    }
    if ((size_t)(s->end - p) < word.len || memcmp(p, word.at, word.len) != 0) {
        return refuse(s->seldom, p, "expected a value");
    }
    set_node(s, node, p, p + word.len, kind);
    return p + word.len;
}

/* Opens the container at p. An empty one is closed at once: s->parent stays as it was. */
INLINE const char *open_container(struct scan *s, const char *p, enum json_kind kind)
{
    struct json_node *node = add_node(s);
    if (!node) {
        return NULL;
    }
    if (s->depth == s->seldom->depth_max) {
        return refuse_depth(s->seldom, p);
    }
    const char *start = p;
    p = skip_space(s, p + 1);
    bool is_empty = stands(s, p, kind == JSON_OBJECT ? '}' : ']');
    set_node(s, node, start, p + is_empty, kind);
    if (is_empty) {
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

INLINE const char *close_container(struct scan *s, const char *p)
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
INLINE const char *scan_key(struct scan *s, const char *p)
{
    if (!stands(s, p, '"')) {
        return refuse(s->seldom, p, "expected a key");
    }
    s->last = s->count;
    p = scan_string(s, p, JSON_NODE_IS_KEY);
    if (!p) {
        return NULL;
    }
    p = skip_space(s, p);
    return stands(s, p, ':') ? skip_space(s, p + 1) : refuse(s->seldom, p, "expected ':'");
}

INLINE const char *scan_value(struct scan *s, const char *p)
{
    switch (p < s->end ? *p : 0) {
    case '"':
        return scan_string(s, p, 0);
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
        return scan_number(s, p);
    case 't':
        return scan_word(s, p, VIEW_LITERAL("true"), JSON_TRUE);
    case 'f':
        return scan_word(s, p, VIEW_LITERAL("false"), JSON_FALSE);
    case 'n':
        return scan_word(s, p, VIEW_LITERAL("null"), JSON_NULL);
    default:
        return refuse(s->seldom, p, "expected a value");
    }
}

/* Behind a value: closes what ends here and passes the comma. */
INLINE const char *scan_behind(struct scan *s, const char *p)
{
    while (s->parent != JSON_NO_VALUE) {
        p = skip_space(s, p);
        if (stands(s, p, ',')) {
            s->nodes[s->last].next = s->count;
            return skip_space(s, p + 1);
        }
        if (!stands(s, p, s->in_object ? '}' : ']')) {
            return refuse(s->seldom, p,
                          s->in_object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        p = close_container(s, p);
    }
    return p;
}

INLINE const char *scan_root(struct scan *s, const char *p)
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

INLINE bool scan_text(struct scan *s)
{
    const char *p = scan_root(s, skip_space(s, s->text));
    if (!p) {
        return false;
    }
    p = skip_space(s, p);
    if (p < s->end) {
        refuse(s->seldom, p, "expected the end");
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
    struct seldom seldom = {
        .text = at,
        .end = at + text.len,
        .depth_max = limits ? limits->depth : JSON_DEPTH_DEFAULT,
        .arena = arena,
        .fault = fault,
    };
    struct scan s = {
        .text = at,
        .end = at + text.len,
        .room = (uint32_t)(text.len / 8 + 8),
        .parent = JSON_NO_VALUE,
        .seldom = &seldom,
    };
    s.nodes = arena_alloc(arena, s.room * sizeof(*s.nodes));
    if (!s.nodes) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %u JSON values", s.room);
    }
    if (!scan_text(&s)) {
        return seldom.status;
    }
    *doc = (struct json){
        .text = view_make(at, text.len),
        .nodes = s.nodes,
        .node_count = s.count,
        .lone_surrogates = seldom.lone_surrogates,
        .has_space = seldom.has_space,
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

static void note_member(const struct json *doc, json_value key, const struct view *names,
                        size_t count, json_value *values)
{
    bool is_plain = json_is_plain(doc, key);
    struct view name = json_unquoted(doc, key);
    for (size_t i = 0; i < count; ++i) {
        if (is_plain ? view_equal(name, names[i]) : json_text_is(doc, key, names[i])) {
            values[i] = json_key_value(doc, key);
        }
    }
}

void json_members(const struct json *doc, json_value object, const struct view *names, size_t count,
                  json_value *values)
{
    for (size_t i = 0; i < count; ++i) {
        values[i] = JSON_NO_VALUE;
    }
    bool is_object = json_kind(doc, object) == JSON_OBJECT;
    json_value key = is_object ? json_first(doc, object) : JSON_NO_VALUE;
    for (; key != JSON_NO_VALUE; key = json_next(doc, key)) {
        note_member(doc, key, names, count, values);
    }
}

json_value json_member(const struct json *doc, json_value object, const char *name)
{
    struct view view = view_from_text(name);
    json_value found;
    json_members(doc, object, &view, 1, &found);
    return found;
}
