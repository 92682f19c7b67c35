/*
 * Clients whose clocks are wrong, jump, or are of another century: what `time` is made of theirs,
 * and that no correction turns the order of a load around. Random, but of seeds that repeat.
 */
#include "adapters/adapter_native.h"
#include "adapters/fields.h"

#include <stdlib.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

enum { EVENTS_MOST = 12, BATCHES = 12, SEEDS = 400, LATENCY_MS = 4000, BODY_BYTES = 1 << 16 };

static const int64_t NOON_MS = 1763942400000;
static const int64_t DAY_MS = 86400000;

static uint64_t random_state;

/* xorshift64 */
static int64_t random_below(int64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int64_t)(random_state % (uint64_t)bound);
}

struct client {
    int64_t now_ms; /* true time */
    int64_t load_ms;
    int64_t off_ms; /* its clock says now_ms + off_ms */
    int64_t told_ms;
    bool has_told;
    bool jumps;
    unsigned seq;
    int64_t made_ms[EVENTS_MOST]; /* of the batch: true times */
};

static void pass(struct client *client, int64_t most_ms)
{
    client->now_ms += random_below(most_ms);
    if (client->jumps && random_below(4) == 0) {
        client->off_ms += random_below(2 * DAY_MS) - DAY_MS;
    }
    if (client->jumps && random_below(4) == 0) {
        client->off_ms -= random_below(90000);
    }
}

/* Its next batch, which is received at *received_ms. */
static size_t fill_batch(struct client *client, struct buf *body, int64_t *received_ms)
{
    size_t count = 1 + (size_t)random_below(EVENTS_MOST);
    struct buf events;
    buf_init(&events, BODY_BYTES);
    for (size_t i = 0; i < count; i++) {
        pass(client, 3000);
        client->made_ms[i] = client->now_ms;
        buf_append_format(&events,
                          "%s{\"type\":\"track\",\"seq\":%u,\"created_at\":%lld,"
                          "\"since_load_ms\":%lld}",
                          i == 0 ? "" : ",", ++client->seq,
                          (long long)(client->now_ms + client->off_ms),
                          (long long)(client->now_ms - client->load_ms));
    }
    pass(client, random_below(8) == 0 ? DAY_MS : 5000); /* now and then it is offline */
    buf_clear(body);
    buf_append_format(body, "{\"load_id\":\"l\",\"sent_at\":%lld,",
                      (long long)(client->now_ms + client->off_ms));
    if (client->has_told) {
        buf_append_format(body, "\"skew\":%lld,", (long long)client->told_ms);
    }
    buf_append_text(body, "\"events\":[");
    buf_append_view(body, buf_view(&events));
    buf_append_text(body, "]}");
    client->now_ms += random_below(LATENCY_MS);
    *received_ms = client->now_ms;
    buf_free(&events);
    return count;
}

static void take(const struct buf *body, int64_t received_ms, struct batch *batch)
{
    struct fault fault = {0};
    const struct inbound inbound = {.method = INBOUND_POST,
                                    .path = VIEW_LITERAL("/e"),
                                    .body = buf_view(body),
                                    .received_ms = received_ms};
    *batch = (struct batch){0};
    arena_clear(&arena);
    assert_int_equal(adapter_native.decode(&inbound, &arena, batch, &fault), STATUS_OK);
}

static int64_t time_of(const struct batch *batch, size_t i)
{
    int64_t ms = 0;
    assert_true(event_number(&batch->events[i], COLUMN_EVENT_TIME, &ms));
    return ms;
}

static void answer(struct client *client, const struct batch *batch)
{
    if (batch->tells_skew) {
        client->has_told = true;
        client->told_ms = batch->skew_ms;
    }
}

/* Offsets near the threshold, where a little more latency would tip the scales, are frequent. */
static int64_t any_offset(void)
{
    static const int64_t SPANS[] = {2000, 130000, 4000000, 400 * 86400000LL};
    int64_t span = SPANS[random_below(4)];
    int64_t near = random_below(2) == 0 ? ADAPTER_SKEW_MS : -ADAPTER_SKEW_MS;
    return random_below(3) == 0 ? near + random_below(9000) - 4500 : random_below(2 * span) - span;
}

