#include "net/http_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

/* Once more, as on a processor without SSE2. */
#undef __SSE2__
#undef PIPES_NET_HTTP_SCAN_H
#define http_token_end plain_token_end
#define http_field_end plain_field_end
#include "net/http_scan.h"
#undef http_token_end
#undef http_field_end

enum { LONGEST = 70 };

/* What the RFCs say, byte by byte (RFC 9110, 5.6.2 and 5.5). */
static bool is_token_byte(unsigned char byte)
{
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    bool is_digit = byte >= '0' && byte <= '9';
    return is_letter || is_digit || (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool is_field_byte(unsigned char byte)
{
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

static size_t naive_run(struct view v, bool (*is_kind)(unsigned char byte))
{
    size_t run = 0;
    while (run < v.len && is_kind((unsigned char)v.at[run])) {
        run++;
    }
    return run;
}

static void assert_as_told(struct view v)
{
    const char *end = v.at + v.len;
    const char *token_end = v.at + naive_run(v, is_token_byte);
    const char *field_end = v.at + naive_run(v, is_field_byte);
    assert_ptr_equal(http_token_end(v.at, end), token_end);
    assert_ptr_equal(http_field_end(v.at, end), field_end);
    assert_ptr_equal(plain_token_end(v.at, end), token_end);
    assert_ptr_equal(plain_field_end(v.at, end), field_end);
}

/* Of exactly that size, so that reading beyond it is seen. */
static void check(const char *bytes, size_t len)
{
    char *copy = malloc(len + 1);
    memcpy(copy + 1, bytes, len);
    assert_as_told(view_make(copy + 1, len));
    free(copy);
}

static void every_byte_at_every_place_of_every_length(void **state)
{
    (void)state;
    char bytes[LONGEST];
    for (size_t len = 0; len <= LONGEST; len++) {
        memset(bytes, 'a', sizeof(bytes));
        check(bytes, len);
        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                bytes[at] = (char)byte;
                assert_as_told(view_make(bytes, len));
            }
            bytes[at] = at % 5 == 0 ? '-' : 'Z';
        }
    }
}

static void random_bytes(void **state)
{
    (void)state;
    static const char often[] = "abcXYZ-09_ \t:~^\x80\xff";
    srand(11);
    for (int round = 0; round < 200000; round++) {
        char bytes[LONGEST];
        size_t len = (size_t)(rand() % (LONGEST + 1));
        int odd = 1 + rand() % 60;
        for (size_t i = 0; i < len; i++) {
            bytes[i] = rand() % odd == 0 ? (char)rand() : often[(size_t)rand() % sizeof(often)];
        }
        check(bytes, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_at_every_place_of_every_length),
        cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
