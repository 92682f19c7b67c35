/* bench_scrub [SAMPLES [SHOW]]: how much of what must go the scrubber finds, how often it takes
 * what must stay, and how fast it tells that a text is clean. */
#include "privacy/scrub_scan.h"
#include "scrub/judge.h"

#include "base/clock.h"

#include <stdlib.h>

enum { SAMPLES = 20000, SLICES = 25, SLICE_MS = 40, CLEAN_BYTES = 1 << 20 };

static void print_secrets(struct corpus *corpus, size_t samples, size_t show)
{
    struct judge_result all = {0};
    printf("%-28s %10s %10s %9s\n", "rule", "samples", "missed", "recall");
    for (enum scrub_rule rule = 0; rule < SCRUB_RULES; rule++) {
        struct judge_result result = judge_secrets(corpus, rule, samples, stdout, show);
        printf("%-28s %10zu %10zu %8.3f %%\n", scrub_rule_rows[rule].name, result.samples,
               result.wrong, 100.0 - 100.0 * (double)result.wrong / (double)result.samples);
        all.samples += result.samples;
        all.wrong += result.wrong;
    }
    printf("%-28s %10zu %10zu %8.3f %%\n\n", "all", all.samples, all.wrong,
           100.0 - 100.0 * (double)all.wrong / (double)all.samples);
}

static void print_harmless(struct corpus *corpus, size_t samples, size_t show)
{
    struct judge_result all = {0};
    printf("%-28s %10s %10s %9s\n", "what must stay", "samples", "touched", "false");
    for (size_t kind = 0; kind < corpus_kinds(); kind++) {
        struct judge_result result = judge_harmless(corpus, kind, samples, stdout, show);
        printf("%-28s %10zu %10zu %8.4f %%\n", corpus_kind(kind), result.samples, result.wrong,
               100.0 * (double)result.wrong / (double)result.samples);
        all.samples += result.samples;
        all.wrong += result.wrong;
    }
    printf("%-28s %10zu %10zu %8.4f %%\n\n", "all", all.samples, all.wrong,
           100.0 * (double)all.wrong / (double)all.samples);
}

static const char PROSE[] =
    "{\"text\":\"We thank you for your order and hope that everything is as you like it. Shipping "
    "takes two to three days; you hear from us as soon as it is on its way. Of course you may send "
    "back what does not fit within thirty days, whatever the reason is, and at no cost.\"}";
static const char EVENT[] =
    "{\"product_id\":\"SKU-10023\",\"name\":\"Trail running shoes, men\",\"price\":129.90,"
    "\"currency\":\"EUR\",\"quantity\":1,\"category\":\"shoes/running\",\"brand\":\"Acme\","
    "\"variant\":\"blue / 43\",\"position\":3,\"cart_id\":\"5f0c7a52-e4b1-4f9c-8d7e-6a5b4c3d2e1f\","
    "\"coupon\":\"SUMMER10\",\"in_stock\":true,\"updated_at\":\"2026-11-24T02:03:04.005Z\","
    "\"image\":\"https://cdn.shop.example/img/p/10023-9f86d081.jpg\"}";

/* The best of many slices: others use the machine, too. */
static double gigabytes_a_second(struct view text, const struct scrub_place *place,
                                 bool (*may_hold)(struct view, const struct scrub_place *))
{
    double best = 0;
    for (int i = 0; i < SLICES; i++) {
        int64_t begin_ns = clock_stopwatch_ns();
        int64_t now_ns = begin_ns;
        double bytes = 0;
        while (now_ns - begin_ns < SLICE_MS * 1000000LL) {
            bytes += may_hold(text, place) ? 0 : (double)text.len;
            now_ns = clock_stopwatch_ns();
        }
        double rate = bytes / (double)(now_ns - begin_ns);
        best = rate > best ? rate : best;
    }
    return best;
}

static void print_speed(const char *name, const char *part, bool is_one)
{
    static struct scrub_cache cache;
    const struct scrub_place place = {.where = SCRUB_IN_TEXT, .cache = &cache, .is_json = true};
    size_t len = strlen(part);
    char *text = malloc(CLEAN_BYTES);
    size_t bytes = is_one ? len : CLEAN_BYTES / len * len;
    if (!text) {
        return;
    }
    for (size_t i = 0; i < bytes; i += len) {
        memcpy(text + i, part, len);
    }
    struct view whole = view_make(text, bytes);
    printf("%-28s %10zu %9.2f %9.2f\n", name, bytes,
           gigabytes_a_second(whole, &place, scrub_may_hold),
           gigabytes_a_second(whole, &place, scrub_may_hold_portably));
    free(text);
}

int main(int count, char **words)
{
    struct corpus corpus;
    size_t samples = count > 1 ? strtoul(words[1], NULL, 10) : SAMPLES;
    size_t show = count > 2 ? strtoul(words[2], NULL, 10) : 0;
    samples = samples > 0 ? samples : SAMPLES;
    corpus_init(&corpus, 1);
    print_secrets(&corpus, samples, show);
    print_harmless(&corpus, samples, show);
    printf("%-28s %10s %9s %9s\n", "clean, GB/s", "bytes", "AVX2", "SSE2/NEON");
    print_speed("prose, 1 MB", PROSE, false);
    print_speed("properties, 1 MB", EVENT, false);
    print_speed("properties of one event", EVENT, true);
    return 0;
}
