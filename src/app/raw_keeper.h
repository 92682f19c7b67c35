/*
 * raw_keeper.h - the thread that keeps requests as they came (keep-raw): handed in by workers,
 * encrypted and written behind their backs.
 *
 * No answer waits for it: what does not fit into its queue, or into keep-raw-max on disk, is not
 * kept, and counted (raw_dropped). Of a request stay time, path, query, content type and body; no
 * address, no other header. Hours whose life is over lose their keys; so does everything when it
 * is switched off.
 *
 *     raw_keeper_start(&keeper, &options, &fault);
 *     raw_keeper_offer(keeper, &request);                        any worker
 *     raw_keeper_forget(keeper, &subject, &dropped, &fault);     the eraser
 *     raw_keeper_stop(keeper);
 */
#ifndef PIPES_APP_RAW_KEEPER_H
#define PIPES_APP_RAW_KEEPER_H

#include "app/counts.h"
#include "base/clock.h"
#include "base/logger.h"
#include "lake/subject.h"
#include "privacy/raw_store.h"

struct raw_keeper;

/* All borrowed. */
struct raw_keeper_options {
    int data_fd;
    int64_t keep_ms; /* 0: nothing is kept, and what there is is destroyed */
    uint64_t bytes_max;
    struct counts *counts;
    const struct clock *clock;
    const struct logger *log;
};

enum status raw_keeper_start(struct raw_keeper **keeper, const struct raw_keeper_options *options,
                             struct fault *fault) MUST_CHECK;
/* What was handed in is written. Accepts NULL. */
void raw_keeper_stop(struct raw_keeper *keeper);

/* Copies it. Accepts NULL, and does nothing when nothing is kept. */
void raw_keeper_offer(struct raw_keeper *keeper, const struct raw_request *request);

/* Drops every request in which an id of the subject stands, whole. What comes meanwhile stays. */
enum status raw_keeper_forget(struct raw_keeper *keeper, const struct subject *subject,
                              uint64_t *dropped, struct fault *fault) MUST_CHECK;
/* The same without a keeper, for who has the data folder alone. */
enum status raw_keeper_forget_alone(int data_fd, const struct subject *subject, uint64_t *dropped,
                                    struct fault *fault) MUST_CHECK;

#endif
