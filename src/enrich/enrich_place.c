#include "enrich/enrich_place.h"

static enum status know(const struct visitor *visitor, const struct enrich_tools *tools,
                        struct facts *facts, struct arena *arena)
{
    const struct place_files *files = &tools->places;
    if (!visitor->has_address || (!files->countries && !files->networks && !files->hosting)) {
        return STATUS_OK;
    }
    struct place_found *found = arena_alloc(arena, sizeof(*found));
    if (!found) {
        return STATUS_NO_MEMORY;
    }
    place_memory_ask(tools->place_memory, files, visitor, found);
    facts->country = view_make(found->place.country, found->place.country_len);
    facts->region = view_make(found->place.region, found->place.region_len);
    facts->bot_reasons |= (uint32_t)found->is_hosting << BOT_DATACENTER;
    return STATUS_OK;
}

const struct enricher enrich_place = {.name = "place", .know = know};
