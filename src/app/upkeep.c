#include "app/upkeep.h"

#include "app/own_child.h"
#include "base/background.h"
#include "base/bell.h"
#include "lake/retention.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 10000,
    CHILD_MS = 100,
    FAULT_INTERVAL_MS = 600000,
    WORDS_MAX = RETENTION_RULES + 12,
    WORD_BYTES = 64,
    WARN_PERCENT = 90,
    DROP_PERCENT = 95, /* the oldest hours go until no more than that is taken */
};

struct upkeep {
    struct upkeep_options options;
    struct bell bell;
    bool is_stopping;    /* under the lock, as the next one */
    struct disk_use use; /* as last measured */
    bool is_closed;
    bool has_warned;
    bool has_dropped;        /* since there was room */
    int64_t retention_at_ms; /* monotonic */
    pid_t child;
    struct logger_gate gate;
    struct logger_gate key_gate;
    pthread_t thread;
};

static uint64_t budget_of(const struct upkeep *upkeep)
{
    return (uint64_t)upkeep->options.config->disk_budget;
}

static bool may_drop(const struct upkeep *upkeep)
{
    return view_is(view_from_text(upkeep->options.config->disk_budget_drop), "oldest");
}

/* `pipes retention` with the ages of this collector, wherever they came from. */
static void start_child(struct upkeep *upkeep, uint64_t keep_bytes)
{
    const struct config *config = upkeep->options.config;
    char text[WORDS_MAX][WORD_BYTES];
    const char *words[WORDS_MAX + 1] = {"pipes",      "retention", "--background", "--data",
                                        config->data, "--duckdb",  config->duckdb};
    size_t count = 7;
    struct fault fault = {0};
    for (int i = 0; i < RETENTION_RULES; i++) {
        snprintf(text[count], WORD_BYTES, "--retention.%s=%lldms", retention_rule_name(i),
                 (long long)config->retention_ms[i]);
        words[count] = text[count];
        count++;
    }
    snprintf(text[count], WORD_BYTES, "--keep-bytes=%llu", (unsigned long long)keep_bytes);
    words[count] = text[count];
    words[count + 1] = NULL;
    if (own_child_start(&upkeep->child, words, -1, &fault) != STATUS_OK) {
        logger_error(upkeep->options.log, "retention", "%s", fault.text);
    }
}

static void look_at_retention(struct upkeep *upkeep)
{
    const struct config *config = upkeep->options.config;
    struct retention retention = {0};
    int64_t now_ms = clock_monotonic_ms(upkeep->options.clock);
    memcpy(retention.keep_ms, config->retention_ms, sizeof(retention.keep_ms));
    if (upkeep->child > 0 || now_ms < upkeep->retention_at_ms || !retention_has_any(&retention)) {
        return;
    }
    upkeep->retention_at_ms = now_ms + config->retention_check_ms;
    start_child(upkeep, 0);
}

static void close_door(struct upkeep *upkeep, bool is_closed)
{
    uint64_t held;
    int64_t now_ms = clock_monotonic_ms(upkeep->options.clock);
    journal_set_closed(upkeep->options.journal, is_closed);
    upkeep->is_closed = is_closed;
    if (is_closed && logger_gate_hit(&upkeep->gate, now_ms, &held)) {
        logger_error(upkeep->options.log, "disk",
                     "disk-budget is used up (%llu of %llu bytes): events get 503 until something "
                     "is removed, retention is shortened, or the budget raised",
                     (unsigned long long)upkeep->use.bytes, (unsigned long long)budget_of(upkeep));
    }
    if (!is_closed && logger_gate_over(&upkeep->gate, now_ms, &held)) {
        logger_info(upkeep->options.log, "disk", "there is room within disk-budget again");
    }
}

/* Until a day is over nobody can tell the pace. */
static void say_near(const struct upkeep *upkeep)
{
    char pace[64] = "";
    double days = disk_use_days_left(&upkeep->use, budget_of(upkeep));
    if (days >= 0) {
        snprintf(pace, sizeof(pace), "; at its present pace the rest lasts for %.1f days", days);
    }
    logger_warn(upkeep->options.log, "disk",
                "%d %% of disk-budget is used up (%llu of %llu bytes)%s", WARN_PERCENT,
                (unsigned long long)upkeep->use.bytes, (unsigned long long)budget_of(upkeep), pace);
}

/* Beyond the budget there is more to say than that. */
static void warn(struct upkeep *upkeep, bool is_over)
{
    bool is_near = upkeep->use.bytes >= budget_of(upkeep) / 100 * WARN_PERCENT;
    if (is_near && !is_over && !upkeep->has_warned) {
        say_near(upkeep);
    }
    upkeep->has_warned = is_near;
}

/* What is compacted is dropped only where that was asked for, and when that does not help, no more
 * is taken either. */
static void look_at_budget(struct upkeep *upkeep)
{
    if (budget_of(upkeep) == 0) {
        return;
    }
    bool is_over = upkeep->use.bytes >= budget_of(upkeep);
    warn(upkeep, is_over);
    if (is_over && may_drop(upkeep) && !upkeep->has_dropped && upkeep->child == 0) {
        logger_warn(upkeep->options.log, "disk", "disk-budget is used up: the oldest hours go");
        start_child(upkeep, budget_of(upkeep) / 100 * DROP_PERCENT);
        upkeep->has_dropped = true;
        return;
    }
    if (upkeep->child == 0 || !is_over) {
        close_door(upkeep, is_over);
        upkeep->has_dropped = upkeep->has_dropped && is_over;
    }
}

