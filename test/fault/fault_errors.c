/*
 * fault_errors.c - the disk fills, fails or goes; descriptors and memory run out; the clock jumps.
 * While it lasts a client sees 200, which is true, or 503 with Retry-After, and the admin address
 * answers. When it is over the collector recovers by itself, and all that was acknowledged is in
 * the lake, once. [--rounds N] [--seed N] [--only TEXT]
 */
#include "fault_base.h"
#include "fault_http.h"
#include "fault_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    THREADS = 4,
    WARM_REQUESTS = 30,
    FAULT_MS = 500,
    ADMIN_MS = 1000, /* far above what it takes: a slow machine is no failure */
    PATIENCE_MS = 20000,
    FEW_FILES = 300,
    IDLE_CONNECTIONS = 400,
    LITTLE_MEMORY = 1 << 20,
    HOUR_MS = 3600000,
    DAY_MS = 24 * HOUR_MS
};

/* What the client must see while it lasts. */
enum outcome {
    SEES_EITHER,
    SEES_REFUSALS, /* some 503 at least */
    SEES_NONE,     /* 200 only */
};

struct trial {
    struct fault_run run;
    struct tested tested;
    struct ledger *ledger;
    struct fault_client *client;
};

struct fault_case {
    const char *name;
    const char *rules; /* for disk_shim; NULL: `begin` and `end` make the trouble */
    enum outcome outcome;
    bool may_break; /* connections may end without an answer */
    uint32_t sync_delay_ms;
    uint64_t open_files_max;
    bool has_clock_shim;
    unsigned threads; /* 0: THREADS */
    enum status (*begin)(struct trial *trial, struct fault *fault);
    enum status (*end)(struct trial *trial, struct fault *fault);
};

/* A case that goes its own way. */
struct fault_story {
    const char *name;
    enum status (*run)(struct trial *trial, struct fault *fault);
};

/* --- trouble that no rule makes --- */

static enum status jump_back(struct trial *trial, struct fault *fault)
{
    (void)fault;
    atomic_store(&trial->tested.control->clock_ahead_ms, -HOUR_MS);
    return STATUS_OK;
}

static enum status jump_ahead(struct trial *trial, struct fault *fault)
{
    (void)fault;
    atomic_store(&trial->tested.control->clock_ahead_ms, DAY_MS);
    return STATUS_OK;
}

static enum status pass_an_hour(struct trial *trial, struct fault *fault)
{
    (void)fault;
    atomic_store(&trial->tested.control->clock_ahead_ms, HOUR_MS);
    return STATUS_OK;
}

static enum status jump_to_and_fro(struct trial *trial, struct fault *fault)
{
    (void)fault;
    for (int i = 0; i < 8; i++) {
        atomic_store(&trial->tested.control->clock_ahead_ms, i % 2 == 0 ? DAY_MS : -HOUR_MS);
        fault_sleep_ms(40);
    }
    return STATUS_OK;
}

static enum status right_the_clock(struct trial *trial, struct fault *fault)
{
    (void)fault;
    atomic_store(&trial->tested.control->clock_ahead_ms, 0);
    return STATUS_OK;
}

/* Takes all descriptors the collector may have. */
static enum status crowd(struct trial *trial, struct fault *fault)
{
    struct fault_http *idle = calloc(IDLE_CONNECTIONS, sizeof(*idle));
    for (int i = 0; idle && i < IDLE_CONNECTIONS; i++) {
        fault_http_init(&idle[i]);
        fault_http_begin(&idle[i], trial->tested.port);
    }
    fault_sleep_ms(FAULT_MS);
    for (int i = 0; idle && i < IDLE_CONNECTIONS; i++) {
        fault_http_close(&idle[i]);
    }
    free(idle);
    return idle ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "no memory for connections");
}

static enum status limit_memory(struct trial *trial, uint64_t more, struct fault *fault)
{
    char path[64];
    unsigned long pages = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", trial->tested.pid);
    FILE *file = fopen(path, "re");
    bool is_read = file && fscanf(file, "%lu", &pages) == 1;
    if (file) {
        fclose(file);
    }
    struct rlimit most = {.rlim_cur = more == 0 ? RLIM_INFINITY : pages * 4096 + more,
                          .rlim_max = RLIM_INFINITY};
    return is_read && prlimit(trial->tested.pid, RLIMIT_AS, &most, NULL) == 0
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot limit memory");
}

