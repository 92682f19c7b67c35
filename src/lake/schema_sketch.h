/*
 * schema_sketch.h - how many different values there were, from hashes, in at most 512 bytes.
 *
 * Up to 64 different hashes are kept as they are, so that small numbers are exact and single
 * values can be asked for; beyond, 512 registers of a HyperLogLog (Flajolet and others 2007, with
 * the estimator of Ertl 2017): the standard error is 4.6 %. The state depends only on the set of
 * hashes, never on their order, so that merging gives what one sketch would have seen.
 *
 *     schema_pool_init(&pool, &arena);
 *     schema_sketch_add(&sketch, &pool, hash);      a zeroed one is empty
 *     printf("about %llu\n", schema_sketch_estimate(&sketch));
 */
#ifndef PIPES_LAKE_SCHEMA_SKETCH_H
#define PIPES_LAKE_SCHEMA_SKETCH_H

#include "base/arena.h"

enum {
    SCHEMA_SKETCH_EXACT = 64, /* so many different values are counted exactly */
    SCHEMA_SKETCH_REGISTERS = 512,
    SCHEMA_SKETCH_BITS = 9,
    SCHEMA_SKETCH_CLASSES = 5, /* blocks of 4, 8, 16, 32 and 64 hashes */
};

/* Blocks of sketches that grew, to be used again by others. */
struct schema_pool {
    struct arena *arena; /* borrowed */
    void *unused[SCHEMA_SKETCH_CLASSES];
};

struct schema_sketch {
    union {
        uint64_t *hashes;   /* different ones, in no order */
        uint8_t *registers; /* when it is dense */
    } at;
    uint16_t count; /* of hashes */
    uint8_t class;  /* of the block */
    bool is_dense;
    bool is_cut; /* there was no memory: it holds fewer than were added */
};

void schema_pool_init(struct schema_pool *pool, struct arena *arena);

void schema_sketch_add(struct schema_sketch *sketch, struct schema_pool *pool, uint64_t hash);
/* Adds all that `from` has seen. */
void schema_sketch_merge(struct schema_sketch *sketch, struct schema_pool *pool,
                         const struct schema_sketch *from);
/* Puts registers, as another sketch had them, on top. */
void schema_sketch_merge_registers(struct schema_sketch *sketch, struct schema_pool *pool,
                                   const uint8_t registers[SCHEMA_SKETCH_REGISTERS]);

uint64_t schema_sketch_estimate(const struct schema_sketch *sketch);
/* Whether the estimate is the number itself. */
bool schema_sketch_is_exact(const struct schema_sketch *sketch);
/* Whether the value was added: only to be asked of an exact one. */
bool schema_sketch_has(const struct schema_sketch *sketch, uint64_t hash);

#endif
