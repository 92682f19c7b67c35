#include "scrub/judge.h"

#include "privacy/scrub_json.h"
#include "privacy/scrub_text.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 20, HALVES_FROM_BYTES = 8 };

static struct view scrubbed(const struct corpus_sample *sample, struct arena *arena)
{
    static const struct scrub_treatment MASK;
    struct scrub_job job = {&MASK, arena, 0};
    const struct scrub_json how = {.job = &job};
    const struct scrub_place place = {.where = sample->form == CORPUS_URL ? SCRUB_IN_URL
                                                                          : SCRUB_IN_TEXT};
    struct view text = view_from_text(sample->text);
    enum status status =
        sample->form == CORPUS_JSON ? scrub_json(&how, &text) : scrub_text(&job, &place, &text);
    return status == STATUS_OK ? text : view_from_text(sample->text);
}

static bool has(struct view text, const char *part, size_t len)
{
    return memmem(text.at, text.len, part, len) != NULL;
}

/* Neither as a whole nor one half of it. */
static bool is_gone(struct view text, const char *secret)
{
    size_t len = strlen(secret);
    size_t half = len / 2;
    return !has(text, secret, len) &&
           (len < HALVES_FROM_BYTES ||
            (!has(text, secret, half) && !has(text, secret + half, len - half)));
}

static void tell(FILE *out, const struct corpus_sample *sample, struct view text)
{
    fprintf(out, "    %s\n -> %.*s\n", sample->text, VIEW_ARG(text));
}

struct judge_result judge_secrets(struct corpus *corpus, enum scrub_rule rule, size_t samples,
                                  FILE *out, size_t show)
{
    struct judge_result result = {samples, 0};
    struct corpus_sample sample;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < samples; i++) {
        arena_clear(&arena);
        corpus_secret(corpus, rule, &sample);
        struct view text = scrubbed(&sample, &arena);
        if (!is_gone(text, sample.secret) && result.wrong++ < show) {
            tell(out, &sample, text);
        }
    }
    arena_free(&arena);
    return result;
}

struct judge_result judge_harmless(struct corpus *corpus, size_t kind, size_t samples, FILE *out,
                                   size_t show)
{
    struct judge_result result = {samples, 0};
    struct corpus_sample sample;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < samples; i++) {
        arena_clear(&arena);
        corpus_harmless(corpus, kind, &sample);
        struct view text = scrubbed(&sample, &arena);
        if (!view_is(text, sample.text) && result.wrong++ < show) {
            tell(out, &sample, text);
        }
    }
    arena_free(&arena);
    return result;
}
