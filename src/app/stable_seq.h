/*
 * stable_seq.h - the number below which nothing is in flight, for who reads "the lake as of N".
 */
#ifndef PIPES_APP_STABLE_SEQ_H
#define PIPES_APP_STABLE_SEQ_H

#include "base/status.h"

#include <stdint.h>

/* From the collector that runs on the data folder, or, when none runs, from what it left.
 * STATUS_BUSY: one seems to run and does not answer. `data` is data_fd's name. */
enum status stable_seq_ask(int data_fd, const char *data, uint64_t *stable, struct fault *fault)
    MUST_CHECK;

#endif
