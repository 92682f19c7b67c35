/*
 * tombstone_look.h - one thread's look at the tombstones: whether an id is of who was forgotten.
 *
 * What was asked is remembered: a visitor comes with many events, and a MAC costs much more than a
 * look. As long as nobody was forgotten nothing is asked at all.
 *
 *     tombstone_look_create(&look, tombstones, &fault);
 *     if (tombstone_look_meets(look, site, id)) { ... drop it ... }
 *     tombstone_look_destroy(look);
 */
#ifndef PIPES_LAKE_TOMBSTONE_LOOK_H
#define PIPES_LAKE_TOMBSTONE_LOOK_H

#include "lake/tombstones.h"

struct tombstone_look;

/* Borrows the tombstones, which other threads may look at, and one may add to, meanwhile. */
enum status tombstone_look_create(struct tombstone_look **look, struct tombstones *tombstones,
                                  struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void tombstone_look_destroy(struct tombstone_look *look);

/* Of that site, or of all. An empty id is nobody's. */
bool tombstone_look_meets(struct tombstone_look *look, struct view site, struct view id);

#endif
