#include "enrich/enrich_skeleton.h"

/* Once a request. The visitor is gone afterwards: what is worth keeping of it goes into the facts,
 * in a form from which it cannot be had again. */
static enum status know(const struct visitor *visitor, const struct enrich_tools *tools,
                        struct facts *facts, struct arena *arena)
{
    (void)tools;
    (void)arena;
    if (visitor->agent.len == 0) {
        facts->device_kind = VIEW_LITERAL("other");
    }
    return STATUS_OK;
}

/* Each event. What the client set itself, or an enricher before this one found, stays. */
static enum status apply(struct event *event, const struct facts *facts,
                         const struct enrich_tools *tools, struct arena *arena)
{
    (void)tools;
    (void)arena;
    if (facts->device_kind.len > 0 && !event_has(event, COLUMN_DEVICE_KIND)) {
        event_set_plain(event, COLUMN_DEVICE_KIND, facts->device_kind);
    }
    return STATUS_OK;
}

const struct enricher enrich_skeleton = {
    .name = "skeleton",
    .know = know,
    .apply = apply,
};
