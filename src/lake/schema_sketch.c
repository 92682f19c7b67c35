#include "lake/schema_sketch.h"

enum { FIRST_CLASS_HASHES = 4 };
enum { RANK_MAX = 64 - SCHEMA_SKETCH_BITS }; /* of a register */

_Static_assert(FIRST_CLASS_HASHES << (SCHEMA_SKETCH_CLASSES - 1) == (int)SCHEMA_SKETCH_EXACT &&
                   SCHEMA_SKETCH_EXACT * sizeof(uint64_t) == SCHEMA_SKETCH_REGISTERS &&
                   1 << SCHEMA_SKETCH_BITS == (int)SCHEMA_SKETCH_REGISTERS,
               "the largest block takes all hashes, or all registers");

void schema_pool_init(struct schema_pool *pool, struct arena *arena)
{
    *pool = (struct schema_pool){.arena = arena};
}

static size_t class_hashes(unsigned class)
{
    return (size_t)FIRST_CLASS_HASHES << class;
}

/* NULL when there is no memory. */
static void *take_block(struct schema_pool *pool, unsigned class)
{
    void *block = pool->unused[class];
    if (!block) {
        return arena_alloc(pool->arena, class_hashes(class) * sizeof(uint64_t));
    }
    memcpy(&pool->unused[class], block, sizeof(void *));
    return block;
}

static void give_block(struct schema_pool *pool, unsigned class, void *block)
{
    memcpy(block, &pool->unused[class], sizeof(void *));
    pool->unused[class] = block;
}

/* Moves the hashes to a block of that class. */
static bool grow(struct schema_sketch *sketch, struct schema_pool *pool, unsigned class)
{
    uint64_t *block = take_block(pool, class);
    if (!block) {
        sketch->is_cut = true;
        return false;
    }
    if (sketch->at.hashes) {
        memcpy(block, sketch->at.hashes, sketch->count * sizeof(uint64_t));
        give_block(pool, sketch->class, sketch->at.hashes);
    }
    sketch->at.hashes = block;
    sketch->class = (uint8_t) class;
    return true;
}

static void note_rank(uint8_t *registers, uint64_t hash)
{
    size_t index = hash >> RANK_MAX;
    uint64_t rest = hash << SCHEMA_SKETCH_BITS;
    int rank = rest == 0 ? RANK_MAX : __builtin_clzll(rest) + 1;
    uint8_t capped = (uint8_t)(rank < RANK_MAX ? rank : RANK_MAX);
    if (registers[index] < capped) {
        registers[index] = capped;
    }
}

/* From hashes to registers, in the largest block. */
static bool make_dense(struct schema_sketch *sketch, struct schema_pool *pool)
{
    if ((!sketch->at.hashes || sketch->class + 1 < SCHEMA_SKETCH_CLASSES) &&
        !grow(sketch, pool, SCHEMA_SKETCH_CLASSES - 1)) {
        return false;
    }
    uint64_t hashes[SCHEMA_SKETCH_EXACT];
    memcpy(hashes, sketch->at.hashes, sketch->count * sizeof(uint64_t));
    memset(sketch->at.registers, 0, SCHEMA_SKETCH_REGISTERS);
    for (size_t i = 0; i < sketch->count; i++) {
        note_rank(sketch->at.registers, hashes[i]);
    }
    sketch->is_dense = true;
    sketch->count = 0;
    return true;
}

bool schema_sketch_has(const struct schema_sketch *sketch, uint64_t hash)
{
    for (size_t i = 0; i < sketch->count; i++) {
        if (sketch->at.hashes[i] == hash) {
            return true;
        }
    }
    return false;
}

/* A hash that is not there yet. */
static void add_new(struct schema_sketch *sketch, struct schema_pool *pool, uint64_t hash)
{
    if (sketch->count == SCHEMA_SKETCH_EXACT) {
        make_dense(sketch, pool);
        note_rank(sketch->at.registers, hash);
        return;
    }
    unsigned class = sketch->at.hashes ? sketch->class + 1U : 0;
    bool is_full = !sketch->at.hashes || sketch->count == class_hashes(sketch->class);
    if (!is_full || grow(sketch, pool, class)) {
        sketch->at.hashes[sketch->count++] = hash;
    }
}

void schema_sketch_add(struct schema_sketch *sketch, struct schema_pool *pool, uint64_t hash)
{
    if (sketch->is_dense) {
        note_rank(sketch->at.registers, hash);
    } else if (!schema_sketch_has(sketch, hash)) {
        add_new(sketch, pool, hash);
    }
}

void schema_sketch_merge_registers(struct schema_sketch *sketch, struct schema_pool *pool,
                                   const uint8_t registers[SCHEMA_SKETCH_REGISTERS])
{
    if (!sketch->is_dense && !make_dense(sketch, pool)) {
        return;
    }
    for (size_t i = 0; i < SCHEMA_SKETCH_REGISTERS; i++) {
        uint8_t rank = registers[i] < RANK_MAX ? registers[i] : RANK_MAX;
        if (sketch->at.registers[i] < rank) {
            sketch->at.registers[i] = rank;
        }
    }
}

void schema_sketch_merge(struct schema_sketch *sketch, struct schema_pool *pool,
                         const struct schema_sketch *from)
{
    sketch->is_cut = sketch->is_cut || from->is_cut;
    if (from->is_dense) {
        schema_sketch_merge_registers(sketch, pool, from->at.registers);
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        schema_sketch_add(sketch, pool, from->at.hashes[i]);
    }
}

bool schema_sketch_is_exact(const struct schema_sketch *sketch)
{
    return !sketch->is_dense && !sketch->is_cut;
}

/* Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", algorithm 6: what
 * registers that saw nothing add. */
static double sigma(double x)
{
    double sum = x;
    double before;
    double y = 1;
    do {
        x *= x;
        before = sum;
        sum += x * y;
        y += y;
    } while (sum != before);
    return sum;
}

static uint64_t estimate_dense(const uint8_t *registers)
{
    const double m = SCHEMA_SKETCH_REGISTERS;
    const double alpha = 0.72134752044448170; /* 1 / (2 ln 2) */
    unsigned counts[RANK_MAX + 1] = {0};
    for (size_t i = 0; i < SCHEMA_SKETCH_REGISTERS; i++) {
        counts[registers[i]]++;
    }
    if (counts[0] == SCHEMA_SKETCH_REGISTERS) {
        return 0;
    }
    double z = 0;
    for (size_t rank = RANK_MAX; rank > 0; rank--) {
        z = 0.5 * (z + counts[rank]);
    }
    z += m * sigma(counts[0] / m);
    double estimate = alpha * m * m / z;
    return estimate < 1e18 ? (uint64_t)(estimate + 0.5) : (uint64_t)1e18;
}

uint64_t schema_sketch_estimate(const struct schema_sketch *sketch)
{
    return sketch->is_dense ? estimate_dense(sketch->at.registers) : sketch->count;
}
