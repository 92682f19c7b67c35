/*
 * rate_limiter.h - so many times a second for each of very many keys, in fixed memory.
 *
 * The generic cell rate algorithm (ITU-T I.371, "virtual scheduling"): one time per key says when
 * its next turn is due, and who is ahead of that by more than a burst has to wait. The table never
 * grows; when more keys come than it holds, those that have been quiet longest are forgotten, which
 * can only let them do more. Safe from several threads.
 *
 *     rate_limiter_create(&limiter, 65536, &fault);
 *     if (!rate_limiter_take(limiter, hash, 100, clock_stopwatch_ns(), &wait_ms)) { refuse }
 *     rate_limiter_destroy(limiter);
 */
#ifndef PIPES_BASE_RATE_LIMITER_H
#define PIPES_BASE_RATE_LIMITER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate_limiter;

/* Who was quiet may come that many times its rate at once. */
enum { RATE_LIMITER_BURST_SECONDS = 2, RATE_LIMITER_KEY_BYTES = 16 };

/* keys is rounded up to a power of two. Memory is touched as keys come. */
enum status rate_limiter_create(struct rate_limiter **limiter, size_t keys, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void rate_limiter_destroy(struct rate_limiter *limiter);

/* key is a hash that nobody outside can aim at. True when it is its turn; else *wait_ms (at least
 * 1) says when it will be. per_second 0: no limit. now_ns is of a clock that never goes back. */
bool rate_limiter_take(struct rate_limiter *limiter, uint64_t key, uint32_t per_second,
                       int64_t now_ns, int64_t *wait_ms);

#endif