static void a_steady_clock_is_corrected_and_the_order_of_a_load_stays(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, BODY_BYTES);
    for (int seed = 1; seed <= SEEDS; seed++) {
        random_state = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)seed;
        struct client client = {.now_ms = NOON_MS, .load_ms = NOON_MS, .off_ms = any_offset()};
        int64_t last_ms = INT64_MIN;
        for (int i = 0; i < BATCHES; i++) {
            struct batch batch;
            int64_t received_ms;
            size_t count = fill_batch(&client, &body, &received_ms);
            take(&body, received_ms, &batch);
            assert_int_equal(batch.event_count, count);
            for (size_t k = 0; k < count; k++) {
                int64_t ms = time_of(&batch, k);
                int64_t wrong = ms - client.made_ms[k];
                if (ms < last_ms || llabs(wrong) > ADAPTER_SKEW_MS + LATENCY_MS) {
                    print_message("seed %d, batch %d, event %zu: off by %lld, clock by %lld\n",
                                  seed, i, k, (long long)wrong, (long long)client.off_ms);
                    fail();
                }
                last_ms = ms;
            }
            answer(&client, &batch);
        }
    }
    buf_free(&body);
}

static void a_clock_that_jumps_turns_no_batch_around(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, BODY_BYTES);
    for (int seed = 1; seed <= SEEDS; seed++) {
        random_state = UINT64_C(0xd1342543de82ef95) * (uint64_t)seed;
        struct client client = {
            .now_ms = NOON_MS, .load_ms = NOON_MS, .off_ms = any_offset(), .jumps = true};
        for (int i = 0; i < BATCHES; i++) {
            struct batch batch;
            int64_t received_ms;
            size_t count = fill_batch(&client, &body, &received_ms);
            take(&body, received_ms, &batch);
            for (size_t k = 0; k < count; k++) {
                assert_true(k == 0 || time_of(&batch, k) >= time_of(&batch, k - 1));
                assert_true(time_of(&batch, k) <= received_ms + ADAPTER_AHEAD_MS);
            }
            answer(&client, &batch);
        }
    }
    buf_free(&body);
}

/* Numbers at whose edges sums would not fit; under the sanitizers, too. */
static void clocks_of_other_ages_do_no_harm(void **state)
{
    (void)state;
    static const char *const CLOCKS[] = {
        "9223372036854775807", "-9223372036854775808", "0", "253402300799999", "-1",
        "1763942400000",       "4611686018427387904"};
    enum { COUNT = sizeof(CLOCKS) / sizeof(CLOCKS[0]) };
    struct buf body;
    buf_init(&body, BODY_BYTES);
    for (size_t i = 0; i < COUNT * COUNT * COUNT; i++) {
        struct batch batch;
        const char *since = CLOCKS[i / COUNT / COUNT];
        buf_clear(&body);
        buf_append_format(&body,
                          "{\"load_id\":\"l\",\"sent_at\":%s,\"skew\":%s,\"events\":["
                          "{\"type\":\"track\",\"created_at\":%s,\"since_load_ms\":%s},"
                          "{\"type\":\"track\",\"created_at\":0,\"since_load_ms\":%s}]}",
                          CLOCKS[i % COUNT], since, CLOCKS[i / COUNT % COUNT], since,
                          CLOCKS[i % COUNT]);
        take(&body, NOON_MS, &batch);
        for (size_t k = 0; k < batch.event_count; k++) {
            assert_true(time_of(&batch, k) <= NOON_MS + ADAPTER_AHEAD_MS);
        }
    }
    buf_free(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_steady_clock_is_corrected_and_the_order_of_a_load_stays,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_that_jumps_turns_no_batch_around, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(clocks_of_other_ages_do_no_harm, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
