#include "app/counts.h"

#include <stdatomic.h>
#include <stddef.h>

#define ROW(field, metric, labels, help)                                               \
    {                                                                                  \
#field, "pipes_" metric "_total", labels, help, offsetof(struct counts, field) \
    }

static const struct {
    const char *name;
    const char *metric;
    const char *labels;
    const char *help;
    size_t offset;
} ROWS[] = {
    ROW(requests, "requests", "", "requests that carry events"),
    ROW(refused_not_json, "requests_refused", "{reason=\"not_json\"}",
        "requests that were refused as a whole"),
    ROW(refused_too_big, "requests_refused", "{reason=\"too_big\"}", NULL),
    ROW(refused_origin, "requests_refused", "{reason=\"origin\"}", NULL),
    ROW(refused_overloaded, "requests_refused", "{reason=\"overloaded\"}", NULL),
    ROW(refused_source, "requests_refused", "{reason=\"source\"}", NULL),
    ROW(refused_site, "requests_refused", "{reason=\"site\"}", NULL),
    ROW(refused_site_unknown, "requests_refused", "{reason=\"site_unknown\"}", NULL),
    ROW(refused_key, "requests_refused", "{reason=\"key\"}", NULL),
    ROW(refused_http, "requests_refused", "{reason=\"http\"}", NULL),
    ROW(turned_away, "connections_turned_away", "", "connections over connections-max"),
    ROW(received, "events_received", "", "events of requests that were not refused"),
    ROW(accepted, "events", "{outcome=\"accepted\"}",
        "what became of the events that were received"),
    ROW(quarantined, "events", "{outcome=\"quarantined\"}", NULL),
    ROW(dropped_signal, "events", "{outcome=\"dropped_signal\"}", NULL),
    ROW(dropped_forgotten, "events", "{outcome=\"dropped_forgotten\"}", NULL),
    ROW(given_up, "events", "{outcome=\"given_up\"}", NULL),
    ROW(dropped_gpc, "events_dropped", "{signal=\"gpc\"}",
        "events that somebody said no to, by what said it"),
    ROW(dropped_dnt, "events_dropped", "{signal=\"dnt\"}", NULL),
    ROW(dropped_opt_out, "events_dropped", "{signal=\"opt_out\"}", NULL),
    ROW(dropped_denied, "events_dropped", "{signal=\"denied\"}", NULL),
    ROW(dropped_no_consent, "events_dropped", "{signal=\"no_consent\"}", NULL),
    ROW(lone_surrogates, "lone_surrogates_repaired", "", "halves of characters that were repaired"),
    ROW(events_scrubbed, "events_scrubbed", "", "events that lost something nobody wanted to send"),
    ROW(raw_kept, "raw_requests", "{outcome=\"kept\"}", "requests to be kept as they came"),
    ROW(raw_dropped, "raw_requests", "{outcome=\"dropped\"}", NULL),
    ROW(commits, "journal_commits", "", "commits of the journal"),
    ROW(commit_failures, "journal_commit_failures", "",
        "commits that failed; their requests got 503"),
};

bool counts_value(struct counts *counts, unsigned i, struct counts_value *value)
{
    if (i >= sizeof(ROWS) / sizeof(ROWS[0])) {
        return false;
    }
    _Atomic uint64_t *field = (_Atomic uint64_t *)(void *)((char *)counts + ROWS[i].offset);
    *value = (struct counts_value){ROWS[i].name, ROWS[i].metric, ROWS[i].labels, ROWS[i].help,
                                   atomic_load(field)};
    return true;
}

enum status counts_append(struct buf *out, struct counts *counts)
{
    struct counts_value value;
    for (unsigned i = 0; counts_value(counts, i, &value); i++) {
        buf_append_format(out, "%c\"%s\":%llu", i == 0 ? '{' : ',', value.name,
                          (unsigned long long)value.value);
    }
    return buf_append_byte(out, '}');
}
