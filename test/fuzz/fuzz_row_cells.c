/* Rows of the lake, cut into columns: like the checking reader where that takes them, and never
 * beyond the row; the footer of a Parquet file, marked or left. */
#include "base/json.h"
#include "lake/parquet_instants.h"
#include "lake/row_cells.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct row_cells *cells, const struct json *doc)
{
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        json_value value = json_member(doc, JSON_ROOT, columns[i].name);
        /* Keys with escapes are none of ours. */
        if (cells->kinds[i] != CELL_NONE && json_kind(doc, value) == JSON_NONE) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view row = view_make((const char *)data, size);
    struct row_cells cells;
    struct json doc;
    struct arena arena;
    unsigned count;
    arena_init(&arena, 1 << 24);
    bool is_read = row_cells_read(&cells, row);
    bool is_json = json_parse(&doc, row, &arena, NULL, NULL) == STATUS_OK;
    if (is_read && is_json && json_kind(&doc, JSON_ROOT) == JSON_OBJECT) {
        compare(&cells, &doc);
    }
    for (enum column i = 0; is_read && i < COLUMN_COUNT; i++) {
        struct view said;
        int64_t number;
        double real;
        if (cells.kinds[i] != CELL_NONE) {
            (void)!row_text(cells.text[i], cells.kinds[i], &arena, &said);
            (void)row_cells_time(&cells, i, &number);
            (void)row_cells_integer(&cells, i, &number);
            (void)row_number(cells.text[i], &real);
        }
    }
    char *footer = malloc(size > 0 ? size : 1);
    if (footer && size > 0) {
        memcpy(footer, data, size);
        (void)parquet_instants_mark(footer, size, &count);
    }
    free(footer);
    arena_free(&arena);
    return 0;
}
