/* A Parquet file that is searched: never beyond its end, whatever it says of itself. */
#include "lake/parquet_search.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool wants(void *self, struct view column)
{
    (void)self;
    return column.len % 2 == 0 || column.at[0] < 'p';
}

static void found(void *self, struct view column)
{
    uint64_t *sum = self;
    for (size_t i = 0; i < column.len; i++) {
        *sum += (unsigned char)column.at[i];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct view texts[] = {VIEW_LITERAL("needle"), VIEW_LITERAL("n")};
    const struct view number = VIEW_LITERAL("\0\0\0\0\0\0\xf0\x3f");
    uint64_t sum = 0;
    const struct parquet_search search = {
        .texts = {texts, 2}, .numbers = {&number, 1}, .self = &sum, .wants = wants, .found = found};
    enum status status = parquet_search(&search, view_make((const char *)data, size), NULL);
    if (status != STATUS_OK && status != STATUS_DAMAGED) {
        abort();
    }
    return 0;
}
