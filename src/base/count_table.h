/*
 * count_table.h - how many of something each key has now, in fixed memory.
 *
 * A key without any takes no place. Safe from several threads.
 *
 *     count_table_create(&table, 16384, &fault);
 *     if (count_table_add(table, key) > most) { ... too many }
 *     count_table_remove(table, key);
 *     count_table_destroy(table);
 */
#ifndef PIPES_BASE_COUNT_TABLE_H
#define PIPES_BASE_COUNT_TABLE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct count_table;

enum { COUNT_TABLE_KEY_BYTES = 32 /* of memory, at most */ };

/* For at most that many keys at a time; more are not counted. */
enum status count_table_create(struct count_table **table, size_t keys, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void count_table_destroy(struct count_table *table);

/* Gives how many the key has with this one; 0 when the table is full: the key has no place. */
uint32_t count_table_add(struct count_table *table, uint64_t key);
/* One that was added. Of a key that has no place nothing happens. */
void count_table_remove(struct count_table *table, uint64_t key);

#endif
