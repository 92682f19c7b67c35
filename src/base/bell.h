/*
 * bell.h - a lock, and waiting under it to be called or for some time to pass.
 *
 *     bell_init(&bell);
 *
 *     bell_lock(&bell);                            the thread
 *     while (!is_stopping) {
 *         bell_wait_ms(&bell, 1000);
 *     }
 *     bell_unlock(&bell);
 *
 *     bell_lock(&bell);                            who calls it
 *     is_stopping = true;
 *     bell_ring(&bell);
 *     bell_unlock(&bell);
 *
 *     bell_free(&bell);                            after pthread_join()
 *
 * Time passes as the monotonic clock has it: setting the clock neither ends nor prolongs a wait.
 */
#ifndef PIPES_BASE_BELL_H
#define PIPES_BASE_BELL_H

#include <pthread.h>
#include <stdint.h>

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
};

void bell_init(struct bell *bell);
/* Nobody holds or awaits it any more. */
void bell_free(struct bell *bell);
void bell_lock(struct bell *bell);
void bell_unlock(struct bell *bell);

/* These under the lock, which is free while they wait. They may also return for no reason: look
 * again at what you wait for. */
void bell_wait(struct bell *bell);
void bell_wait_ms(struct bell *bell, int64_t ms);
/* Wakes one that waits. */
void bell_ring(struct bell *bell);

#endif
