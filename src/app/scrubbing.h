/*
 * scrubbing.h - the scrubber as the options want it, and a whole batch through it: events, and what
 * goes to the quarantine.
 *
 *     scrub_options_read(&options, config, &fault);
 *     const struct scrubbing scrubbing = {&options, keys, {now_ms, received_ms}, &cache, &counts};
 *     status = scrubbing_apply(&scrubbing, &batch, &arena);
 */
#ifndef PIPES_APP_SCRUBBING_H
#define PIPES_APP_SCRUBBING_H

#include "adapters/adapter.h"
#include "app/config.h"
#include "app/counts.h"
#include "app/scrub_keys.h"
#include "privacy/scrub.h"

enum { SCRUB_ALLOWS_MAX = 64 };

/* Stays where it was read to: it points into itself. */
struct scrub_options {
    struct scrubber scrubber;
    struct scrub_allow allows[SCRUB_ALLOWS_MAX];
};

/* The config's texts are borrowed. STATUS_BAD_INPUT: the fault names the option and what it may be.
 */
enum status scrub_options_read(struct scrub_options *options, const struct config *config,
                               struct fault *fault) MUST_CHECK;

struct scrubbing {
    const struct scrub_options *options;
    struct scrub_keys *keys;   /* NULL: what is to be hashed is masked */
    struct key_moment moment;  /* of now, and of when the batch came */
    struct scrub_cache *cache; /* of the thread; NULL: none */
    struct counts *counts;     /* NULL: nothing is counted */
};

/* STATUS_NO_MEMORY. */
enum status scrubbing_apply(const struct scrubbing *scrubbing, struct batch *batch,
                            struct arena *arena) MUST_CHECK;

#endif
