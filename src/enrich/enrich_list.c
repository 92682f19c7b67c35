#include "enrich/enrich_list.h"

#include "enrich/enrich_agent.h"
#include "enrich/enrich_cadence.h"
#include "enrich/enrich_columns.h"
#include "enrich/enrich_place.h"
#include "enrich/enrich_referrer.h"
#include "enrich/enrich_url.h"

static const struct enricher *const ENRICHERS[] = {
    &enrich_agent,   &enrich_place,
    &enrich_url,     &enrich_referrer, /* needs the host and the campaign */
    &enrich_cadence, &enrich_columns,  /* last: what the others found goes into the event */
};

enum { ENRICHER_COUNT = sizeof(ENRICHERS) / sizeof(ENRICHERS[0]) };

enum status enrich_list_know(const struct visitor *visitor, const struct enrich_tools *tools,
                             struct facts *facts, struct arena *arena)
{
    enum status status = STATUS_OK;
    *facts = (struct facts){.is_known = true};
    for (size_t i = 0; i < ENRICHER_COUNT && status == STATUS_OK; i++) {
        if (ENRICHERS[i]->know) {
            status = ENRICHERS[i]->know(visitor, tools, facts, arena);
        }
    }
    return status;
}

enum status enrich_list_apply(struct event *event, const struct facts *facts,
                              const struct enrich_tools *tools, struct arena *arena)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ENRICHER_COUNT && status == STATUS_OK; i++) {
        if (ENRICHERS[i]->apply) {
            status = ENRICHERS[i]->apply(event, facts, tools, arena);
        }
    }
    return status;
}
