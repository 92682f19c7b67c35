#include "privacy/privacy_scrub.h"

#include "base/json.h"
#include "privacy/scrub_names.h"
#include "privacy/scrub_rules.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* A card number has as many digits at least within some block of 16 bytes. */
enum { BLOCK_BYTES = 16, BLOCK_DIGITS_MIN = 6 };

#if defined(__SSE2__)
static __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static __m128i is_byte(__m128i bytes, char byte)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte));
}

static unsigned digits_of(__m128i bytes)
{
    __m128i from_zero = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(from_zero, _mm_set1_epi8(9)), from_zero);
    return (unsigned)__builtin_popcount((unsigned)_mm_movemask_epi8(is_digit));
}

/* Nothing that a pass looks for can be in the block, or begin in it and end in the next two. */
static bool is_clean_block(const char *at, enum scrub_where where)
{
    __m128i bytes = load(at);
    __m128i found = _mm_or_si128(is_byte(bytes, '@'), is_byte(bytes, '='));
    found = _mm_or_si128(found, is_byte(bytes, '%'));
    __m128i is_small = _mm_or_si128(load(at + 1), _mm_set1_epi8(0x20));
    __m128i is_next_small = _mm_or_si128(load(at + 2), _mm_set1_epi8(0x20));
    __m128i is_token = _mm_and_si128(is_byte(is_small, 'e'), is_byte(is_next_small, 'y'));
    found = _mm_or_si128(found, _mm_and_si128(is_byte(bytes, '.'), is_token));
    return _mm_movemask_epi8(found) == 0 &&
           (where == SCRUB_URL || digits_of(bytes) < BLOCK_DIGITS_MIN);
}
#else
static bool is_clean_block(const char *at, enum scrub_where where)
{
    (void)at;
    (void)where;
    return false;
}
#endif

/* Most texts are told here to be clean, as fast as they are read. */
static bool is_clean(struct view text, enum scrub_where where)
{
    size_t i = 0;
    for (; text.len - i >= BLOCK_BYTES + 2; i += BLOCK_BYTES) {
        if (!is_clean_block(text.at + i, where)) {
            return false;
        }
    }
    size_t digits = 0;
    for (; i < text.len; i++) {
        char byte = text.at[i];
        digits += byte >= '0' && byte <= '9';
        bool is_trigger = byte == '@' || byte == '=' || byte == '%';
        bool is_token = byte == '.' && i + 2 < text.len && (text.at[i + 1] | 0x20) == 'e' &&
                        (text.at[i + 2] | 0x20) == 'y';
        if (is_trigger || is_token) {
            return false;
        }
    }
    return where == SCRUB_URL || digits < BLOCK_DIGITS_MIN;
}

typedef void scrub_pass(struct scrub_edit *edit);

static enum status run_pass(scrub_pass *pass, struct view *text, struct arena *arena)
{
    struct scrub_edit edit = {.arena = arena, .in = *text};
    pass(&edit);
    return scrub_edit_finish(&edit, text);
}

static void url_parameters(struct scrub_edit *edit)
{
    scrub_parameters(edit, SCRUB_URL);
}

static void text_parameters(struct scrub_edit *edit)
{
    scrub_parameters(edit, SCRUB_TEXT);
}

enum status privacy_scrub(struct view *text, enum scrub_where where, struct arena *arena)
{
    if (is_clean(*text, where)) {
        return STATUS_OK;
    }
    struct view scrubbed = *text;
    enum status status =
        run_pass(where == SCRUB_URL ? url_parameters : text_parameters, &scrubbed, arena);
    if (status == STATUS_OK) {
        status = run_pass(scrub_userinfo, &scrubbed, arena);
    }
    if (status == STATUS_OK) {
        status = run_pass(scrub_runs, &scrubbed, arena);
    }
    if (status == STATUS_OK && where == SCRUB_TEXT) {
        status = run_pass(scrub_cards, &scrubbed, arena);
    }
    if (status == STATUS_OK) {
        *text = scrubbed;
    }
    return status;
}

