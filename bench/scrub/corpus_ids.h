/*
 * corpus_ids.h - numbers with right check digits, as their issuers write them: cards, IBANs, ids of
 * nations. Made apart from the rules that look for them.
 */
#ifndef PIPES_BENCH_SCRUB_CORPUS_IDS_H
#define PIPES_BENCH_SCRUB_CORPUS_IDS_H

#include "scrub/corpus.h"

void corpus_card(struct corpus *corpus, char *out, size_t room);
void corpus_iban(struct corpus *corpus, char *out, size_t room);
void corpus_national_id(struct corpus *corpus, char *out, size_t room);

#endif
