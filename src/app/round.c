#include "app/round.h"

#include <stdatomic.h>

void round_init(struct round *round)
{
    buf_init(&round->rows, ROUND_ROWS_BYTES);
    ledger_tally_init(&round->noted, REQUEST_ACCOUNT_ROWS);
}

void round_free(struct round *round)
{
    buf_free(&round->rows);
    ledger_tally_free(&round->noted);
}

void round_add(struct round *round, const struct round_waiting *waiting)
{
    round->waiting[round->waiting_count++] = *waiting;
}

void round_forget(struct round *round, const struct exchange *x)
{
    for (size_t i = 0; i < round->waiting_count; i++) {
        if (round->waiting[i].x == x) {
            round->waiting[i].x = NULL;
        }
    }
}

void round_note_row(struct round *round, uint64_t ingest_seq, struct view row)
{
    if (!round->is_live || round->row_count == ROUND_ROWS_MAX) {
        return;
    }
    if (buf_append_view(&round->rows, row) == STATUS_OK) {
        round->row_marks[round->row_count++] = (struct round_row){ingest_seq, row.len};
    } else {
        round->rows.status = STATUS_OK; /* left out; the next may be smaller */
    }
}

void round_cut_rows(struct round *round, size_t rows, size_t bytes)
{
    round->row_count = rows;
    buf_truncate(&round->rows, bytes);
}

void round_publish(const struct round *round, struct live *live)
{
    size_t at = 0;
    for (size_t i = 0; i < round->row_count; i++) {
        const struct round_row *mark = &round->row_marks[i];
        live_publish(live, mark->ingest_seq, view_make(round->rows.at + at, mark->len));
        at += mark->len;
    }
    if (round->row_count > 0) {
        live_wake(live);
    }
}

static void take_back_answer(struct exchange *x)
{
    struct http_reply *reply = exchange_reply(x);
    http_reply_error(reply, 503, "the events could not be kept now; send them again later");
    http_reply_header(reply, "Retry-After", VIEW_LITERAL("5"));
}

static void answer_one(const struct round_waiting *waiting, struct counts *counts, bool is_kept)
{
    uint64_t events = waiting->accepted + waiting->quarantined;
    atomic_fetch_add(&counts->accepted, is_kept ? waiting->accepted : 0);
    atomic_fetch_add(&counts->quarantined, is_kept ? waiting->quarantined : 0);
    atomic_fetch_add(&counts->given_up, is_kept ? 0 : events);
    atomic_fetch_add(&counts->refused_overloaded, is_kept ? 0 : 1);
    if (waiting->x && !is_kept) {
        take_back_answer(waiting->x);
    }
    if (waiting->x) {
        exchange_finish(waiting->x);
    }
}

void round_answer(struct round *round, struct counts *counts, struct receipts *receipts,
                  bool is_kept)
{
    for (size_t i = 0; i < round->waiting_count; i++) {
        receipts_keep(receipts, is_kept ? round->waiting[i].receipt : 0);
        answer_one(&round->waiting[i], counts, is_kept);
    }
    round->waiting_count = 0;
    round_cut_rows(round, 0, 0);
}
