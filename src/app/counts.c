#include "app/counts.h"

#include <stdatomic.h>
#include <stddef.h>

static const struct {
    const char *name;
    size_t offset;
} ROWS[] = {
    {"requests", offsetof(struct counts, requests)},
    {"refused_not_json", offsetof(struct counts, refused_not_json)},
    {"refused_too_big", offsetof(struct counts, refused_too_big)},
    {"refused_origin", offsetof(struct counts, refused_origin)},
    {"refused_overloaded", offsetof(struct counts, refused_overloaded)},
    {"refused_source", offsetof(struct counts, refused_source)},
    {"refused_site", offsetof(struct counts, refused_site)},
    {"refused_http", offsetof(struct counts, refused_http)},
    {"turned_away", offsetof(struct counts, turned_away)},
    {"received", offsetof(struct counts, received)},
    {"accepted", offsetof(struct counts, accepted)},
    {"quarantined", offsetof(struct counts, quarantined)},
    {"dropped_signal", offsetof(struct counts, dropped_signal)},
    {"given_up", offsetof(struct counts, given_up)},
    {"lone_surrogates", offsetof(struct counts, lone_surrogates)},
    {"events_scrubbed", offsetof(struct counts, events_scrubbed)},
    {"commits", offsetof(struct counts, commits)},
    {"commit_failures", offsetof(struct counts, commit_failures)},
};

enum status counts_append(struct buf *out, struct counts *counts)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        _Atomic uint64_t *field = (_Atomic uint64_t *)(void *)((char *)counts + ROWS[i].offset);
        buf_append_format(out, "%c\"%s\":%llu", i == 0 ? '{' : ',', ROWS[i].name,
                          (unsigned long long)atomic_load(field));
    }
    return buf_append_byte(out, '}');
}