static enum status squeeze_memory(struct trial *trial, struct fault *fault)
{
    return limit_memory(trial, LITTLE_MEMORY, fault);
}

static enum status free_memory(struct trial *trial, struct fault *fault)
{
    return limit_memory(trial, 0, fault);
}

static enum status move_folder(struct trial *trial, bool is_back, struct fault *fault)
{
    char away[TESTED_PATH_BYTES + 32];
    const char *data = trial->tested.data;
    snprintf(away, sizeof(away), "%s.away", data);
    return rename(is_back ? away : data, is_back ? data : away) == 0
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot move %s", data);
}

static enum status move_away(struct trial *trial, struct fault *fault)
{
    return move_folder(trial, false, fault);
}

static enum status move_back(struct trial *trial, struct fault *fault)
{
    return move_folder(trial, true, fault);
}

static const struct fault_case CASES[] = {
    {.name = "no space for the journal",
     .rules = "pwrite:ENOSPC:20:0:/journal/",
     .outcome = SEES_REFUSALS},
    {.name = "no space for a moment",
     .rules = "pwrite:ENOSPC:20:5:/journal/",
     .outcome = SEES_EITHER},
    {.name = "no space for the lake", .rules = "pwrite:ENOSPC:1:0:/lake/", .outcome = SEES_NONE},
    {.name = "no space for anything", .rules = "change:ENOSPC:1:0", .outcome = SEES_REFUSALS},
    {.name = "the quota is used up",
     .rules = "pwrite:EDQUOT:1:0;mkdirat:EDQUOT:1:0;create:EDQUOT:1:0",
     .outcome = SEES_REFUSALS},
    {.name = "half a write, then no space",
     .rules = "pwrite:short:1:1:/journal/;pwrite:ENOSPC:2:200:/journal/",
     .outcome = SEES_REFUSALS},
    {.name = "short writes", .rules = "pwrite:short:1:0", .outcome = SEES_NONE},
    {.name = "short writes now and then",
     .rules = "pwrite:short:3:1;pwrite:short:9:4;pwrite:short:40:9",
     .outcome = SEES_NONE},
    {.name = "interrupted writes", .rules = "pwrite:EINTR:1:50", .outcome = SEES_NONE},
    {.name = "the journal cannot be written",
     .rules = "pwrite:EIO:1:0:/journal/",
     .outcome = SEES_REFUSALS},
    {.name = "one sync fails", .rules = "fdatasync:EIO:3:1", .outcome = SEES_NONE},
    {.name = "every third sync fails",
     .rules = "fdatasync:EIO:3:1;fdatasync:EIO:6:1;fdatasync:EIO:9:1;"
              "fdatasync:EIO:12:1;fdatasync:EIO:15:1;fdatasync:EIO:18:1",
     .outcome = SEES_EITHER},
    {.name = "all syncs of data fail", .rules = "fdatasync:EIO:1:0", .outcome = SEES_REFUSALS},
    {.name = "the lake cannot be synced", .rules = "fsync:EIO:1:0:/lake/", .outcome = SEES_NONE},
    {.name = "nothing can be synced", .rules = "sync:EIO:1:0", .outcome = SEES_REFUSALS},
    {.name = "syncs fail and segments cannot be cut",
     .rules = "fdatasync:EIO:5:9;ftruncate:EIO:1:0",
     .outcome = SEES_EITHER},
    {.name = "syncs fail and segments cannot be removed",
     .rules = "fdatasync:EIO:5:9;unlinkat:EIO:1:0",
     .outcome = SEES_EITHER},
    {.name = "read-only", .rules = "change:EROFS:1:0", .outcome = SEES_REFUSALS},
    {.name = "the lake is read-only", .rules = "change:EROFS:1:0:/lake/", .outcome = SEES_NONE},
    {.name = "no name can be changed", .rules = "renameat:EIO:1:0", .outcome = SEES_NONE},
    {.name = "the cursor cannot be replaced",
     .rules = "renameat:EIO:1:0:CURSOR",
     .outcome = SEES_NONE},
    {.name = "keys cannot be saved", .rules = "renameat:EIO:1:0:/keys/", .outcome = SEES_NONE},
    {.name = "the third part cannot be named",
     .rules = "renameat:EIO:3:1:/raw/",
     .outcome = SEES_NONE},
    /* Released segments are renamed; only where that fails, too, are they removed. */
    {.name = "no segment can be taken back or removed",
     .rules = "renameat:EIO:1:0:_spare-;unlinkat:EIO:1:0",
     .outcome = SEES_NONE},
    {.name = "no folder can be made for the next day",
     .rules = "mkdirat:ENOSPC:1:0",
     .outcome = SEES_NONE,
     .has_clock_shim = true,
     .begin = jump_ahead,
     .end = right_the_clock},
    {.name = "no file can be opened", .rules = "openat:EMFILE:1:0", .outcome = SEES_EITHER},
    {.name = "the lake cannot open files",
     .rules = "openat:ENFILE:1:0:/lake/",
     .outcome = SEES_NONE},
    {.name = "the lake is dead for an hour, by the clock",
     .rules = "change:EIO:1:0:/lake/",
     .outcome = SEES_NONE,
     .has_clock_shim = true,
     .begin = pass_an_hour},
    {.name = "segments cannot be mapped", .rules = "mmap:ENOMEM:1:0", .outcome = SEES_NONE},
    {.name = "a slow disk", .outcome = SEES_NONE, .sync_delay_ms = 50},
    {.name = "a slow disk that fills",
     .rules = "pwrite:ENOSPC:5:0",
     .outcome = SEES_REFUSALS,
     .sync_delay_ms = 50},
    {.name = "the clock goes back an hour",
     .outcome = SEES_NONE,
     .has_clock_shim = true,
     .begin = jump_back,
     .end = right_the_clock},
    {.name = "the clock goes ahead a day",
     .outcome = SEES_NONE,
     .has_clock_shim = true,
     .begin = jump_ahead,
     .end = right_the_clock},
    {.name = "the clock jumps to and fro",
     .outcome = SEES_NONE,
     .has_clock_shim = true,
     .begin = jump_to_and_fro,
     .end = right_the_clock},
    {.name = "too many connections",
     .may_break = true,
     .open_files_max = FEW_FILES,
     .begin = crowd},
    {.name = "memory runs out",
     .may_break = true,
     .threads = 32,
     .begin = squeeze_memory,
     .end = free_memory},
    {.name = "the data folder is moved away and back",
     .outcome = SEES_EITHER,
     .begin = move_away,
     .end = move_back},
};

