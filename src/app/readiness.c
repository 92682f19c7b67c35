#include "app/readiness.h"

#include "base/json.h"

#include <stdatomic.h>

static const char *const PART_NAMES[READINESS_PARTS] = {"journal", "disk", "lake"};

uint64_t readiness_lag_ms(const struct lake_counts *lake, const struct clock *clock)
{
    int64_t since_ms = atomic_load(&lake->behind_since_ms);
    int64_t lag = clock_now_ms(clock) - since_ms;
    return since_ms > 0 && lag > 0 ? (uint64_t)lag : 0;
}

static enum status look_at_journal(const struct readiness_source *source, struct fault *fault)
{
    return atomic_load(&source->counts->is_commit_failing)
               ? fault_set(fault, STATUS_IO, "the last commit failed; the log says why")
               : journal_check_spool(source->journal, fault);
}

static enum status look_at_lake(const struct readiness_source *source, struct fault *fault)
{
    uint64_t lag_ms = readiness_lag_ms(source->lake, source->clock);
    return lag_ms > READINESS_LAG_MS
               ? fault_set(fault, STATUS_BUSY,
                           "the lake is %llu s behind the journal; the log says why",
                           (unsigned long long)lag_ms / 1000)
               : STATUS_OK;
}

void readiness_look(struct readiness *readiness, const struct readiness_source *source)
{
    struct fault *why = readiness->why;
    bool *is_ready = readiness->is_part_ready;
    is_ready[READINESS_JOURNAL] = look_at_journal(source, &why[READINESS_JOURNAL]) == STATUS_OK;
    is_ready[READINESS_DISK] =
        journal_check_disk(source->journal, &why[READINESS_DISK]) == STATUS_OK;
    is_ready[READINESS_LAKE] = look_at_lake(source, &why[READINESS_LAKE]) == STATUS_OK;
    readiness->is_ready = true;
    for (int i = 0; i < READINESS_PARTS; i++) {
        readiness->is_ready = readiness->is_ready && is_ready[i];
    }
}

void readiness_append(const struct readiness *readiness, struct buf *out)
{
    buf_append_format(out, "{\"ready\":%s", readiness->is_ready ? "true" : "false");
    for (int i = 0; i < READINESS_PARTS; i++) {
        buf_append_format(out, ",\"%s\":{\"ok\":%s", PART_NAMES[i],
                          readiness->is_part_ready[i] ? "true" : "false");
        if (!readiness->is_part_ready[i]) {
            buf_append_text(out, ",\"why\":");
            json_append_string(out, view_from_text(readiness->why[i].text));
        }
        buf_append_byte(out, '}');
    }
    buf_append_text(out, "}\n");
}
