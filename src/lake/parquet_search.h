/*
 * parquet_search.h - in which columns of a Parquet file certain bytes stand, without taking it
 * apart into values: its pages are decompressed, and searched as they are.
 *
 * It may say yes where no value has them (the end of one and the beginning of the next), never the
 * other way round: of pages in an encoding that does not keep a value's bytes together, its length
 * as four bytes before them, it says yes.
 *
 *     struct parquet_search search = {.texts = {&id, 1}, .wants = wants, .found = found};
 *     parquet_search(&search, file, &fault);        found() was called for each such column
 */
#ifndef PIPES_LAKE_PARQUET_SEARCH_H
#define PIPES_LAKE_PARQUET_SEARCH_H

#include "base/status.h"
#include "base/view.h"

enum { PARQUET_SEARCH_BYTES_MAX = 64 * 1024 };

/* Any of them; each up to PARQUET_SEARCH_BYTES_MAX, not empty. Borrowed. */
struct parquet_needles {
    const struct view *at;
    size_t count;
};

struct parquet_search {
    struct parquet_needles texts; /* for columns of bytes */
    struct parquet_needles
        numbers; /* for columns of doubles: eight bytes each, as they are there */
    void *self;
    /* Whether the column is of interest; of nested ones the outermost name. */
    bool (*wants)(void *self, struct view column);
    /* It may hold one of them. May come more than once. */
    void (*found)(void *self, struct view column);
};

/* STATUS_DAMAGED when the file is not understood: nothing is said of it then. */
enum status parquet_search(const struct parquet_search *search, struct view file,
                           struct fault *fault) MUST_CHECK;

#endif
