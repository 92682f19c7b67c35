/*
 * round.h - the requests that wait for one commit, and their rows for who watches live.
 *
 *     round_add(round, &(struct round_waiting){exchange, accepted, quarantined, receipt});
 *     round_note_row(round, ingest_seq, row);
 *     ... the commit ...
 *     round_answer(round, counts, receipts, status == STATUS_OK);     and it is empty again
 */
#ifndef PIPES_APP_ROUND_H
#define PIPES_APP_ROUND_H

#include "app/counts.h"
#include "app/live.h"
#include "app/receipts.h"
#include "app/request_account.h"
#include "net/server.h"

enum { ROUND_WAITING_MAX = 4096, ROUND_ROWS_MAX = 1024, ROUND_ROWS_BYTES = 4 * 1024 * 1024 };

struct round_waiting {
    struct exchange *x; /* NULL: the client left */
    uint64_t accepted;
    uint64_t quarantined;
    uint64_t receipt; /* receipts.h; 0: nobody will ask */
};

struct round_row {
    uint64_t ingest_seq;
    size_t len;
};

struct round {
    struct round_waiting waiting[ROUND_WAITING_MAX];
    size_t waiting_count;
    struct buf rows; /* published only after the commit */
    struct round_row row_marks[ROUND_ROWS_MAX];
    size_t row_count;
    bool is_live;              /* rows of this round are wanted */
    struct ledger_tally noted; /* of its requests, until it has ended (request_account.h) */
};

void round_init(struct round *round);
void round_free(struct round *round);

/* The round must not be full (ROUND_WAITING_MAX). */
void round_add(struct round *round, const struct round_waiting *waiting);
/* The client left: nobody is to be answered. */
void round_forget(struct round *round, const struct exchange *x);

/* Keeps a copy, as far as there is room and the round is live. */
void round_note_row(struct round *round, uint64_t ingest_seq, struct view row);
/* Takes back the rows noted since there were `rows` of them in `bytes`. */
void round_cut_rows(struct round *round, size_t rows, size_t bytes);
void round_publish(const struct round *round, struct live *live);

/* Answers all: as their replies stand, or with 503. Counts them, and keeps their receipts. The
 * round is empty then. */
void round_answer(struct round *round, struct counts *counts, struct receipts *receipts,
                  bool is_kept);

#endif