/* --- JSON --- */

/* A string of the text, its quotes included. */
struct string {
    size_t begin;
    size_t end;
    bool has_escape;
};

struct walk {
    struct scrub_edit edit;
    size_t at;
    bool is_secret; /* the key before was */
};

static bool is_escaped(struct view text, size_t begin, size_t at)
{
    size_t slashes = 0;
    while (at - slashes > begin && text.at[at - slashes - 1] == '\\') {
        slashes++;
    }
    return slashes % 2 == 1;
}

/* The next string from `at` on; false when there is none. */
static bool next_string(struct view text, size_t at, struct string *string)
{
    string->begin = at + view_find(view_part(text, at, text.len), '"');
    size_t inside = string->begin + 1;
    size_t end = inside;
    do {
        end += view_find(view_part(text, end, text.len), '"') + 1;
    } while (end <= text.len && is_escaped(text, inside, end - 1));
    if (end > text.len) {
        return false; /* not after valid JSON */
    }
    string->end = end;
    struct view bytes = view_part(text, inside, end - 1 - inside);
    string->has_escape = view_find(bytes, '\\') < bytes.len;
    return true;
}

/* The string's text; that of one with escapes is made in the arena. */
static enum status text_of(const struct walk *walk, const struct string *string, struct view *text)
{
    struct view quoted = view_part(walk->edit.in, string->begin, string->end - string->begin);
    *text = view_part(quoted, 1, quoted.len - 2);
    if (!string->has_escape) {
        return STATUS_OK;
    }
    struct json doc;
    enum status status = json_parse(&doc, quoted, walk->edit.arena, NULL, NULL);
    return status == STATUS_OK ? json_text(&doc, JSON_ROOT, walk->edit.arena, text) : status;
}

/* Puts the text, which was scrubbed, in place of the string. */
static enum status rewrite(struct walk *walk, const struct string *string, struct view text)
{
    if (string->has_escape) {
        char *quoted = arena_alloc(walk->edit.arena, json_string_bytes(text));
        if (!quoted) {
            return STATUS_NO_MEMORY;
        }
        char *end = json_put_string(quoted, text);
        text = view_make(quoted + 1, (size_t)(end - quoted) - 2);
    }
    scrub_edit_replace(&walk->edit, string->begin + 1, string->end - 1, text);
    return STATUS_OK;
}

static enum status scrub_string(struct walk *walk, const struct string *string)
{
    struct view text;
    enum status status = text_of(walk, string, &text);
    struct view before = text;
    if (status != STATUS_OK || text.len == 0) {
        return status;
    }
    if (walk->is_secret) {
        text = view_make(scrub_mask, scrub_mask_len);
    } else {
        status = privacy_scrub(&text, SCRUB_TEXT, walk->edit.arena);
    }
    bool is_changed = text.at != before.at && !view_equal(text, before);
    return status == STATUS_OK && is_changed ? rewrite(walk, string, text) : status;
}

static enum status take_key(struct walk *walk, const struct string *key)
{
    struct view name;
    enum status status = text_of(walk, key, &name);
    struct view text = walk->edit.in;
    bool is_string_next = key->end + 1 < text.len && text.at[key->end + 1] == '"';
    walk->is_secret =
        status == STATUS_OK && is_string_next && scrub_name_is_secret(name, SCRUB_KEY);
    return status;
}

enum status privacy_scrub_json(struct view *json_text, struct arena *arena)
{
    struct walk walk = {.edit = {.arena = arena, .in = *json_text}};
    struct string string;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && next_string(*json_text, walk.at, &string)) {
        walk.at = string.end;
        if (walk.at < json_text->len && json_text->at[walk.at] == ':') {
            status = take_key(&walk, &string);
        } else {
            status = scrub_string(&walk, &string);
            walk.is_secret = false;
        }
    }
    return status == STATUS_OK ? scrub_edit_finish(&walk.edit, json_text) : status;
}
