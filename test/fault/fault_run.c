#include "fault_run.h"

#include "base/view.h"
#include "fault_base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool fault_run_init(struct fault_run *run, int argc, char **argv, unsigned rounds)
{
    *run = (struct fault_run){.rounds = rounds,
                              .seed = fault_mix((uint64_t)fault_now_ms(), (uint64_t)getpid()),
                              .only = ""};
    run->seed %= 1000000000;
    for (int i = 1; i < argc; i += 2) {
        uint64_t number = 0;
        bool has_value = i + 1 < argc;
        bool is_number = has_value && view_to_uint64(view_from_text(argv[i + 1]), &number);
        if (is_number && strcmp(argv[i], "--rounds") == 0) {
            run->rounds = (unsigned)number;
        } else if (is_number && strcmp(argv[i], "--seed") == 0) {
            run->seed = number;
        } else if (has_value && strcmp(argv[i], "--only") == 0) {
            run->only = argv[i + 1];
        } else {
            fprintf(stderr, "usage: %s [--rounds N] [--seed N] [--only TEXT]\n", argv[0]);
            return false;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    return true;
}

void fault_run_add(struct fault_run *run, const struct fault_client_tally *tally)
{
    if (run->tally.wrong == 0) {
        memcpy(run->tally.first_wrong, tally->first_wrong, sizeof(tally->first_wrong));
    }
    run->tally.kept += tally->kept;
    run->tally.refused += tally->refused;
    run->tally.broken += tally->broken;
    run->tally.wrong += tally->wrong;
}

enum status fault_run_check(const struct fault_run *run, const struct tested *tested,
                            struct ledger *ledger, struct fault *fault)
{
    struct ledger_report report;
    if (run->tally.wrong > 0) {
        return fault_set(fault, STATUS_IO, "%llu answers were neither 200 nor 503: %s",
                         (unsigned long long)run->tally.wrong, run->tally.first_wrong);
    }
    enum status status = ledger_compare(ledger, tested->data, &report, fault);
    if (status == STATUS_OK && !ledger_is_right(&report)) {
        status = fault_set(
            fault, STATUS_DAMAGED,
            "of %llu acknowledged events %llu are lost; of %llu rows %llu stand there twice, %llu "
            "are unsound; first: %.120s",
            (unsigned long long)report.acknowledged, (unsigned long long)report.lost,
            (unsigned long long)report.rows, (unsigned long long)report.doubled,
            (unsigned long long)report.unsound, report.first);
    }
    if (status == STATUS_OK) {
        status = tested_verify(tested, fault);
    }
    if (status == STATUS_OK) {
        status = tested_is_drained(tested, fault);
    }
    if (status == STATUS_OK) {
        printf("  %llu events acknowledged, %llu rows, each once; %llu requests kept, %llu "
               "refused, %llu broken off\n",
               (unsigned long long)report.acknowledged, (unsigned long long)report.rows,
               (unsigned long long)run->tally.kept, (unsigned long long)run->tally.refused,
               (unsigned long long)run->tally.broken);
    }
    return status;
}

int fault_run_end(const struct fault_run *run, struct tested *tested, enum status status,
                  const struct fault *fault)
{
    if (status == STATUS_OK) {
        tested_remove(tested);
        return 0;
    }
    printf("  FAILED with --seed %llu: %s\n  its folder is kept: %s\n",
           (unsigned long long)run->seed, fault->text, tested->base);
    tested_print_output(tested);
    tested_kill(tested);
    return 1;
}
