#include "enrich/enrich_referrer.h"

#include "base/url.h"
#include "enrich/referrer_list.h"
#include "enrich/same_site.h"

static bool has_campaign(const struct event *event)
{
    return event_has(event, COLUMN_CAMPAIGN_SOURCE) || event_has(event, COLUMN_CAMPAIGN_MEDIUM) ||
           event_has(event, COLUMN_CAMPAIGN_NAME) || event_has(event, COLUMN_CLICK_ID_KIND);
}

static void set(struct event *event, enum column column, struct view text)
{
    if (text.len > 0 && !event_has(event, column)) {
        event_set_plain(event, column, text);
    }
}

static struct view kind_of(const struct event *event, struct view host,
                           const struct referrer_row *row)
{
    return has_campaign(event) ? VIEW_LITERAL("campaign")
           : row               ? referrer_kind_name(row->kind)
           : host.len > 0      ? VIEW_LITERAL("link")
                               : VIEW_LITERAL("direct");
}

static enum status apply(struct event *event, const struct facts *facts,
                         const struct enrich_tools *tools, struct arena *arena)
{
    (void)facts;
    (void)tools;
    (void)arena;
    struct view own = event_text(event, COLUMN_HOST);
    if (own.len == 0) {
        return STATUS_OK;
    }
    struct view host = url_split(event_text(event, COLUMN_REFERRER)).host;
    if (host.len > 0 && same_site(host, own)) {
        set(event, COLUMN_REFERRER_KIND, VIEW_LITERAL("internal"));
        return STATUS_OK;
    }
    const struct referrer_row *row = host.len > 0 ? referrer_list_find(host) : NULL;
    set(event, COLUMN_REFERRER_KIND, kind_of(event, host, row));
    if (row) {
        set(event, COLUMN_REFERRER_NAME, view_from_text(row->name));
    }
    return STATUS_OK;
}

const struct enricher enrich_referrer = {.name = "referrer", .apply = apply};
