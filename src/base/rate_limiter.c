#include "base/rate_limiter.h"

#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 8, LOCKS = 64 };
static const int64_t SECOND_NS = 1000000000;

struct turn {
    uint64_t key;
    int64_t due_ns; /* of its next turn, were it never ahead; 0: a free place */
};

struct rate_limiter {
    size_t sets; /* a power of two */
    pthread_mutex_t locks[LOCKS];
    struct turn turns[]; /* WAYS for each set */
};

_Static_assert(sizeof(struct turn) == RATE_LIMITER_KEY_BYTES, "as the header says");

enum status rate_limiter_create(struct rate_limiter **limiter, size_t keys, struct fault *fault)
{
    size_t sets = 1;
    while (sets * WAYS < keys) {
        sets *= 2;
    }
    struct rate_limiter *made = calloc(1, sizeof(*made) + sets * WAYS * sizeof(made->turns[0]));
    *limiter = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to limit rates");
    }
    made->sets = sets;
    for (size_t i = 0; i < LOCKS; i++) {
        pthread_mutex_init(&made->locks[i], NULL);
    }
    return STATUS_OK;
}

void rate_limiter_destroy(struct rate_limiter *limiter)
{
    for (size_t i = 0; limiter && i < LOCKS; i++) {
        pthread_mutex_destroy(&limiter->locks[i]);
    }
    free(limiter);
}

/* The key's own place, or that of the one that has been quiet longest. */
static struct turn *find(struct turn *set, uint64_t key)
{
    struct turn *quietest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].due_ns != 0 && set[i].key == key) {
            return &set[i];
        }
        if (set[i].due_ns < quietest->due_ns) {
            quietest = &set[i];
        }
    }
    *quietest = (struct turn){.key = key};
    return quietest;
}

bool rate_limiter_take(struct rate_limiter *limiter, uint64_t key, uint32_t per_second,
                       int64_t now_ns, int64_t *wait_ms)
{
    if (per_second == 0) {
        return true;
    }
    size_t set = key & (limiter->sets - 1);
    pthread_mutex_t *lock = &limiter->locks[set % LOCKS];
    int64_t every_ns = SECOND_NS / per_second;
    int64_t burst_ns = RATE_LIMITER_BURST_SECONDS * SECOND_NS - every_ns;
    pthread_mutex_lock(lock);
    struct turn *turn = find(&limiter->turns[set * WAYS], key);
    int64_t due_ns = turn->due_ns > now_ns ? turn->due_ns : now_ns;
    int64_t ahead_ns = due_ns - now_ns - burst_ns;
    bool is_turn = ahead_ns <= 0;
    if (is_turn) {
        turn->due_ns = due_ns + every_ns;
    }
    pthread_mutex_unlock(lock);
    *wait_ms = is_turn ? 0 : ahead_ns / 1000000 + 1;
    return is_turn;
}
