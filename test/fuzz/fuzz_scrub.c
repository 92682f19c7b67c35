/* Scrubs as an address, as text and as JSON: never much longer, the second time nothing, and what
 * was scrubbed had been announced, with wide registers and without. A secret put into it is gone.
 */
#include "privacy/scrub.h"
#include "privacy/scrub_json.h"
#include "privacy/scrub_names.h"
#include "privacy/scrub_scan.h"
#include "privacy/scrub_text.h"

#include "base/json.h"

#include <stdlib.h>

enum { CEILING_BYTES = 64 << 20 };

static const struct scrub_treatment MASK;

static void check(bool holds)
{
    if (!holds) {
        __builtin_trap();
    }
}

/* Each pass by itself, whatever was announced, as often as scrub_text() would. */
static struct view scrub_unasked(struct view text, const struct scrub_place *place,
                                 struct scrub_job *job)
{
    void (*const passes[])(struct scrub_edit *, const struct scrub_place *) = {
        scrub_parameters, scrub_members, scrub_userinfo, scrub_secrets,
        scrub_runs,       scrub_ids,     scrub_numbers,
    };
    for (size_t i = 0; i < 4 * sizeof(passes) / sizeof(passes[0]); i++) {
        struct scrub_edit edit = {.job = job, .in = text};
        passes[i % (sizeof(passes) / sizeof(passes[0]))](&edit, place);
        check(scrub_edit_finish(&edit, &text) == STATUS_OK);
    }
    return text;
}

static void scrub_twice(struct view text, enum scrub_where where, struct arena *arena)
{
    struct scrub_job job = {&MASK, arena, 0};
    const struct scrub_place place = {.where = where};
    struct view once = text;
    check(scrub_text(&job, &place, &once) == STATUS_OK);
    check(once.len <= 8 * text.len + 16);
    struct view twice = once;
    check(scrub_text(&job, &place, &twice) == STATUS_OK && view_equal(once, twice));
    struct view unasked = scrub_unasked(text, &place, &job);
    check(view_equal(once, unasked));
    check(view_equal(once, text) || scrub_may_hold_portably(text, &place));
    check(scrub_may_hold(text, &place) == scrub_may_hold_portably(text, &place));
}

/* What a string of the document would lose by itself the document has lost. */
static void check_strings(const struct json *doc, struct arena *arena)
{
    for (json_value value = 0; value < doc->node_count; value++) {
        struct scrub_job job = {&MASK, arena, 0};
        struct scrub_place place = {.where = SCRUB_IN_TEXT};
        struct view text;
        bool is_key = (doc->nodes[value].flags & JSON_NODE_IS_KEY) != 0;
        bool is_member = value > 0 && (doc->nodes[value - 1].flags & JSON_NODE_IS_KEY) != 0;
        if (is_key || json_text(doc, value, arena, &text) != STATUS_OK) {
            continue;
        }
        if (is_member && json_text(doc, value - 1, arena, &place.name) == STATUS_OK &&
            scrub_name(place.name, SCRUB_OF_KEY) != 0) {
            continue; /* it went as a whole, or the next pass would find that it did */
        }
        (void)scrub_unasked(text, &place, &job);
        check(job.found == 0);
    }
}

static void scrub_document(struct view text, struct arena *arena)
{
    struct json doc;
    struct scrub_job job = {&MASK, arena, 0};
    static struct scrub_cache cache;
    const struct scrub_json how = {.job = &job, .cache = &cache};
    if (json_parse(&doc, text, arena, NULL, NULL) != STATUS_OK) {
        return;
    }
    char *compact = arena_alloc(arena, text.len);
    check(compact != NULL);
    char *end = json_put_compact(compact, &doc, JSON_ROOT);
    struct view once = view_make(compact, (size_t)(end - compact));
    check(scrub_json(&how, &once) == STATUS_OK);
    struct json again;
    check(json_parse(&again, once, arena, NULL, NULL) == STATUS_OK);
    check(again.node_count == doc.node_count && !again.has_space);
    struct view twice = once;
    check(scrub_json(&how, &twice) == STATUS_OK && view_equal(once, twice));
    if (job.found != 0 || view_equal(once, view_make(compact, (size_t)(end - compact)))) {
        check_strings(&again, arena);
    }
}

static bool has(struct view text, struct view part)
{
    return part.len <= text.len && memmem(text.at, text.len, part.at, part.len) != NULL;
}

/* Something to scrub between what comes in, with spaces around it. */
static void put_secret_in(struct view text, struct arena *arena)
{
    static const struct view SECRETS[] = {
        {"ann@example.com", 15},      {"4111 1111 1111 1111", 19},
        {"+43 664 1234567", 15},      {"DE89 3704 0044 0532 0130 00", 27},
        {"078-05-1120", 11},          {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", 50},
        {"48.208174, 16.373819", 20}, {"ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC2dF4gH6", 40},
    };
    struct view secret = SECRETS[text.len % (sizeof(SECRETS) / sizeof(SECRETS[0]))];
    struct scrub_job job = {&MASK, arena, 0};
    const struct scrub_place place = {.where = SCRUB_IN_TEXT};
    size_t half = text.len / 2;
    char *made = arena_alloc(arena, text.len + secret.len + 4);
    check(made != NULL);
    memcpy(made, text.at, half);
    memcpy(made + half, " \n", 2);
    memcpy(made + half + 2, secret.at, secret.len);
    memcpy(made + half + 2 + secret.len, "\n ", 2);
    memcpy(made + half + 4 + secret.len, text.at + half, text.len - half);
    struct view whole = view_make(made, text.len + secret.len + 4);
    check(scrub_text(&job, &place, &whole) == STATUS_OK);
    check(!has(whole, secret) || has(text, secret));
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
        scrub_twice(text, SCRUB_IN_URL, &arena);
        scrub_twice(text, SCRUB_IN_TEXT, &arena);
        scrub_document(text, &arena);
        put_secret_in(text, &arena);
    }
    free(copy);
    arena_free(&arena);
    return 0;
}
