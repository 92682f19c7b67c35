/*
 * ledger_report.h - whether the ledger adds up, hour by hour and site by site, and the sentences
 * that say so.
 *
 *     requests     = answered + refused (by reason) + unanswered + waiting
 *     received     = dropped_signal + dropped_forgotten + given_up + in flight + taken - recovered
 *                    + cut off
 *     taken        = stored + duplicate + quarantined + quarantine_full + erased_early
 *     stored       = rows in parts + rows in Parquet + merged + erased + expired
 *     quarantined  = rows in the quarantine + replayed + erased + expired
 *
 * Each left side was counted by another stage than the right one. "cut off" is what was on its way
 * to the journal when a collector was killed: nobody was told that it was kept, so it is not more
 * than what was received and not accepted.
 *
 *     ledger_report_check(&reading);           adds to reading.problems
 *     ledger_report_text(&out, &reading);      or ledger_report_json()
 */
#ifndef PIPES_APP_LEDGER_REPORT_H
#define PIPES_APP_LEDGER_REPORT_H

#include "app/ledger_losses.h"
#include "app/ledger_reading.h"

/* What each hour and site adds up to; "": what is of no site. */
struct ledger_sums {
    uint64_t counts[LEDGER_COUNTS];
    uint64_t in_flight; /* in the journal, counted by the front door */
    uint64_t uncounted; /* in the journal, not counted by it (yet) */
    uint64_t rows;      /* in parts */
    uint64_t quarantine_rows;
    int64_t cut_off; /* received, and neither acknowledged nor in the journal */
    int64_t waiting; /* requests that were not answered yet */
};
void ledger_report_sums(struct ledger_sums *sums, const struct ledger_hour_reading *hour,
                        const char *site);

void ledger_report_check(struct ledger_reading *reading);
enum status ledger_report_text(struct buf *out, const struct ledger_reading *reading);
/* A JSON object; `losses` may be NULL. */
enum status ledger_report_json(struct buf *out, const struct ledger_reading *reading,
                               const struct ledger_losses *losses);

#endif
