#include "enrich/enrich_url.h"

#include "base/url.h"

#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static const char UTM[] = "utm_";
static const struct {
    struct view parameter; /* what follows UTM */
    enum column column;
} CAMPAIGN[] = {
    {NAME("source"), COLUMN_CAMPAIGN_SOURCE},   {NAME("medium"), COLUMN_CAMPAIGN_MEDIUM},
    {NAME("campaign"), COLUMN_CAMPAIGN_NAME},   {NAME("term"), COLUMN_CAMPAIGN_TERM},
    {NAME("content"), COLUMN_CAMPAIGN_CONTENT},
};

/* Advertisers' click ids, by the parameter that carries them. */
static const struct view CLICK_IDS[] = {
    NAME("gclid"),   NAME("gbraid"), NAME("wbraid"), NAME("dclid"),     NAME("fbclid"),
    NAME("msclkid"), NAME("ttclid"), NAME("twclid"), NAME("li_fat_id"), NAME("yclid"),
};

/* Text that was cut out of the url. */
static void cut_if_absent(struct event *event, enum column column, struct view text)
{
    if (text.len > 0 && !event_has(event, column)) {
        event_set_like(event, column, text, COLUMN_URL);
    }
}

static enum status take_campaign(struct event *event, struct view name, struct view value,
                                 struct arena *arena)
{
    for (size_t i = 0; i < sizeof(CAMPAIGN) / sizeof(CAMPAIGN[0]); i++) {
        if (!view_equal(name, CAMPAIGN[i].parameter)) {
            continue;
        }
        struct view text = url_decode(value, arena);
        if (text.at == value.at) {
            cut_if_absent(event, CAMPAIGN[i].column, text);
        } else if (text.len > 0 && !event_has(event, CAMPAIGN[i].column)) {
            event_set_string(event, CAMPAIGN[i].column, text);
        }
        return text.at || value.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static void take_click_id(struct event *event, struct view name)
{
    for (size_t i = 0; i < sizeof(CLICK_IDS) / sizeof(CLICK_IDS[0]); i++) {
        if (view_equal(name, CLICK_IDS[i]) && !event_has(event, COLUMN_CLICK_ID_KIND)) {
            event_set_plain(event, COLUMN_CLICK_ID_KIND, CLICK_IDS[i]);
        }
    }
}

static enum status take_parameter(struct event *event, struct view name, struct view value,
                                  struct arena *arena)
{
    size_t prefix = sizeof(UTM) - 1;
    if (name.len > prefix && memcmp(name.at, UTM, prefix) == 0) {
        return take_campaign(event, view_part(name, prefix, name.len), value, arena);
    }
    if (value.len > 0) {
        take_click_id(event, name);
    }
    return STATUS_OK;
}

static enum status apply(struct event *event, const struct facts *facts,
                         const struct enrich_tools *tools, struct arena *arena)
{
    (void)tools;
    (void)facts;
    struct url_parts parts = url_split(event_text(event, COLUMN_URL));
    cut_if_absent(event, COLUMN_HOST, parts.host);
    cut_if_absent(event, COLUMN_PATH, parts.path);
    struct view name;
    struct view value;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && url_next_parameter(&parts.query, &name, &value)) {
        status = take_parameter(event, name, value, arena);
    }
    return status;
}

const struct enricher enrich_url = {.name = "url", .apply = apply};
