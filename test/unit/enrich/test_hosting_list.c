/* Networks of the owner's own file: read line by line, merged, and asked with as many bits of an
 * address as there are. */
#include "enrich/hosting_list.h"

#include "../temporary.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct temporary folder;
static struct hosting_list *list;
static char path[512];

static int set_up(void **state)
{
    (void)state;
    list = NULL;
    int made = temporary_make(&folder);
    snprintf(path, sizeof(path), "%s/hosting.txt", folder.path);
    return made;
}

static int tear_down(void **state)
{
    (void)state;
    hosting_list_close(list);
    return temporary_remove(&folder);
}

static enum status open_text(const char *text, struct fault *fault)
{
    assert_int_equal(file_replace(folder.fd, "hosting.txt", view_from_text(text), NULL), STATUS_OK);
    hosting_list_close(list);
    return hosting_list_open(&list, path, fault);
}

static bool holds(const char *text, unsigned bits)
{
    struct ip_address address;
    assert_true(ip_address_parse(&address, view_from_text(text)));
    return hosting_list_holds(list, &address, bits);
}

static void addresses_and_numbers_of_the_file_are_held_and_no_others(void **state)
{
    (void)state;
    assert_int_equal(open_text("# ours\n\n 203.0.113.0/24 # rented\r\nas64500\nAS4200000000\n"
                               "2001:db8::/32\n198.51.100.7\n10.0.0.0/8\n10.1.0.0/16",
                               NULL),
                     STATUS_OK);
    assert_true(holds("203.0.113.0", 128) && holds("203.0.113.255", 128));
    assert_false(holds("203.0.112.255", 128) || holds("203.0.114.0", 128));
    assert_true(holds("198.51.100.7", 128));
    assert_false(holds("198.51.100.6", 128) || holds("198.51.100.8", 128));
    assert_true(holds("2001:db8:1::1", 128));
    assert_false(holds("2001:db9::", 128) || holds("::", 128));
    assert_true(holds("10.0.0.1", 128) && holds("10.255.1.1", 128));
    assert_true(hosting_list_holds_number(list, 64500));
    assert_true(hosting_list_holds_number(list, 4200000000));
    assert_false(hosting_list_holds_number(list, 64501) || hosting_list_holds_number(list, 0));
}

static void of_a_cut_address_all_of_what_it_may_be_must_be_in_the_list(void **state)
{
    (void)state;
    assert_int_equal(open_text("198.51.0.0/17\n198.51.128.0/17\n203.0.113.0/24\n", NULL),
                     STATUS_OK);
    assert_true(holds("203.0.113.0", 96 + 24));
    assert_false(holds("203.0.0.0", 96 + 16));
    assert_true(holds("198.51.0.0", 96 + 16)); /* two halves are a whole */
    assert_false(holds("198.50.0.0", 96 + 15));
}

static void edges_of_the_address_space_are_no_edges_of_the_list(void **state)
{
    (void)state;
    assert_int_equal(open_text("ffff:ffff::/32\n0.0.0.0/0\n::1/128\n", NULL), STATUS_OK);
    assert_true(holds("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128));
    assert_true(holds("255.255.255.255", 128) && holds("::1", 128));
    assert_false(holds("ffff::", 128));
}

static void a_line_that_is_no_network_is_named(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"203.0.113.7/24", "AS", "AS-1",  "as4294967296", "x",
                                        "10.0.0.0/33",    "{",  "1.2.3", "::/0",         "::/80"};
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        char text[64];
        struct fault fault = {0};
        snprintf(text, sizeof(text), "AS1\n%s\n", WRONG[i]);
        assert_int_equal(open_text(text, &fault), STATUS_BAD_INPUT);
        assert_non_null(strstr(fault.text, "hosting.txt, line 2: '"));
        assert_null(list);
    }
}

static void an_empty_list_and_none_at_all_hold_nothing(void **state)
{
    (void)state;
    struct fault fault = {0};
    assert_int_equal(open_text("", NULL), STATUS_OK);
    assert_false(holds("203.0.113.1", 128) || hosting_list_holds_number(list, 1));
    hosting_list_close(list);
    list = NULL;
    assert_false(holds("203.0.113.1", 128) || hosting_list_holds_number(list, 1));
    assert_int_equal(hosting_list_open(&list, "/nowhere/at-all", &fault), STATUS_NOT_FOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(addresses_and_numbers_of_the_file_are_held_and_no_others),
        CASE(of_a_cut_address_all_of_what_it_may_be_must_be_in_the_list),
        CASE(edges_of_the_address_space_are_no_edges_of_the_list),
        CASE(a_line_that_is_no_network_is_named),
        CASE(an_empty_list_and_none_at_all_hold_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
