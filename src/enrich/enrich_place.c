#include "enrich/enrich_place.h"

#include "enrich/hosting_networks.h"

static enum status know(const struct visitor *visitor, const struct enrich_tools *tools,
                        struct facts *facts, struct arena *arena)
{
    if (!visitor->has_address || (!tools->places.countries && !tools->places.networks)) {
        return STATUS_OK;
    }
    struct geo_place *place = arena_alloc(arena, sizeof(*place));
    if (!place) {
        return STATUS_NO_MEMORY;
    }
    place_memory_ask(tools->place_memory, &tools->places, &visitor->address, place);
    facts->country = view_make(place->country, place->country_len);
    facts->region = view_make(place->region, place->region_len);
    facts->bot_reasons |= (uint32_t)hosting_networks_hold(place->network) << BOT_DATACENTER;
    return STATUS_OK;
}

const struct enricher enrich_place = {.name = "place", .know = know};