/* --- watching --- */

static enum status ask_admin(const struct tested *tested, const char *what, uint64_t *parts,
                             struct fault *fault)
{
    struct fault_http *http = malloc(sizeof(*http));
    struct fault_http_answer answer = {0};
    int64_t begin_ms = fault_now_ms();
    if (!http) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to ask");
    }
    fault_http_init(http);
    bool is_answered = fault_http_ask(http, tested->admin_port, what, view_make(NULL, 0), &answer);
    int64_t took_ms = fault_now_ms() - begin_ms;
    const char *found =
        is_answered ? strstr(http->bytes + strlen(http->bytes) + 4, "\"parts\":") : NULL;
    if (parts) {
        *parts = found ? strtoull(found + strlen("\"parts\":"), NULL, 10) : 0;
    }
    fault_http_close(http);
    free(http);
    if (!is_answered || answer.status != 200 || took_ms > ADMIN_MS) {
        return fault_set(fault, STATUS_IO, "%s on the admin address: %d after %lld ms", what,
                         answer.status, (long long)took_ms);
    }
    return STATUS_OK;
}

static uint64_t kept(struct trial *trial)
{
    struct fault_client_tally tally;
    fault_client_tally(trial->client, &tally);
    return tally.kept;
}

static enum status wait_for_requests(struct trial *trial, uint64_t more, struct fault *fault)
{
    uint64_t wanted = kept(trial) + more;
    int64_t end = fault_now_ms() + PATIENCE_MS;
    while (kept(trial) < wanted) {
        if (!tested_is_alive(&trial->tested)) {
            return fault_set(fault, STATUS_IO, "pipes serve ended by itself");
        }
        if (fault_now_ms() > end) {
            return fault_set(fault, STATUS_IO, "it did not take events for %d ms", PATIENCE_MS);
        }
        fault_sleep_ms(5);
    }
    return STATUS_OK;
}

