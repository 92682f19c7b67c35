#include "net/http2_budget.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { BURST = 1000, A_SECOND = 200 };

static const char MAGIC[] = NGHTTP2_CLIENT_MAGIC;

static void start(struct http2_budget *budget)
{
    http2_budget_init(budget, 0);
    http2_budget_take(budget, view_make(MAGIC, sizeof(MAGIC) - 1), 0);
    assert_int_equal(budget->frames, BURST);
}

static void take_frame(struct http2_budget *budget, uint8_t type, size_t len)
{
    static const char zeros[100 * 1000];
    const char head[HTTP2_FRAME_HEAD_BYTES] = {(char)(len >> 16), (char)(len >> 8), (char)len,
                                               (char)type};
    http2_budget_take(budget, view_make(head, sizeof(head)), 0);
    http2_budget_take(budget, view_make(zeros, len), 0);
}

static void charges_frames_however_their_bytes_come(void **state)
{
    (void)state;
    static const char text[] = "\0\0\4\x08\0\0\0\0\0\0\0\0\1"
                               "\0\0\0\4\1\0\0\0\0"
                               "\0\0\x8\6\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\2\x77\0\0\0\0\0\0\0";
    for (size_t step = 1; step < sizeof(text); step++) {
        struct http2_budget budget;
        struct view rest = view_make(text, sizeof(text) - 1);
        start(&budget);
        while (rest.len > 0) {
            http2_budget_take(&budget, view_part(rest, 0, step), 0);
            rest = view_part(rest, step, rest.len);
        }
        assert_int_equal(budget.frames, BURST - 4);
    }
}

static void data_of_some_size_costs_nothing(void **state)
{
    (void)state;
    struct http2_budget budget;
    start(&budget);
    take_frame(&budget, NGHTTP2_DATA, 16384);
    take_frame(&budget, NGHTTP2_DATA, 1024);
    assert_int_equal(budget.frames, BURST);
    take_frame(&budget, NGHTTP2_DATA, 1023);
    take_frame(&budget, NGHTTP2_PING, 8);
    assert_int_equal(budget.frames, BURST - 2);
    http2_budget_give_back(&budget, 1);
    assert_int_equal(budget.frames, BURST - 1);
}

static void is_spent_and_filled_again_with_time(void **state)
{
    (void)state;
    struct http2_budget budget;
    start(&budget);
    for (int i = 0; i < BURST; i++) {
        take_frame(&budget, NGHTTP2_PING, 8);
    }
    assert_false(http2_budget_is_spent(&budget));
    take_frame(&budget, NGHTTP2_PING, 8);
    assert_true(http2_budget_is_spent(&budget));
    http2_budget_take(&budget, view_make("", 0), 1000);
    assert_int_equal(budget.frames, A_SECOND - 1);
    http2_budget_take(&budget, view_make("", 0), 1000 * 1000);
    assert_int_equal(budget.frames, BURST);
}

static void a_header_block_has_a_ceiling_over_all_its_frames(void **state)
{
    (void)state;
    struct http2_budget budget;
    start(&budget);
    for (int block = 0; block < 10; block++) {
        take_frame(&budget, NGHTTP2_HEADERS, 16384);
        take_frame(&budget, NGHTTP2_CONTINUATION, 16384);
        take_frame(&budget, NGHTTP2_CONTINUATION, 16384);
        take_frame(&budget, NGHTTP2_CONTINUATION, 16384);
        assert_false(http2_budget_is_spent(&budget));
    }
    take_frame(&budget, NGHTTP2_CONTINUATION, 1);
    assert_true(http2_budget_is_spent(&budget));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charges_frames_however_their_bytes_come),
        cmocka_unit_test(data_of_some_size_costs_nothing),
        cmocka_unit_test(is_spent_and_filled_again_with_time),
        cmocka_unit_test(a_header_block_has_a_ceiling_over_all_its_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