static void measure(struct upkeep *upkeep)
{
    struct disk_use use;
    struct fault ignored;
    if (disk_use_measure(&use, upkeep->options.data_fd, &ignored) == STATUS_OK) {
        bell_lock(&upkeep->bell);
        upkeep->use = use;
        bell_unlock(&upkeep->bell);
    }
}

/* True when it ended. */
static bool reap(struct upkeep *upkeep)
{
    int ending = 0;
    if (upkeep->child == 0 || waitpid(upkeep->child, &ending, WNOHANG) == 0) {
        return false;
    }
    upkeep->child = 0;
    if (!WIFEXITED(ending) || WEXITSTATUS(ending) != 0) {
        logger_warn(upkeep->options.log, "retention",
                    "not everything that is over is gone; it is "
                    "tried again later");
    }
    return true;
}

static int64_t pause_ms(const struct upkeep *upkeep)
{
    int64_t check_ms = upkeep->options.config->retention_check_ms;
    return upkeep->child > 0 ? CHILD_MS : check_ms < LOOK_MS ? check_ms : LOOK_MS;
}

/* Under the lock. */
static void wait_a_little(struct upkeep *upkeep)
{
    if (!upkeep->is_stopping) {
        bell_wait_ms(&upkeep->bell, pause_ms(upkeep));
    }
}

/* A day's salt must not wait for the next visitor to be destroyed. */
static void look_at_keys(struct upkeep *upkeep)
{
    struct fault fault = {0};
    uint64_t held;
    const struct upkeep_options *options = &upkeep->options;
    if (key_ring_tick(options->ring, clock_now_ms(options->clock), &fault) != STATUS_OK &&
        logger_gate_hit(&upkeep->key_gate, clock_monotonic_ms(options->clock), &held)) {
        logger_error(options->log, "privacy", "a key that is over could not be destroyed: %s",
                     fault.text);
    }
}

static void *run(void *argument)
{
    struct upkeep *upkeep = argument;
    background_enter(BACKGROUND_LAST);
    int64_t measure_at_ms = 0;
    bell_lock(&upkeep->bell);
    while (!upkeep->is_stopping) {
        bell_unlock(&upkeep->bell);
        int64_t now_ms = clock_monotonic_ms(upkeep->options.clock);
        if (reap(upkeep) || now_ms >= measure_at_ms) {
            measure(upkeep);
            look_at_budget(upkeep);
            measure_at_ms = now_ms + pause_ms(upkeep);
        }
        look_at_retention(upkeep);
        look_at_keys(upkeep);
        bell_lock(&upkeep->bell);
        wait_a_little(upkeep);
    }
    bell_unlock(&upkeep->bell);
    if (upkeep->child > 0) {
        kill(upkeep->child, SIGKILL);
        waitpid(upkeep->child, NULL, 0);
    }
    return NULL;
}

enum status upkeep_start(struct upkeep **upkeep, const struct upkeep_options *options,
                         struct fault *fault)
{
    struct upkeep *made = calloc(1, sizeof(*made));
    *upkeep = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to look after the disk");
    }
    made->options = *options;
    made->gate.interval_ms = FAULT_INTERVAL_MS;
    made->key_gate.interval_ms = FAULT_INTERVAL_MS;
    bell_init(&made->bell);
    int reason = pthread_create(&made->thread, NULL, run, made);
    if (reason != 0) {
        bell_free(&made->bell);
        free(made);
        return fault_errno(fault, reason, "cannot start the thread that looks after the disk");
    }
    pthread_setname_np(made->thread, "upkeep");
    *upkeep = made;
    return STATUS_OK;
}

void upkeep_stop(struct upkeep *upkeep)
{
    if (!upkeep) {
        return;
    }
    bell_lock(&upkeep->bell);
    upkeep->is_stopping = true;
    bell_ring(&upkeep->bell);
    bell_unlock(&upkeep->bell);
    pthread_join(upkeep->thread, NULL);
    bell_free(&upkeep->bell);
    free(upkeep);
}

void upkeep_use(struct upkeep *upkeep, struct disk_use *use, uint64_t *budget)
{
    bell_lock(&upkeep->bell);
    *use = upkeep->use;
    bell_unlock(&upkeep->bell);
    *budget = budget_of(upkeep);
}

void upkeep_append_state(struct upkeep *upkeep, struct buf *out)
{
    struct disk_use use;
    uint64_t budget;
    upkeep_use(upkeep, &use, &budget);
    double days = disk_use_days_left(&use, budget);
    buf_append_format(out,
                      "{\"bytes\":%llu,\"free_bytes\":%llu,\"budget\":%llu,\"bytes_per_day\":%llu",
                      (unsigned long long)use.bytes, (unsigned long long)use.free_bytes,
                      (unsigned long long)budget, (unsigned long long)use.bytes_per_day);
    if (days >= 0) {
        buf_append_format(out, ",\"days_left\":%.1f", days);
    }
    buf_append_byte(out, '}');
}
