/*
 * cadence.h - who clicks faster than a hand can: interactions of one page load, or one visitor, in
 * one second of its own clock.
 *
 * Its own clock, because what was made over minutes may come all at once, after an outage. Fixed
 * memory; of too many loads at once the older are forgotten. One worker's own: a load's requests
 * come over few connections, and what comes by another worker is only counted there.
 *
 *     cadence_create(&cadence, seed, &fault);
 *     if (cadence_is_rapid(cadence, load_id, second)) { ... }
 */
#ifndef PIPES_ENRICH_CADENCE_H
#define PIPES_ENRICH_CADENCE_H

#include "base/status.h"
#include "base/view.h"

enum { CADENCE_KEPT = 8192, CADENCE_MOST = 25 /* interactions a second: no hand does more */ };

struct cadence;

enum status cadence_create(struct cadence **cadence, uint64_t seed, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void cadence_destroy(struct cadence *cadence);

/* Counts one interaction; true when it is one of too many in that second. */
bool cadence_is_rapid(struct cadence *cadence, struct view who, int64_t second);

#endif
