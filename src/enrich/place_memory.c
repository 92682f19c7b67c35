#include "enrich/place_memory.h"

#include "base/hash.h"
#include "enrich/hosting_networks.h"

#include <stdlib.h>

struct slot {
    uint64_t key; /* 0: free */
    struct place_found found;
};

struct place_memory {
    uint64_t seed;
    struct slot slots[PLACE_MEMORY_KEPT];
};

enum status place_memory_create(struct place_memory **memory, uint64_t seed, struct fault *fault)
{
    struct place_memory *made = calloc(1, sizeof(*made));
    *memory = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for places");
    }
    made->seed = seed;
    return STATUS_OK;
}

void place_memory_destroy(struct place_memory *memory)
{
    free(memory);
}

static bool is_hosting(const struct place_files *files, const struct geo_place *place,
                       const struct visitor *visitor)
{
    return place->bits <= visitor->address_bits &&
           (hosting_networks_hold(place->network) ||
            hosting_list_holds_number(files->hosting, place->network));
}

static void look_up(const struct place_files *files, const struct visitor *visitor,
                    struct place_found *found)
{
    struct geo_place network = {0};
    *found = (struct place_found){0};
    if (files->countries) {
        geo_find(files->countries, &visitor->address, &found->place);
    }
    if (files->networks) {
        geo_find(files->networks, &visitor->address, &network);
    }
    found->is_hosting =
        is_hosting(files, network.network > 0 ? &network : &found->place, visitor) ||
        hosting_list_holds(files->hosting, &visitor->address, visitor->address_bits);
}

void place_memory_ask(struct place_memory *memory, const struct place_files *files,
                      const struct visitor *visitor, struct place_found *found)
{
    if (!memory) {
        look_up(files, visitor, found);
        return;
    }
    struct view bytes =
        view_make((const char *)visitor->address.bytes, sizeof(visitor->address.bytes));
    uint64_t seed = memory->seed + (files->generation << 8) + visitor->address_bits;
    uint64_t key = hash_64(seed, bytes) | 1;
    struct slot *slot = &memory->slots[key / 2 % PLACE_MEMORY_KEPT];
    if (slot->key != key) {
        look_up(files, visitor, &slot->found);
        slot->key = key;
    }
    *found = slot->found;
}
