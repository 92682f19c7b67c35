/* Parses, walks, compacts and reads the compact form again: it must say the same. */
#include "base/json.h"

#include <stdlib.h>

enum { CEILING_BYTES = 64 << 20 };

static void check(bool holds)
{
    if (!holds) {
        __builtin_trap();
    }
}

static void read_scalar(const struct json *doc, json_value value, struct arena *arena)
{
    struct view text;
    int64_t whole = 0;
    double real = 0;
    if (json_text(doc, value, arena, &text) == STATUS_OK) {
        struct buf out;
        buf_init(&out, CEILING_BYTES);
        check(json_append_string(&out, text) == STATUS_OK);
        struct json again;
        struct view same;
        check(json_parse(&again, buf_view(&out), arena, NULL, NULL) == STATUS_OK);
        check(json_text(&again, JSON_ROOT, arena, &same) == STATUS_OK);
        check(view_equal(text, same));
        buf_free(&out);
    }
    if (json_to_int64(doc, value, &whole) && json_to_double(doc, value, &real)) {
        check(real == (double)whole);
    }
}

/* Every value is reached once by walking; the indices are those of the array. */
static uint32_t walk(const struct json *doc, json_value value, struct arena *arena)
{
    uint32_t count = 1;
    read_scalar(doc, value, arena);
    for (json_value i = json_first(doc, value); i != JSON_NO_VALUE; i = json_next(doc, i)) {
        check(i == value + count);
        if (json_kind(doc, value) == JSON_OBJECT) {
            read_scalar(doc, i, arena);
            ++count;
            count += walk(doc, json_key_value(doc, i), arena);
        } else {
            count += walk(doc, i, arena);
        }
    }
    return count;
}

static void check_compact(const struct json *doc, struct arena *arena)
{
    struct buf out;
    struct json again;
    buf_init(&out, CEILING_BYTES);
    check(json_append_compact(&out, doc, JSON_ROOT) == STATUS_OK);
    check(json_parse(&again, buf_view(&out), arena, NULL, NULL) == STATUS_OK);
    check(!again.has_space && again.lone_surrogates == 0);
    check(again.node_count == doc->node_count);
    for (json_value i = 0; i < doc->node_count; ++i) {
        struct view a;
        struct view b;
        check(json_kind(doc, i) == json_kind(&again, i));
        if (json_text(doc, i, arena, &a) == STATUS_OK) {
            check(json_text(&again, i, arena, &b) == STATUS_OK && view_equal(a, b));
        } else if (json_kind(doc, i) == JSON_NUMBER) {
            check(view_equal(json_raw(doc, i), json_raw(&again, i)));
        }
    }
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct json doc;
    arena_init(&arena, CEILING_BYTES);
    /* A copy of the exact size, so that the sanitizer sees a read past the end. */
    char *copy = malloc(size > 0 ? size : 1);
    if (copy) {
        memcpy(copy, data, size);
        if (json_parse(&doc, view_make(copy, size), &arena, NULL, NULL) == STATUS_OK) {
            check(walk(&doc, JSON_ROOT, &arena) == doc.node_count);
            check_compact(&doc, &arena);
        }
    }
    free(copy);
    arena_free(&arena);
    return 0;
}
