#include "lake/tombstone_look.h"

#include "base/hash.h"
#include "base/uuid.h"

#include <stdlib.h>

enum { STRANGERS = 1 << 14 };

struct tombstone_look {
    struct tombstones *tombstones;
    struct erasure_key key;
    uint64_t generation; /* of the tombstones for which strangers are strangers; 0: of none */
    uint64_t seed;       /* nobody's to know */
    uint64_t strangers[STRANGERS]; /* fast hashes of ids that have none */
};

enum status tombstone_look_create(struct tombstone_look **look, struct tombstones *tombstones,
                                  struct fault *fault)
{
    struct tombstone_look *made = calloc(1, sizeof(*made));
    *look = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to look at tombstones");
    }
    made->tombstones = tombstones;
    enum status status = uuid_random(&made->seed, sizeof(made->seed), fault);
    if (status != STATUS_OK) {
        tombstone_look_destroy(made);
        return status;
    }
    *look = made;
    return STATUS_OK;
}

void tombstone_look_destroy(struct tombstone_look *look)
{
    if (look) {
        erasure_key_free(&look->key);
        free(look);
    }
}

/* Whoever was a stranger may be none any more, and the key may have been made only now. */
static bool renew(struct tombstone_look *look, uint64_t generation)
{
    struct fault ignored;
    memset(look->strangers, 0, sizeof(look->strangers));
    bool is_there = erasure_key_is_there(&look->key) ||
                    tombstones_copy_key(look->tombstones, &look->key, &ignored) == STATUS_OK;
    look->generation = is_there ? generation : 0; /* tried again */
    return is_there;
}

static bool has_tombstone(const struct tombstone_look *look, struct view site, struct view id)
{
    unsigned char hash[ERASURE_HASH_BYTES];
    erasure_key_hash(&look->key, site, id, hash);
    return tombstones_have(look->tombstones, hash);
}

bool tombstone_look_meets(struct tombstone_look *look, struct view site, struct view id)
{
    uint64_t pair[2];
    uint64_t generation = tombstones_generation(look->tombstones);
    if (id.len == 0 || generation == 0 ||
        (generation != look->generation && !renew(look, generation))) {
        return false;
    }
    hash_pair_128(look->seed, site, id, pair);
    uint64_t *stranger = &look->strangers[pair[1] & (STRANGERS - 1)];
    if (*stranger == pair[0]) {
        return false;
    }
    if (has_tombstone(look, site, id) || has_tombstone(look, view_make(NULL, 0), id)) {
        return true;
    }
    *stranger = pair[0];
    return false;
}
