#include "enrich/enrich_columns.h"

#include "enrich/bot_reasons.h"

static void set(struct event *event, enum column column, struct view text)
{
    if (text.len > 0 && !event_has(event, column)) {
        event_set_plain(event, column, text);
    }
}

static enum status set_reasons(struct event *event, uint32_t reasons, struct arena *arena)
{
    char text[BOT_REASON_TEXT_BYTES];
    struct view copy = arena_copy(arena, bot_reasons_text(reasons, text));
    set(event, COLUMN_BOT_REASON, copy);
    return copy.at ? STATUS_OK : STATUS_NO_MEMORY;
}

static uint32_t reasons_of(const struct event *event, const struct facts *facts)
{
    return facts->bot_reasons | (uint32_t)event->told.is_driven << BOT_WEBDRIVER |
           (uint32_t)event->told.is_rapid << BOT_CADENCE;
}

static enum status apply(struct event *event, const struct facts *facts,
                         const struct enrich_tools *tools, struct arena *arena)
{
    (void)tools;
    set(event, COLUMN_BROWSER, facts->browser);
    set(event, COLUMN_BROWSER_VERSION, facts->browser_version);
    set(event, COLUMN_OS, facts->os);
    set(event, COLUMN_OS_VERSION, facts->os_version);
    set(event, COLUMN_DEVICE_KIND, facts->device_kind);
    set(event, COLUMN_COUNTRY, facts->country);
    set(event, COLUMN_REGION, facts->region);
    uint32_t reasons = reasons_of(event, facts);
    if (facts->is_known) {
        event_set_boolean(event, COLUMN_IS_BOT, bot_reasons_score(reasons) >= BOT_CERTAIN);
    }
    return reasons == 0 ? STATUS_OK : set_reasons(event, reasons, arena);
}

const struct enricher enrich_columns = {.name = "columns", .apply = apply};
