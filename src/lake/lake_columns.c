#include "lake/lake_columns.h"

#include "base/buf.h"
#include "base/file.h"

static const char FILE_NAME[] = "COLUMNS";
enum { FILE_BYTES_MAX = 64 * 1024 };

static bool parse_line(struct lake_columns *made, struct view line)
{
    int64_t since;
    struct view number = view_cut(&line, ' ');
    enum column column = column_find(line);
    if (!view_to_int64(number, &since) || since < 0 || line.len == 0) {
        return false;
    }
    if (column < COLUMN_COUNT) {
        made->since[column] = since;
    }
    return true;
}

enum status lake_columns_load(struct lake_columns *made, int lake_fd, struct fault *fault)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        made->since[i] = LAKE_COLUMNS_UNKNOWN;
    }
    enum status status = file_read(lake_fd, FILE_NAME, &text, fault);
    struct view rest = buf_view(&text);
    while (status == STATUS_OK && rest.len > 0) {
        struct view line = view_cut(&rest, '\n');
        if (!parse_line(made, line)) {
            status = fault_set(fault, STATUS_DAMAGED, "lake/%s: \"%.*s\" is no hour and column",
                               FILE_NAME, VIEW_ARG(view_part(line, 0, 40)));
        }
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status lake_columns_save(const struct lake_columns *made, int lake_fd, struct fault *fault)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (made->since[i] != LAKE_COLUMNS_UNKNOWN) {
            buf_append_format(&text, "%lld %s\n", (long long)made->since[i], columns[i].name);
        }
    }
    enum status status = buf_status(&text);
    status =
        status == STATUS_OK ? file_replace(lake_fd, FILE_NAME, buf_view(&text), fault) : status;
    buf_free(&text);
    return status;
}

bool lake_columns_has_all(const struct lake_columns *made)
{
    return lake_columns_complete_since(made) != LAKE_COLUMNS_UNKNOWN;
}

int64_t lake_columns_complete_since(const struct lake_columns *made)
{
    int64_t since = 0;
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        since = made->since[i] > since ? made->since[i] : since;
    }
    return since;
}
