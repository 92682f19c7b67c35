/*
 * erasure_alone.h - forgetting somebody in a data folder that no collector serves.
 */
#ifndef PIPES_APP_ERASURE_ALONE_H
#define PIPES_APP_ERASURE_ALONE_H

#include "app/data_alone.h"
#include "app/erasure.h"

/* One that was cut off before is done first. STATUS_BUSY: somebody holds the data folder. */
enum status erasure_alone(const struct data_alone_options *options, struct erase_intent *intent,
                          struct erasure_receipt *receipt, struct fault *fault) MUST_CHECK;

#endif