/* Until the lake closes parts, too. */
static enum status wait_for_lake(struct trial *trial, struct fault *fault)
{
    uint64_t before = 0;
    uint64_t now = 0;
    int64_t end = fault_now_ms() + PATIENCE_MS;
    enum status status = ask_admin(&trial->tested, "GET /counts", &before, fault);
    for (now = before; status == STATUS_OK && now < before + 2;) {
        if (fault_now_ms() > end) {
            return fault_set(fault, STATUS_IO, "the lake did not go on in %d ms", PATIENCE_MS);
        }
        fault_sleep_ms(10);
        status = ask_admin(&trial->tested, "GET /counts", &now, fault);
    }
    return status;
}

static enum status judge_tally(const struct fault_case *that,
                               const struct fault_client_tally *tally, struct fault *fault)
{
    if (tally->broken > 0 && !that->may_break) {
        return fault_set(fault, STATUS_IO, "%llu requests got no answer",
                         (unsigned long long)tally->broken);
    }
    if (that->outcome == SEES_NONE && tally->refused > 0) {
        return fault_set(fault, STATUS_IO, "%llu requests were refused without need",
                         (unsigned long long)tally->refused);
    }
    if (that->outcome == SEES_REFUSALS && tally->refused == 0) {
        return fault_set(fault, STATUS_IO, "no request was refused: it says 200 to everything");
    }
    return STATUS_OK;
}

/* --- one case --- */

static enum status make_trouble(struct trial *trial, const struct fault_case *that,
                                struct fault *fault)
{
    struct tested *tested = &trial->tested;
    atomic_store(&tested->control->sync_delay_ms, that->sync_delay_ms);
    enum status status = that->begin ? that->begin(trial, fault) : STATUS_OK;
    tested_fail(tested, that->rules ? that->rules : "");
    int64_t end = fault_now_ms() + FAULT_MS;
    /* With no descriptors left nobody can ask. */
    while (status == STATUS_OK && fault_now_ms() < end && !that->may_break) {
        status = ask_admin(tested, "GET /healthz", NULL, fault);
        fault_sleep_ms(50);
    }
    fault_sleep_ms(that->may_break ? FAULT_MS : 0);
    uint32_t hits = atomic_load(&tested->control->hits);
    tested_fail(tested, "");
    atomic_store(&tested->control->sync_delay_ms, 0);
    if (status == STATUS_OK && that->end) {
        status = that->end(trial, fault);
    }
    if (status == STATUS_OK && that->rules && hits == 0) {
        status = fault_set(fault, STATUS_IO, "no call was hit: the case proves nothing");
    }
    return status;
}

static enum status run_under_load(struct trial *trial, const struct fault_case *that,
                                  struct fault *fault)
{
    struct fault_client_options load = {.ledger = trial->ledger,
                                        .port = trial->tested.port,
                                        .threads = that->threads > 0 ? that->threads : THREADS,
                                        .seed = trial->run.seed,
                                        .resends = true,
                                        .pause_ms = 1};
    enum status status = fault_client_start(&trial->client, &load, fault);
    if (status == STATUS_OK) {
        status = wait_for_requests(trial, WARM_REQUESTS, fault);
    }
    if (status == STATUS_OK) {
        status = make_trouble(trial, that, fault);
    }
    if (status == STATUS_OK) {
        status = wait_for_requests(trial, WARM_REQUESTS, fault);
    }
    return status == STATUS_OK ? wait_for_lake(trial, fault) : status;
}

static enum status run_trial(struct trial *trial, const struct fault_case *that,
                             struct fault *fault)
{
    struct fault_client_tally tally;
    trial->tested.has_clock_shim = that->has_clock_shim;
    trial->tested.open_files_max = that->open_files_max;
    enum status status = tested_start(&trial->tested, fault);
    if (status == STATUS_OK) {
        status = run_under_load(trial, that, fault);
    }
    fault_client_stop(trial->client, &tally);
    fault_run_add(&trial->run, &tally);
    if (status == STATUS_OK) {
        status = judge_tally(that, &tally, fault);
    }
    if (status == STATUS_OK) {
        status = tested_stop(&trial->tested, fault);
    }
    return status == STATUS_OK ? fault_run_check(&trial->run, &trial->tested, trial->ledger, fault)
                               : status;
}

