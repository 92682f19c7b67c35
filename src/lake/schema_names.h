/*
 * schema_names.h - whether one name looks like a slip of another.
 *
 * Careful, for a false alarm is worse than none: names that differ in case and separators only
 * (addToCart, add_to_cart) are alike; else exactly one of their words differs, by one letter
 * (added, left out, changed, or two swapped) in four and more, two in eight and more, never the
 * first one and never a digit. So min_price and max_price, step_1 and step_2, x and y are not.
 *
 *     schema_names_are_alike(VIEW_LITERAL("prodcut_id"), VIEW_LITERAL("product_id"))
 */
#ifndef PIPES_LAKE_SCHEMA_NAMES_H
#define PIPES_LAKE_SCHEMA_NAMES_H

#include "base/view.h"

enum { SCHEMA_NAMES_BYTES_MAX = 64 }; /* longer names are like no other */

/* False for equal names. */
bool schema_names_are_alike(struct view a, struct view b);
/* A quick no: letters of the name as bits. Of alike names at most four bits differ. */
uint64_t schema_names_letters(struct view name);
bool schema_names_may_be_alike(uint64_t letters_a, uint64_t letters_b);

#endif
