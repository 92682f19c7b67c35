/* What is taken out of JSON leaves JSON, without such a member anywhere, and nothing to take out.
 */
#include "privacy/repeated.h"

#include "base/json.h"

enum { CEILING_BYTES = 64 << 20 };

static void check(bool holds)
{
    if (!holds) {
        __builtin_trap();
    }
}

static void check_json(struct view text, unsigned also, struct arena *arena)
{
    struct view rest;
    struct view again;
    struct json doc;
    const struct repeated_search search = {true, also, {{NULL, 0}}};
    bool is_likely = repeated_look(text, &search) != 0;
    bool is_likely_portably = repeated_look_portably(text, &search) != 0;
    if (repeated_strip(text, also, arena, &rest) != STATUS_OK) {
        check(rest.len == 0);
        return;
    }
    check((is_likely && is_likely_portably) || rest.at == text.at);
    check(rest.len <= text.len);
    check(json_parse(&doc, rest, arena, NULL, NULL) == STATUS_OK);
    check(repeated_strip(rest, also, arena, &again) == STATUS_OK);
    check(again.at == rest.at);
}

static void check_query(struct view text, struct arena *arena)
{
    struct view rest;
    struct view again;
    check(repeated_strip_query(text, 7, arena, &rest) == STATUS_OK && rest.len <= text.len);
    check(repeated_strip_query(rest, 7, arena, &again) == STATUS_OK && view_equal(rest, again));
}

static void check_mask(struct view text, struct arena *arena)
{
    struct view masked;
    struct view needle = view_part(text, 0, 8);
    struct view rest = view_part(text, 8, text.len);
    check(repeated_mask(rest, needle, arena, &masked) == STATUS_OK && masked.len == rest.len);
    const struct repeated_search search = {false, 0, {{NULL, 0}, needle}};
    check((repeated_look(rest, &search) != 0) == (masked.at != rest.at));
    check(repeated_look(rest, &search) == repeated_look_portably(rest, &search));
    bool is_mask = needle.len > 0 && memchr(needle.at, 'x', needle.len) != NULL;
    check(needle.len < REPEATED_NEEDLE_BYTES_MIN || is_mask || rest.len == 0 ||
          !memmem(masked.at, masked.len, needle.at, needle.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct view text = view_make((const char *)data, size);
    arena_init(&arena, CEILING_BYTES);
    for (unsigned also = 0; also < 8; also += 7) {
        check_json(text, also, &arena);
    }
    check_query(text, &arena);
    check_mask(text, &arena);
    arena_free(&arena);
    return 0;
}
