#include "load/tally.h"

#include "load/histogram.h"

#include <stdlib.h>

struct tally_slice {
    struct histogram latency; /* of answers with status 200 to 299 */
};

enum { PERCENTILES = 4 };
static const struct {
    const char *name;
    double share;
} PERCENTILE[PERCENTILES] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

enum status tally_init(struct tally *tally, size_t slices, struct fault *fault)
{
    *tally =
        (struct tally){.slice_count = slices, .slices = calloc(slices, sizeof(struct tally_slice))};
    return tally->slices ? STATUS_OK
                         : fault_set(fault, STATUS_NO_MEMORY, "no memory for %zu slices", slices);
}

void tally_free(struct tally *tally)
{
    free(tally->slices);
    *tally = (struct tally){0};
}

void tally_begin(struct tally *tally, int64_t begin_ns, double seconds)
{
    tally->begin_ns = begin_ns;
    tally->slice_ns = (int64_t)(seconds * 1e9 / (double)tally->slice_count);
    tally->broken = 0;
    memset(tally->by_status, 0, sizeof(tally->by_status));
    for (size_t i = 0; i < tally->slice_count; i++) {
        histogram_clear(&tally->slices[i].latency);
    }
}

void tally_add(struct tally *tally, unsigned status, int64_t started_ns, int64_t ended_ns)
{
    int64_t slice = (ended_ns - tally->begin_ns) / tally->slice_ns;
    if (slice < 0 || slice >= (int64_t)tally->slice_count) {
        return;
    }
    tally->by_status[status < TALLY_STATUS_MAX ? status : 0]++;
    if (status >= 200 && status < 300) {
        histogram_add(&tally->slices[slice].latency, ended_ns - started_ns);
    }
}

uint64_t tally_answers(const struct tally *tally)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < TALLY_STATUS_MAX; i++) {
        sum += tally->by_status[i];
    }
    return sum;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return (values[count / 2] + values[(count - 1) / 2]) / 2;
}

static double median_rate(const struct tally *tally)
{
    double values[TALLY_SLICES_MAX];
    for (size_t i = 0; i < tally->slice_count; i++) {
        values[i] = (double)tally->slices[i].latency.count * 1e9 / (double)tally->slice_ns;
    }
    return median(values, tally->slice_count);
}

/* share 1: the longest. */
static double median_latency_ms(const struct tally *tally, double share)
{
    double values[TALLY_SLICES_MAX];
    for (size_t i = 0; i < tally->slice_count; i++) {
        const struct histogram *latency = &tally->slices[i].latency;
        values[i] = (double)(share < 1 ? histogram_quantile_ns(latency, share) : latency->max_ns);
    }
    return median(values, tally->slice_count) / 1e6;
}

static void print_statuses(const struct tally *tally, struct buf *out)
{
    uint64_t good = 0;
    for (unsigned i = 200; i < 300; i++) {
        good += tally->by_status[i];
    }
    buf_append_format(out, " requests=%llu errors=%llu broken=%llu", (unsigned long long)good,
                      (unsigned long long)(tally_answers(tally) - good),
                      (unsigned long long)tally->broken);
    for (unsigned i = 0; i < TALLY_STATUS_MAX; i++) {
        if (tally->by_status[i] > 0) {
            buf_append_format(out, " status_%u=%llu", i, (unsigned long long)tally->by_status[i]);
        }
    }
}

void tally_print(const struct tally *tally, const struct tally_work *work, struct buf *out)
{
    struct histogram *whole = calloc(1, sizeof(*whole)); /* too large for the stack */
    double rate = median_rate(tally);
    print_statuses(tally, out);
    buf_append_format(out, " req_s=%.1f events_s=%.1f bytes_s=%.0f", rate,
                      rate * (double)work->events, rate * (double)work->bytes);
    for (size_t i = 0; i < PERCENTILES; i++) {
        buf_append_format(out, " %s_ms=%.4f", PERCENTILE[i].name,
                          median_latency_ms(tally, PERCENTILE[i].share));
    }
    buf_append_format(out, " max_ms=%.4f", median_latency_ms(tally, 1));
    for (size_t i = 0; whole && i < tally->slice_count; i++) {
        histogram_merge(whole, &tally->slices[i].latency);
    }
    if (whole && tally->slice_count > 1) {
        buf_append_format(out, " whole_p99_ms=%.4f whole_max_ms=%.4f",
                          (double)histogram_quantile_ns(whole, 0.99) / 1e6,
                          (double)whole->max_ns / 1e6);
    }
    free(whole);
}
