#include "enrich/enrich_url.h"

#include "base/url.h"

static const struct {
    const char *parameter;
    enum column column;
} CAMPAIGN[] = {
    {"utm_source", COLUMN_CAMPAIGN_SOURCE},   {"utm_medium", COLUMN_CAMPAIGN_MEDIUM},
    {"utm_campaign", COLUMN_CAMPAIGN_NAME},   {"utm_term", COLUMN_CAMPAIGN_TERM},
    {"utm_content", COLUMN_CAMPAIGN_CONTENT},
};

/* Advertisers' click ids, by the parameter that carries them. */
static const char *const CLICK_IDS[] = {
    "gclid",   "gbraid", "wbraid", "dclid",     "fbclid",
    "msclkid", "ttclid", "twclid", "li_fat_id", "yclid",
};

static void set_if_absent(struct event *event, enum column column, struct view text)
{
    if (text.len > 0 && !event_has(event, column)) {
        event_set_string(event, column, text);
    }
}

static enum status take_parameter(struct event *event, struct view name, struct view value,
                                  struct arena *arena)
{
    for (size_t i = 0; i < sizeof(CAMPAIGN) / sizeof(CAMPAIGN[0]); i++) {
        if (view_is(name, CAMPAIGN[i].parameter)) {
            struct view text = url_decode(value, arena);
            set_if_absent(event, CAMPAIGN[i].column, text);
            return text.at || value.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
        }
    }
    for (size_t i = 0; i < sizeof(CLICK_IDS) / sizeof(CLICK_IDS[0]); i++) {
        if (value.len > 0 && view_is(name, CLICK_IDS[i])) {
            set_if_absent(event, COLUMN_CLICK_ID_KIND, view_from_text(CLICK_IDS[i]));
        }
    }
    return STATUS_OK;
}

enum status enrich_url(struct event *event, struct arena *arena)
{
    struct url_parts parts = url_split(event_text(event, COLUMN_URL));
    set_if_absent(event, COLUMN_HOST, parts.host);
    set_if_absent(event, COLUMN_PATH, parts.path);
    struct view name;
    struct view value;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && url_next_parameter(&parts.query, &name, &value)) {
        status = take_parameter(event, name, value, arena);
    }
    return status;
}
