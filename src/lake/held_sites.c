#include "lake/held_sites.h"

#include "lake/duck.h"
#include "lake/snapshot.h"
#include "lake/subject.h"

#include <stdio.h>

enum { ARENA_BYTES = 1 << 20, MEMORY_BYTES = 256 << 20, SQL_BYTES = 128 };

static enum status add(struct held_sites *sites, struct view name, struct fault *fault)
{
    for (size_t i = sites->count; i > 0; i--) { /* most rows are of the last one's site */
        if (view_equal(sites->names[i - 1], name)) {
            return STATUS_OK;
        }
    }
    if (sites->count == HELD_SITES_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "there are more than %d sites: name one by --site",
                         HELD_SITES_MAX);
    }
    struct view copy = arena_copy(&sites->arena, name);
    if (!copy.at) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for names of sites");
    }
    sites->names[sites->count++] = copy;
    return STATUS_OK;
}

static enum status read_source(struct held_sites *sites, struct snapshot *snapshot, size_t source,
                               struct fault *fault)
{
    struct snapshot_rows *rows;
    struct subject_row row;
    struct view text;
    subject_row_init(&row);
    enum status status = snapshot_rows_open(&rows, snapshot, source, fault);
    while (status == STATUS_OK && (status = snapshot_rows_next(rows, &text, fault)) == STATUS_OK) {
        status = subject_row_read(&row, text) ? add(sites, row.site, fault) : STATUS_OK;
    }
    snapshot_rows_close(rows);
    subject_row_free(&row);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_file(struct held_sites *sites, struct duck *duck, int fd,
                             struct fault *fault)
{
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    char sql[SQL_BYTES];
    const struct duck_api *api = duck_api(duck);
    snprintf(sql, sizeof(sql),
             "SELECT DISTINCT coalesce(site, '') FROM read_parquet('/proc/self/fd/%d')", fd);
    enum status status = duck_query(duck, sql, &result, fault);
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        const void *names = api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
        idx_t count = api->data_chunk_get_size(chunk);
        for (idx_t i = 0; i < count && status == STATUS_OK; i++) {
            status = add(sites, duck_text(names, i), fault);
        }
    }
    duck_result_close(result);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_files(struct held_sites *sites, struct snapshot *snapshot,
                              const char *library, struct fault *fault)
{
    const struct duck_options options = {
        .library = library, .memory_bytes = MEMORY_BYTES, .threads = 1};
    struct duck *duck = NULL;
    size_t files = snapshot_file_count(snapshot);
    enum status status = files > 0 ? duck_open(&duck, &options, fault) : STATUS_OK;
    for (size_t i = 0; i < files && status == STATUS_OK; i++) {
        status = read_file(sites, duck, snapshot_file(snapshot, i)->fd, fault);
    }
    duck_close(duck);
    return status;
}

enum status held_sites_read(struct held_sites *sites, int data_fd, const char *library,
                            struct fault *fault)
{
    const struct snapshot_options options = {0};
    struct snapshot *snapshot = NULL;
    sites->count = 0;
    arena_init(&sites->arena, ARENA_BYTES);
    enum status status = snapshot_open(&snapshot, data_fd, &options, fault);
    status = status == STATUS_OK ? read_files(sites, snapshot, library, fault) : status;
    size_t sources = status == STATUS_OK ? snapshot_source_count(snapshot) : 0;
    for (size_t i = 0; i < sources && status == STATUS_OK; i++) {
        status = read_source(sites, snapshot, i, fault);
    }
    snapshot_close(snapshot);
    return status;
}

void held_sites_free(struct held_sites *sites)
{
    arena_free(&sites->arena);
    sites->count = 0;
}
