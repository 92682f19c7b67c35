#include "base/count_table.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    uint64_t key;
    uint32_t count; /* 0: a free place */
};

/* Linear probing; at most half of the places are taken. */
struct count_table {
    pthread_mutex_t lock;
    size_t places; /* a power of two */
    size_t taken;
    struct entry entries[];
};

enum status count_table_create(struct count_table **table, size_t keys, struct fault *fault)
{
    size_t places = 2;
    while (places < 2 * keys) {
        places *= 2;
    }
    struct count_table *made = calloc(1, sizeof(*made) + places * sizeof(made->entries[0]));
    *table = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to count connections");
    }
    made->places = places;
    pthread_mutex_init(&made->lock, NULL);
    return STATUS_OK;
}

void count_table_destroy(struct count_table *table)
{
    if (table) {
        pthread_mutex_destroy(&table->lock);
        free(table);
    }
}

/* The key's place, or the free one where it would be. */
static size_t find(const struct count_table *table, uint64_t key)
{
    size_t at = key & (table->places - 1);
    while (table->entries[at].count > 0 && table->entries[at].key != key) {
        at = (at + 1) & (table->places - 1);
    }
    return at;
}

uint32_t count_table_add(struct count_table *table, uint64_t key)
{
    uint32_t count = 0;
    pthread_mutex_lock(&table->lock);
    struct entry *entry = &table->entries[find(table, key)];
    if (entry->count > 0 || table->taken < table->places / 2) {
        table->taken += entry->count == 0;
        entry->key = key;
        count = ++entry->count;
    }
    pthread_mutex_unlock(&table->lock);
    return count;
}

/* Those behind a place that became free move up, so that none is cut off from where its search
 * begins (Knuth, The Art of Computer Programming 6.4, algorithm R). */
static void close_gap(struct count_table *table, size_t gap)
{
    size_t mask = table->places - 1;
    for (size_t at = (gap + 1) & mask; table->entries[at].count > 0; at = (at + 1) & mask) {
        size_t home = table->entries[at].key & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            table->entries[gap] = table->entries[at];
            table->entries[at].count = 0;
            gap = at;
        }
    }
}

void count_table_remove(struct count_table *table, uint64_t key)
{
    pthread_mutex_lock(&table->lock);
    size_t at = find(table, key);
    if (table->entries[at].count > 0 && --table->entries[at].count == 0) {
        table->taken--;
        close_gap(table, at);
    }
    pthread_mutex_unlock(&table->lock);
}
