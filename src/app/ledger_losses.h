/*
 * ledger_losses.h - what pages made and what of it never arrived, by browser and library version.
 *
 * Events of a page load are numbered from 1 as they are made (`seq`), and batches tell what the
 * load dropped by then (`dropped`): so up to the last event of each load that arrived it is known
 * what was made. What a page lost after its last sign of life nobody knows. Rows that were erased,
 * have expired or are in quarantine count as not arrived. Asks DuckDB.
 *
 *     ledger_losses_open(&losses, &options, &fault);
 *     ledger_losses_text(&out, &losses);
 *     ledger_losses_close(&losses);
 */
#ifndef PIPES_APP_LEDGER_LOSSES_H
#define PIPES_APP_LEDGER_LOSSES_H

#include "app/query.h"
#include "base/buf.h"

enum { LEDGER_LOSSES_MAX = 1024, LEDGER_REASONS_MAX = 16, LEDGER_NAME_BYTES = 48 };

struct ledger_loss_reason {
    char name[LEDGER_NAME_BYTES];
    uint64_t count;
};

/* Of one browser and library. */
struct ledger_loss {
    char browser[LEDGER_NAME_BYTES]; /* with its version; "-": unknown */
    char library[LEDGER_NAME_BYTES];
    uint64_t loads;
    uint64_t made;
    uint64_t arrived;
    struct ledger_loss_reason reasons[LEDGER_REASONS_MAX]; /* that the pages told */
    size_t reason_count;
};

struct ledger_losses {
    struct ledger_loss *rows; /* most lost first */
    size_t count;
};

/* Of `options` format, SQL and output are not looked at. */
enum status ledger_losses_open(struct ledger_losses *losses, const struct query_options *options,
                               struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void ledger_losses_close(struct ledger_losses *losses);

enum status ledger_losses_text(struct buf *out, const struct ledger_losses *losses);
/* A JSON array. */
enum status ledger_losses_json(struct buf *out, const struct ledger_losses *losses);

#endif