static int run_case(const struct fault_run *run, const struct fault_case *that,
                    const struct fault_story *story)
{
    struct trial trial = {.run = *run, .ledger = ledger_create()};
    struct fault fault = {0};
    printf("%s\n", that ? that->name : story->name);
    enum status status = tested_make(&trial.tested, &fault);
    if (!trial.ledger) {
        status = fault_set(&fault, STATUS_NO_MEMORY, "no memory for a ledger");
    }
    if (status == STATUS_OK) {
        trial.tested.has_disk_shim = true;
        status = that ? run_trial(&trial, that, &fault) : story->run(&trial, &fault);
    }
    ledger_destroy(trial.ledger);
    return fault_run_end(&trial.run, &trial.tested, status, &fault);
}

/* --- cases that go their own way --- */

/* Until everything is refused for a while. */
static enum status wait_for_refusals(struct trial *trial, struct fault *fault)
{
    int64_t end = fault_now_ms() + PATIENCE_MS;
    for (uint64_t before = UINT64_MAX; before != kept(trial);) {
        before = kept(trial);
        if (fault_now_ms() > end) {
            return fault_set(fault, STATUS_IO, "it still says 200 after %d ms", PATIENCE_MS);
        }
        fault_sleep_ms(FAULT_MS);
    }
    return tested_is_alive(&trial->tested)
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "pipes serve ended by itself");
}

/* Answers that were on their way while the folder went are right; no later one is. */
static enum status remove_under_load(struct trial *trial, struct fault *fault)
{
    struct fault_client_tally tally;
    struct fault_client_options load = {
        .ledger = trial->ledger, .port = trial->tested.port, .threads = THREADS, .pause_ms = 1};
    enum status status = fault_client_start(&trial->client, &load, fault);
    if (status == STATUS_OK) {
        status = wait_for_requests(trial, WARM_REQUESTS, fault);
    }
    fault_remove_tree(trial->tested.data);
    uint64_t before = ledger_acknowledged(trial->ledger);
    if (status == STATUS_OK) {
        status = wait_for_refusals(trial, fault);
    }
    uint64_t after = ledger_acknowledged(trial->ledger) - before;
    if (status == STATUS_OK && after > THREADS * FAULT_CLIENT_BATCH_MAX) {
        status =
            fault_set(fault, STATUS_IO, "%llu events were acknowledged after their folder was gone",
                      (unsigned long long)after);
    }
    fault_client_stop(trial->client, &tally);
    if (status == STATUS_OK && tally.broken + tally.wrong > 0) {
        status =
            fault_set(fault, STATUS_IO, "answers other than 200 and 503: %s", tally.first_wrong);
    }
    return status;
}

static enum status lose_folder(struct trial *trial, struct fault *fault)
{
    enum status status = tested_start(&trial->tested, fault);
    if (status == STATUS_OK) {
        status = remove_under_load(trial, fault);
    }
    tested_kill(&trial->tested);
    if (status == STATUS_OK) {
        status = tested_start(&trial->tested, fault);
    }
    return status == STATUS_OK ? tested_stop(&trial->tested, fault) : status;
}

static enum status start_read_only(struct trial *trial, struct fault *fault)
{
    struct fault ignored = {0};
    tested_fail(&trial->tested, "change:EROFS:1:0");
    if (tested_start(&trial->tested, &ignored) == STATUS_OK) {
        return fault_set(fault, STATUS_IO, "it started and could keep nothing");
    }
    if (tested_is_alive(&trial->tested)) {
        return fault_set(fault, STATUS_IO, "it neither started nor ended");
    }
    tested_fail(&trial->tested, "");
    enum status status = tested_start(&trial->tested, fault);
    return status == STATUS_OK ? tested_stop(&trial->tested, fault) : status;
}

static const struct fault_story STORIES[] = {
    {"the data folder is removed", lose_folder},
    {"a start on a read-only disk", start_read_only},
};

int main(int argc, char **argv)
{
    struct fault_run run;
    if (!fault_run_init(&run, argc, argv, 1)) {
        return 2;
    }
    printf("fault_errors: %u rounds, --seed %llu\n", run.rounds, (unsigned long long)run.seed);
    int failed = 0;
    for (unsigned round = 0; round < run.rounds; round++) {
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
            failed += strstr(CASES[i].name, run.only) ? run_case(&run, &CASES[i], NULL) : 0;
        }
        for (size_t i = 0; i < sizeof(STORIES) / sizeof(STORIES[0]); i++) {
            failed += strstr(STORIES[i].name, run.only) ? run_case(&run, NULL, &STORIES[i]) : 0;
        }
        run.seed++;
    }
    printf("fault_errors: %d cases failed\n", failed);
    return failed > 0;
}
