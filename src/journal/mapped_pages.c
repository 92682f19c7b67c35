#include "journal/mapped_pages.h"

#include <sys/mman.h>

/* Little at a time: a commit waits behind what was asked for before it. */
enum { DROP_BYTES = 1 << 20, ASK_BYTES = 64 * 1024, PAGE_BYTES = 4096 };

static void advise(struct view mapping, uint64_t from, uint64_t to, int advice)
{
    madvise((char *)(uintptr_t)mapping.at + from, to - from, advice);
}

void mapped_pages_forbid_ahead(struct view mapping)
{
    if (mapping.len > 0) {
        advise(mapping, 0, mapping.len, MADV_RANDOM);
    }
}

/* One piece more than is needed now, so that the disk is at work while the last one is read. */
void mapped_pages_ask(struct mapped_pages *pages, struct view mapping, uint64_t offset,
                      uint64_t end)
{
    if (offset + ASK_BYTES <= pages->asked) {
        return;
    }
    uint64_t from = pages->asked > offset ? pages->asked : offset;
    uint64_t to = from + 2 * ASK_BYTES < end ? from + 2 * ASK_BYTES : end;
    from = from / PAGE_BYTES * PAGE_BYTES;
    if (to > from) {
        advise(mapping, from, to, MADV_WILLNEED);
        pages->asked = to;
    }
}

void mapped_pages_drop(struct mapped_pages *pages, struct view mapping, uint64_t offset)
{
    uint64_t behind = offset / DROP_BYTES * DROP_BYTES;
    if (behind > pages->dropped) {
        advise(mapping, pages->dropped, behind, MADV_DONTNEED);
        pages->dropped = behind;
    }
}
