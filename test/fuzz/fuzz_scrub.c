/* Scrubs as an address, as text and as JSON: never much longer, and the second time nothing. */
#include "privacy/privacy_scrub.h"

#include "base/json.h"

#include <stdlib.h>

enum { CEILING_BYTES = 64 << 20 };

static void check(bool holds)
{
    if (!holds) {
        __builtin_trap();
    }
}

static void scrub_twice(struct view text, enum scrub_where where, struct arena *arena)
{
    struct view once = text;
    check(privacy_scrub(&once, where, arena) == STATUS_OK);
    check(once.len <= 3 * text.len + 16);
    struct view twice = once;
    check(privacy_scrub(&twice, where, arena) == STATUS_OK);
    check(view_equal(once, twice));
}

static void scrub_document(struct view text, struct arena *arena)
{
    struct json doc;
    if (json_parse(&doc, text, arena, NULL, NULL) != STATUS_OK) {
        return;
    }
    char *compact = arena_alloc(arena, text.len);
    check(compact != NULL);
    char *end = json_put_compact(compact, &doc, JSON_ROOT);
    struct view once = view_make(compact, (size_t)(end - compact));
    check(privacy_scrub_json(&once, arena) == STATUS_OK);
    struct json again;
    check(json_parse(&again, once, arena, NULL, NULL) == STATUS_OK);
    check(again.node_count == doc.node_count && !again.has_space);
    struct view twice = once;
    check(privacy_scrub_json(&twice, arena) == STATUS_OK && view_equal(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, CEILING_BYTES);
    /* A copy of the exact size, so that the sanitizer sees a read past the end. */
    char *copy = malloc(size > 0 ? size : 1);
    if (copy) {
        memcpy(copy, data, size);
        struct view text = view_make(copy, size);
        scrub_twice(text, SCRUB_URL, &arena);
        scrub_twice(text, SCRUB_TEXT, &arena);
        scrub_document(text, &arena);
    }
    free(copy);
    arena_free(&arena);
    return 0;
}
