#include "enrich/enrich_place.h"

#include "enrich/geo.h"
#include "enrich/hosting_networks.h"

static enum status find_country(const struct visitor *visitor, const struct geo *geo,
                                struct facts *facts, struct arena *arena)
{
    struct geo_place *place = arena_alloc(arena, sizeof(*place));
    if (!place) {
        return STATUS_NO_MEMORY;
    }
    geo_find(geo, &visitor->address, place);
    facts->country = view_make(place->country, place->country_len);
    facts->region = view_make(place->region, place->region_len);
    facts->bot_reasons |= (uint32_t)hosting_networks_hold(place->network) << BOT_DATACENTER;
    return STATUS_OK;
}

static void find_network(const struct visitor *visitor, const struct geo *networks,
                         struct facts *facts)
{
    struct geo_place place;
    geo_find(networks, &visitor->address, &place);
    facts->bot_reasons |= (uint32_t)hosting_networks_hold(place.network) << BOT_DATACENTER;
}

static enum status know(const struct visitor *visitor, const struct enrich_tools *tools,
                        struct facts *facts, struct arena *arena)
{
    if (visitor->has_address && tools->networks) {
        find_network(visitor, tools->networks, facts);
    }
    return visitor->has_address && tools->geo ? find_country(visitor, tools->geo, facts, arena)
                                              : STATUS_OK;
}

const struct enricher enrich_place = {.name = "place", .know = know};
