/*
 * fault_power.c - the power goes at any instant, again and again on the same data: what was
 * acknowledged is in the lake, once, whatever the disk kept of what was not synced.
 * [--rounds N] [--seed N]
 *
 * In some rounds calls fail before the cut. The bytes of a sync that failed may be lost though a
 * later sync of the same file succeeds.
 */
#include "fault_base.h"
#include "fault_run.h"

#include <stdio.h>

enum { ROUNDS = 10, THREADS = 4, SHORTEST_MS = 5, LONGEST_MS = 300, DELAYS = 4, PROGRESS = 20 };

/* Most rounds have none. */
static const char *const FAULTS[] = {
    "",
    "",
    "",
    "",
    "fdatasync:EIO:9:2",
    "fdatasync:EIO:3:1;fdatasync:EIO:20:3",
    "pwrite:short:9:1;pwrite:ENOSPC:10:4",
    "fsync:EIO:4:2;ftruncate:EIO:1:0",
    "renameat:EIO:2:1;unlinkat:EIO:1:2",
};

struct power {
    struct fault_run *run;
    struct tested *tested;
    struct ledger *ledger;
    uint64_t random;
    struct power_cut_report cuts;
};

static enum status load_and_cut(struct power *power, struct fault *fault)
{
    struct tested *tested = power->tested;
    struct fault_client *client = NULL;
    struct fault_client_tally tally;
    struct fault_client_options load = {.ledger = power->ledger,
                                        .port = tested->port,
                                        .threads = THREADS,
                                        .seed = fault_random(&power->random),
                                        .resends = fault_random(&power->random) % 2 == 0};
    enum status status = fault_client_start(&client, &load, fault);
    tested_fail(tested,
                FAULTS[fault_random(&power->random) % (sizeof(FAULTS) / sizeof(FAULTS[0]))]);
    fault_sleep_ms(SHORTEST_MS +
                   (int64_t)(fault_random(&power->random) % (LONGEST_MS - SHORTEST_MS)));
    tested_kill(tested);
    fault_client_stop(client, &tally);
    fault_run_add(power->run, &tally);
    return status;
}

static enum status run_round(struct power *power, struct fault *fault)
{
    struct tested *tested = power->tested;
    bool is_early = fault_random(&power->random) % 8 == 0;
    tested_fail(tested, "");
    atomic_store(&tested->control->sync_delay_ms,
                 (uint32_t)(fault_random(&power->random) % DELAYS));
    enum status status = is_early ? tested_spawn(tested, fault) : tested_start(tested, fault);
    if (status == STATUS_OK && is_early) {
        fault_sleep_ms((int64_t)(fault_random(&power->random) % 60));
    } else if (status == STATUS_OK) {
        status = load_and_cut(power, fault);
    }
    if (status == STATUS_OK) {
        status = tested_cut_power(tested, fault_random(&power->random), &power->cuts, fault);
    }
    return status;
}

static enum status run_rounds(struct power *power, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (unsigned round = 0; round < power->run->rounds && status == STATUS_OK; round++) {
        status = run_round(power, fault);
        if ((round + 1) % PROGRESS == 0) {
            printf("  %u cuts, %llu events acknowledged\n", round + 1,
                   (unsigned long long)ledger_acknowledged(power->ledger));
        }
    }
    if (status == STATUS_OK && power->cuts.sectors == 0) {
        return fault_set(fault, STATUS_IO, "no write was noted: the shim is not loaded");
    }
    if (status == STATUS_OK) {
        tested_fail(power->tested, "");
        status = tested_start(power->tested, fault);
    }
    return status == STATUS_OK ? tested_stop(power->tested, fault) : status;
}

static void print_cuts(const struct power_cut_report *cuts)
{
    printf("  of what was not synced: %llu of %llu writes to a sector undone, %llu of %llu changes "
           "of names\n",
           (unsigned long long)cuts->undone_sectors, (unsigned long long)cuts->sectors,
           (unsigned long long)cuts->undone_entries, (unsigned long long)cuts->entries);
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
    printf("fault_power: %u cuts, --seed %llu\n", run.rounds, (unsigned long long)run.seed);
    struct power power = {.run = &run, .tested = &tested, .ledger = ledger, .random = run.seed};
    enum status status = tested_make(&tested, &fault);
    if (status == STATUS_OK) {
        tested.has_disk_shim = tested.has_notes = true;
        status = run_rounds(&power, &fault);
        print_cuts(&power.cuts);
    }
    if (status == STATUS_OK) {
        status = fault_run_check(&run, &tested, ledger, &fault);
    }
    ledger_destroy(ledger);
    return fault_run_end(&run, &tested, status, &fault);
}
