#include "enrich/cadence.h"

#include "base/hash.h"

#include <stdlib.h>

struct slot {
    uint64_t key;
    int32_t second;
    uint32_t count;
};

struct cadence {
    uint64_t seed;
    struct slot slots[CADENCE_KEPT];
};

enum status cadence_create(struct cadence **cadence, uint64_t seed, struct fault *fault)
{
    struct cadence *made = calloc(1, sizeof(*made));
    *cadence = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to count interactions");
    }
    made->seed = seed;
    return STATUS_OK;
}

void cadence_destroy(struct cadence *cadence)
{
    free(cadence);
}

bool cadence_is_rapid(struct cadence *cadence, struct view who, int64_t second)
{
    uint64_t key = hash_64(cadence->seed, who);
    struct slot *slot = &cadence->slots[key % CADENCE_KEPT];
    if (slot->key != key || slot->second != (int32_t)second) {
        *slot = (struct slot){.key = key, .second = (int32_t)second};
    }
    return ++slot->count > CADENCE_MOST;
}
