/*
 * tested.h - the collector under test: the real `pipes serve` in a folder of its own, started,
 * killed and started again.
 *
 *     tested_make(&tested, &fault);
 *     tested.has_disk_shim = true;
 *     tested_start(&tested, &fault);      until it answers
 *     tested_kill(&tested);
 *     tested_stop(&tested, &fault);       as Ctrl-C does; it must say 0
 *     tested_verify(&tested, &fault);     pipes verify says that all is sound
 *     tested_remove(&tested);
 *
 * The binary is build/pipes, or what PIPES_BINARY says; the shims are in build/test/fault.
 */
#ifndef PIPES_TEST_TESTED_H
#define PIPES_TEST_TESTED_H

#include "base/status.h"
#include "power_cut.h"
#include "shim.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TESTED_PATH_BYTES = 128 };

struct tested {
    char base[TESTED_PATH_BYTES];
    char data[TESTED_PATH_BYTES + 16];
    char grave[TESTED_PATH_BYTES + 16];
    char notes[TESTED_PATH_BYTES + 16];
    char control_path[TESTED_PATH_BYTES + 16];
    char output[TESTED_PATH_BYTES + 16]; /* all it ever said */
    struct shim_control *control;
    pid_t pid; /* 0: not running */
    unsigned port;
    unsigned admin_port;
    /* For the next start. */
    bool has_disk_shim;
    bool has_notes; /* the shim's log, for power_cut() */
    bool has_clock_shim;
    uint64_t open_files_max; /* 0: as it is */
    uint64_t memory_bytes_max;
};

enum status tested_make(struct tested *tested, struct fault *fault) MUST_CHECK;
/* Kills it when it runs and removes its folder. */
void tested_remove(struct tested *tested);

/* Only the process: it may be killed before it answers. */
enum status tested_spawn(struct tested *tested, struct fault *fault) MUST_CHECK;
enum status tested_start(struct tested *tested, struct fault *fault) MUST_CHECK;
void tested_kill(struct tested *tested);
enum status tested_stop(struct tested *tested, struct fault *fault) MUST_CHECK;
/* Whether it still runs; one that ended is no longer there. */
bool tested_is_alive(struct tested *tested);
enum status tested_verify(const struct tested *tested, struct fault *fault) MUST_CHECK;
/* STATUS_OK when no stream waits in the journal. */
enum status tested_is_drained(const struct tested *tested, struct fault *fault) MUST_CHECK;

/* Puts other rules in force (see shim.h); "" ends all. Counts hits anew. */
void tested_fail(struct tested *tested, const char *rules);
enum status tested_cut_power(struct tested *tested, uint64_t seed, struct power_cut_report *report,
                             struct fault *fault) MUST_CHECK;
/* Prints the end of what it said. */
void tested_print_output(const struct tested *tested);

#endif
