/*
 * corpus.h - texts of which it is known what must go, and texts of which nothing may: made, not
 * collected, and the same for the same seed.
 *
 *     struct corpus corpus;
 *     struct corpus_sample sample;
 *     corpus_init(&corpus, 1);
 *     corpus_secret(&corpus, SCRUB_PHONE, &sample);       sample.secret must not be found any more
 *     corpus_harmless(&corpus, 3, &sample);               not a byte may change
 */
#ifndef PIPES_BENCH_SCRUB_CORPUS_H
#define PIPES_BENCH_SCRUB_CORPUS_H

#include "privacy/scrub_rules.h"

#include "base/view.h"

enum { CORPUS_TEXT_BYTES = 2048, CORPUS_SECRET_BYTES = 512 };

enum corpus_form { CORPUS_TEXT, CORPUS_URL, CORPUS_JSON };

struct corpus {
    uint64_t state;
};

struct corpus_sample {
    enum corpus_form form;
    char text[CORPUS_TEXT_BYTES];
    char secret[CORPUS_SECRET_BYTES];
};

void corpus_init(struct corpus *corpus, uint64_t seed);
/* One that holds what the rule is for, written and surrounded in one of many ways. */
void corpus_secret(struct corpus *corpus, enum scrub_rule rule, struct corpus_sample *sample);

/* Kinds of texts that only look like something: ids, prices, dates, codes, ... */
size_t corpus_kinds(void);
const char *corpus_kind(size_t kind);
void corpus_harmless(struct corpus *corpus, size_t kind, struct corpus_sample *sample);

#endif
