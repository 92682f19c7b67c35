/*
 * fault_kill.c - killed at any instant, now and then stopped cleanly, again and again on the same
 * data and under load: what was acknowledged is in the lake, once. [--rounds N] [--seed N]
 */
#include "fault_base.h"
#include "fault_run.h"

#include <stdio.h>

enum { ROUNDS = 20, THREADS = 4, SHORTEST_MS = 5, LONGEST_MS = 300, PROGRESS = 50 };

static int64_t any_time_ms(uint64_t *random)
{
    return SHORTEST_MS + (int64_t)(fault_random(random) % (LONGEST_MS - SHORTEST_MS));
}

/* Some are killed while they still start: recovery itself is cut off. */
static enum status kill_while_starting(struct tested *tested, uint64_t *random, struct fault *fault)
{
    enum status status = tested_spawn(tested, fault);
    fault_sleep_ms((int64_t)(fault_random(random) % 60));
    tested_kill(tested);
    return status;
}

/* Or stopped as Ctrl-C does: what is under way then is kept, too. */
static enum status end_under_load(struct fault_run *run, struct tested *tested,
                                  struct ledger *ledger, uint64_t *random, struct fault *fault)
{
    bool is_clean = fault_random(random) % 4 == 0;
    struct fault_client *client = NULL;
    struct fault_client_tally tally;
    enum status status = tested_start(tested, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct fault_client_options load = {.ledger = ledger,
                                        .port = tested->port,
                                        .threads = THREADS,
                                        .seed = fault_random(random),
                                        .resends = fault_random(random) % 2 == 0};
    status = fault_client_start(&client, &load, fault);
    fault_sleep_ms(any_time_ms(random));
    if (status == STATUS_OK && is_clean) {
        status = tested_stop(tested, fault);
    }
    tested_kill(tested);
    fault_client_stop(client, &tally);
    fault_run_add(run, &tally);
    return status;
}

static enum status run_rounds(struct fault_run *run, struct tested *tested, struct ledger *ledger,
                              struct fault *fault)
{
    uint64_t random = run->seed;
    enum status status = STATUS_OK;
    for (unsigned round = 0; round < run->rounds && status == STATUS_OK; round++) {
        bool is_early = fault_random(&random) % 8 == 0;
        status = is_early ? kill_while_starting(tested, &random, fault)
                          : end_under_load(run, tested, ledger, &random, fault);
        if ((round + 1) % PROGRESS == 0) {
            printf("  %u ends, %llu events acknowledged\n", round + 1,
                   (unsigned long long)ledger_acknowledged(ledger));
        }
    }
    if (status == STATUS_OK) {
        status = tested_start(tested, fault);
    }
    return status == STATUS_OK ? tested_stop(tested, fault) : status;
}

int main(int argc, char **argv)
{
    struct fault_run run;
    struct tested tested;
    struct fault fault = {0};
    struct ledger *ledger = ledger_create();
    if (!ledger || !fault_run_init(&run, argc, argv, ROUNDS)) {
        return 2;
    }
    printf("fault_kill: %u ends, --seed %llu\n", run.rounds, (unsigned long long)run.seed);
    enum status status = tested_make(&tested, &fault);
    if (status == STATUS_OK) {
        status = run_rounds(&run, &tested, ledger, &fault);
    }
    if (status == STATUS_OK) {
        status = fault_run_check(&run, &tested, ledger, &fault);
    }
    ledger_destroy(ledger);
    return fault_run_end(&run, &tested, status, &fault);
}
