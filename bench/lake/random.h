/*
 * random.h - numbers that a seed repeats: the same lake on every machine.
 *
 * A stream of its own for every thing (visitor, page, event), so that what one of them draws does
 * not move the others.
 *
 *     struct random random = random_of(seed, RANDOM_VISITOR, index);
 *     if (random_chance(&random, 0.25)) { ... }
 */
#ifndef PIPES_BENCH_RANDOM_H
#define PIPES_BENCH_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* What a number is drawn for. */
enum random_salt {
    RANDOM_VISITOR = 1,
    RANDOM_VISITS,
    RANDOM_PERSON,
    RANDOM_SESSION,
    RANDOM_LOAD,
    RANDOM_VIEW,
    RANDOM_PRODUCT,
    RANDOM_WORDS,
    RANDOM_PAGE,
    RANDOM_ROW,
    RANDOM_REPEAT,
    RANDOM_DRIFT,
    RANDOM_ORDER,
};

struct random {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static inline uint64_t random_next(struct random *random)
{
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    return random_mix(random->state);
}

/* One number for a thing, always the same. */
static inline uint64_t random_id(uint64_t seed, enum random_salt salt, uint64_t index)
{
    return random_mix(random_mix(seed * 31 + (uint64_t)salt) +
                      index * UINT64_C(0x9E3779B97F4A7C15));
}

static inline struct random random_of(uint64_t seed, enum random_salt salt, uint64_t index)
{
    return (struct random){random_id(seed, salt, index)};
}

/* 0 <= unit < 1 */
static inline double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * (1.0 / 9007199254740992.0);
}

static inline bool random_chance(struct random *random, double probability)
{
    return random_unit(random) < probability;
}

static inline uint32_t random_below(struct random *random, uint32_t count)
{
    return (uint32_t)((random_next(random) >> 32) * count >> 32);
}

/* Below count; the n-th about as often as 1/n: few are looked at by most. */
static inline uint32_t random_heavy(struct random *random, uint32_t count)
{
    uint32_t drawn = (uint32_t)(pow((double)count + 1, random_unit(random)) - 1);
    return drawn < count ? drawn : count - 1;
}

/* Waiting times around a mean, many short and few long. */
static inline int64_t random_wait_ms(struct random *random, int64_t mean_ms)
{
    return (int64_t)(-(double)mean_ms * log(1 - random_unit(random)));
}

#endif
