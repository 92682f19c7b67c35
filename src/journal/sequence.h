/*
 * sequence.h - the numbers of events: given once, never again, across workers and restarts.
 *
 * Numbers are reserved on disk in blocks before they are used (file SEQUENCE in the journal's
 * folder), so a crash leaves a gap, never a repetition. stable is the number below which nothing
 * is in flight: a reader that takes only what is below it sees the same set for ever.
 *
 *     struct sequence *sequence;
 *     sequence_open(&sequence, folder_fd, workers, &fault);
 *     sequence_take(sequence, worker, 3, &first, &fault);   first, first + 1, first + 2
 *     ... write and sync ...
 *     sequence_settle(sequence, worker, SEQUENCE_NOTHING);  nothing of this worker is in flight
 */
#ifndef PIPES_JOURNAL_SEQUENCE_H
#define PIPES_JOURNAL_SEQUENCE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct sequence;

enum { SEQUENCE_WORKERS_MAX = 65, SEQUENCE_BLOCK = 1 << 20 };

/* folder_fd is borrowed. On failure *sequence is NULL. */
enum status sequence_open(struct sequence **sequence, int folder_fd, unsigned workers,
                          struct fault *fault) MUST_CHECK;
/* Writes the exact next number, so that a clean stop leaves no gap. Accepts NULL. */
void sequence_close(struct sequence *sequence);

/* Gives `count` successive numbers to a worker, any worker from any thread. From now until it
 * settles, stable stays at or below the first it holds. STATUS_IO or STATUS_FULL when a new block
 * could not be reserved: no number was given. */
enum status sequence_take(struct sequence *sequence, unsigned worker, uint32_t count,
                          uint64_t *first, struct fault *fault) MUST_CHECK;
/* All numbers the worker took below `floor` are on disk, or given up for good; SEQUENCE_NOTHING:
 * all it took. */
#define SEQUENCE_NOTHING UINT64_MAX
void sequence_settle(struct sequence *sequence, unsigned worker, uint64_t floor);

/* Whether less than half a block is left that can be given without the disk. */
bool sequence_is_low(struct sequence *sequence);
/* Reserves the next block ahead, so that nobody who takes numbers waits for the disk. */
enum status sequence_reserve(struct sequence *sequence, struct fault *fault) MUST_CHECK;

/* Every number below this is settled. Never falls. */
uint64_t sequence_stable(struct sequence *sequence);

#endif
