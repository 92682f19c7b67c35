#include "enrich/place_memory.h"

#include "base/hash.h"

#include <stdlib.h>

struct slot {
    uint64_t key; /* 0: free */
    struct geo_place place;
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

static void look_up(const struct place_files *files, const struct ip_address *address,
                    struct geo_place *place)
{
    struct geo_place network = {0};
    *place = (struct geo_place){0};
    if (files->countries) {
        geo_find(files->countries, address, place);
    }
    if (files->networks) {
        geo_find(files->networks, address, &network);
    }
    place->network = network.network > 0 ? network.network : place->network;
}

void place_memory_ask(struct place_memory *memory, const struct place_files *files,
                      const struct ip_address *address, struct geo_place *place)
{
    if (!memory) {
        look_up(files, address, place);
        return;
    }
    struct view bytes = view_make((const char *)address->bytes, sizeof(address->bytes));
    uint64_t key = hash_64(memory->seed + files->generation, bytes) | 1;
    struct slot *slot = &memory->slots[key / 2 % PLACE_MEMORY_KEPT];
    if (slot->key != key) {
        look_up(files, address, &slot->place);
        slot->key = key;
    }
    *place = slot->place;
}
