/*
 * fault_run.h - what the fault tests have in common: their options, and the check at the end.
 *
 *     struct fault_run run;
 *     fault_run_init(&run, argc, argv, 20);
 *     ... rounds, each with run.seed ...
 *     fault_run_check(&run, &tested, "killed 20 times", &fault);
 */
#ifndef PIPES_TEST_FAULT_RUN_H
#define PIPES_TEST_FAULT_RUN_H

#include "fault_client.h"
#include "ledger.h"
#include "tested.h"

struct fault_run {
    uint64_t seed;
    unsigned rounds;
    const char *only; /* fault_errors: cases whose name contains this */
    struct fault_client_tally tally;
};

/* Reads "--rounds N", "--seed N" and "--only TEXT". false, and says why, for anything else. */
bool fault_run_init(struct fault_run *run, int argc, char **argv, unsigned rounds);
/* Adds a client's requests to those of the run. */
void fault_run_add(struct fault_run *run, const struct fault_client_tally *tally);
/* The collector has stopped: `pipes verify`, and the lake against the ledger. */
enum status fault_run_check(const struct fault_run *run, const struct tested *tested,
                            struct ledger *ledger, struct fault *fault) MUST_CHECK;
/* Prints how it went; a failed one keeps its folder. The exit status. */
int fault_run_end(const struct fault_run *run, struct tested *tested, enum status status,
                  const struct fault *fault);

#endif
