#include "lake/compact_inside.h"

#include <stdio.h>

static enum status read_sums(struct compact_work *work, struct compact_sums *sums,
                             struct fault *fault)
{
    char sql[512];
    struct duck *duck = work->compact->duck;
    struct duck_result *result;
    duckdb_data_chunk chunk;
    snprintf(sql, sizeof(sql),
             "SELECT count(*), coalesce(sum(ingest_seq), 0)::BIGINT, "
             "coalesce(sum(strlen(properties)), 0)::BIGINT, coalesce(min(ingest_seq), 0), "
             "coalesce(max(ingest_seq), 0) FROM read_parquet('/proc/self/fd/%d/%s')",
             work->events_fd, COMPACT_UNFINISHED);
    enum status status = duck_query(duck, sql, &result, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = duck_result_next(result, &chunk, fault);
    if (status == STATUS_OK) {
        uint64_t *const places[] = {&sums->rows, &sums->seq_sum, &sums->property_bytes,
                                    &sums->first_seq, &sums->last_seq};
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            duckdb_vector vector = duck_api(duck)->data_chunk_get_vector(chunk, i);
            *places[i] = *(const uint64_t *)duck_api(duck)->vector_get_data(vector);
        }
    }
    duck_result_close(result);
    return status;
}

enum status compact_prove(struct compact_work *work, const struct compact_sums *expected,
                          struct fault *fault)
{
    const struct compact_outcome *outcome = work->outcome;
    struct compact_sums *sums = &work->outcome->sums;
    enum status status = read_sums(work, sums, fault);
    if (status != STATUS_OK) {
        return status;
    }
    bool is_same = sums->rows == expected->rows && sums->seq_sum == expected->seq_sum &&
                   sums->property_bytes == expected->property_bytes &&
                   sums->rows + outcome->duplicates == outcome->rows_in;
    return is_same ? STATUS_OK
                   : fault_set(fault, STATUS_IO,
                               "events/%s: what was written is not what went in: %llu rows of "
                               "%llu, %llu of them there twice; nothing was changed",
                               work->path, (unsigned long long)sums->rows,
                               (unsigned long long)outcome->rows_in,
                               (unsigned long long)outcome->duplicates);
}
