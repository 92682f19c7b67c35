/*
 * corpus_base.h - chance, and texts made of patterns: what both halves of the corpus are made with.
 *
 * A pattern's letters stand for themselves but for these: # a digit, 9 a digit from 1 on, h a hex
 * digit, H one in capitals, a a letter, A a capital, * a letter or digit of any case, ^ a capital
 * or digit. A backslash takes the next one as it is.
 */
#ifndef PIPES_BENCH_SCRUB_CORPUS_BASE_H
#define PIPES_BENCH_SCRUB_CORPUS_BASE_H

#include "scrub/corpus.h"

#define PICK(corpus, list) ((list)[corpus_below(corpus, sizeof(list) / sizeof((list)[0]))])

/* Below n, which is not 0. */
unsigned corpus_below(struct corpus *corpus, unsigned n);
/* Fills in a pattern. */
void corpus_fill(struct corpus *corpus, const char *pattern, char *out, size_t room);
/* A character of the string, by chance. */
char corpus_of(struct corpus *corpus, const char *letters);

#endif
