/*
 * site_names.h - which site an event of the journal is of: frames have a hash of its name only.
 *
 * A row is read once for each hash; names are kept where the hash says, the latest.
 *
 *     site_names_open(&names, &fault);
 *     struct view site = site_names_of(&names, &event);
 *     site_names_close(&names);
 */
#ifndef PIPES_LAKE_SITE_NAMES_H
#define PIPES_LAKE_SITE_NAMES_H

#include "base/arena.h"
#include "journal/frame.h"
#include "lake/ledger_tally.h"

enum { SITE_NAMES_KEPT = 1024 };

struct site_name {
    uint64_t site_hash;
    bool is_known;
    char site[LEDGER_SITE_BYTES];
};

struct site_names {
    struct arena arena;
    struct site_name *kept;
};

enum status site_names_open(struct site_names *names, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void site_names_close(struct site_names *names);

/* As the ledger calls it; what was not understood is of none. Borrowed until the next call. */
struct view site_names_of(struct site_names *names, const struct frame_event *event);
/* The same of a row. */
struct view site_names_read(struct site_names *names, struct view row);

#endif
