/*
 * mapped_pages.h - which pages of a mapped segment are read from the disk, and when they go.
 *
 * For a reader that runs beside a writer. What is being written past the page cache must not be
 * read ahead of: the writer's next write would find these pages in its way. And what the system
 * likes to read ahead are megabytes, behind which a commit waits. So reading ahead is forbidden,
 * and what is on disk already is asked for in small pieces. What was read does not count as our
 * memory any more.
 */
#ifndef PIPES_JOURNAL_MAPPED_PAGES_H
#define PIPES_JOURNAL_MAPPED_PAGES_H

#include "base/view.h"

#include <stdint.h>

/* Of one file; zeroed at its beginning. */
struct mapped_pages {
    uint64_t dropped; /* up to here */
    uint64_t asked;   /* up to here */
};

/* Right after it was mapped. */
void mapped_pages_forbid_ahead(struct view mapping);
/* Before what stands at `offset` is looked at; it may be read up to `end`. */
void mapped_pages_ask(struct mapped_pages *pages, struct view mapping, uint64_t offset,
                      uint64_t end);
/* All before `offset` was read. */
void mapped_pages_drop(struct mapped_pages *pages, struct view mapping, uint64_t offset);

#endif
