/*
 * promoted_functions.h - promoted properties (promoted.h) as functions of SQL, for rows of files
 * that do not have them as columns: the same values, by the same rules.
 *
 *     promoted_functions_register(duck, &promoted, 0, &fault);
 *     select pipes_promoted_0(properties) as p_price ...           the first of them
 */
#ifndef PIPES_LAKE_PROMOTED_FUNCTIONS_H
#define PIPES_LAKE_PROMOTED_FUNCTIONS_H

#include "lake/duck.h"
#include "lake/promoted.h"

#define PROMOTED_FUNCTION "pipes_promoted_"

/* From the column number `first` on. `promoted` is borrowed until duck_close(). */
enum status promoted_functions_register(struct duck *duck, const struct promoted *promoted,
                                        size_t first, struct fault *fault) MUST_CHECK;
duckdb_type promoted_duck_type(enum promoted_type type);

#endif
