/*
 * judge.h - whether the scrubber did what the corpus says it should have.
 *
 *     struct judge_result result = judge_secrets(&corpus, SCRUB_PHONE, 1000, say);
 *     result.wrong of result.samples were still there
 */
#ifndef PIPES_BENCH_SCRUB_JUDGE_H
#define PIPES_BENCH_SCRUB_JUDGE_H

#include "scrub/corpus.h"

#include <stdio.h>

struct judge_result {
    size_t samples;
    size_t wrong;
};

/* `show`: how many of the wrong ones are written to `out` as they came and went. */
struct judge_result judge_secrets(struct corpus *corpus, enum scrub_rule rule, size_t samples,
                                  FILE *out, size_t show);
struct judge_result judge_harmless(struct corpus *corpus, size_t kind, size_t samples, FILE *out,
                                   size_t show);

#endif
