#include "load/answer.c"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct answer_case {
    const char *text;
    enum answer_progress progress;
    unsigned status;
    size_t more; /* bytes behind it */
};

static void reads_where_an_answer_ends(void **state)
{
    (void)state;
    static const struct answer_case CASES[] = {
        {"HTTP/1.1 204 No Content\r\nServer: nginx\r\n\r\n", ANSWER_DONE, 204, 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP", ANSWER_DONE, 200, 4},
        {"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\na", ANSWER_NEED_MORE, 0, 0},
        {"HTTP/1.1 200 OK\r\nContent-Le", ANSWER_NEED_MORE, 0, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
         ANSWER_DONE, 200, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n01234", ANSWER_NEED_MORE, 0, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", ANSWER_UNREADABLE, 0, 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", ANSWER_UNREADABLE, 0, 0},
        {"SSH-2.0\r\n\r\n", ANSWER_UNREADABLE, 0, 0},
        {"", ANSWER_NEED_MORE, 0, 0},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct answer answer;
        struct view text = view_from_text(CASES[i].text);
        assert_int_equal(answer_read(text, &answer), CASES[i].progress);
        if (CASES[i].progress == ANSWER_DONE) {
            assert_int_equal(answer.status, CASES[i].status);
            assert_int_equal(text.len - answer.len, CASES[i].more);
        }
    }
}

static void knows_that_a_connection_closes(void **state)
{
    (void)state;
    struct answer answer;
    struct view text =
        VIEW_LITERAL("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(answer_read(text, &answer), ANSWER_DONE);
    assert_true(answer.closes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_where_an_answer_ends),
        cmocka_unit_test(knows_that_a_connection_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
