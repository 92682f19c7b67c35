#include "privacy/scrub.h"
#include "privacy/scrub_json.h"
#include "privacy/scrub_scan.h"
#include "privacy/scrub_text.h"

#include "base/file.h"
#include "base/json.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char FOLDER[] = "test/golden/scrub";

static struct arena arena;
static struct scrubber scrubber;

static int make_arena(void **state)
{
    (void)state;
    arena_init(&arena, 64 << 20);
    scrubber = (struct scrubber){0};
    return 0;
}

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct view scrubbed(struct view text, enum scrub_where where)
{
    struct scrub_job job = {&scrubber.treatment, &arena, 0};
    const struct scrub_place place = {.where = where};
    assert_int_equal(scrub_text(&job, &place, &text), STATUS_OK);
    return text;
}

static struct view scrubbed_json(const char *text)
{
    struct scrub_job job = {&scrubber.treatment, &arena, 0};
    static struct scrub_cache cache;
    const struct scrub_json how = {.job = &job, .cache = &cache};
    struct view out = view_from_text(text);
    assert_int_equal(scrub_json(&how, &out), STATUS_OK);
    return out;
}

static struct view member(const struct json *doc, const char *name)
{
    struct view text = {0};
    json_value value = json_member(doc, JSON_ROOT, name);
    if (json_kind(doc, value) == JSON_STRING) {
        assert_int_equal(json_text(doc, value, &arena, &text), STATUS_OK);
    }
    return text;
}

static void expect(struct view name, enum scrub_where where, struct view in, struct view expected)
{
    struct view out = scrubbed(in, where);
    if (!view_equal(out, expected)) {
        fail_msg("%.*s: %.*s gave: %.*s", VIEW_ARG(name), VIEW_ARG(in), VIEW_ARG(out));
    }
    const struct scrub_place place = {.where = where};
    bool is_found = !view_equal(in, expected);
    if (is_found && !scrub_may_hold_portably(in, &place)) {
        fail_msg("%.*s: not announced without wide registers", VIEW_ARG(name));
    }
}

static void run_case(struct view line)
{
    struct json doc;
    struct fault fault;
    if (json_parse(&doc, line, &arena, NULL, &fault) != STATUS_OK) {
        fail_msg("%s: %.*s", fault.text, VIEW_ARG(line));
    }
    struct view name = member(&doc, "case");
    struct view in = member(&doc, "in");
    struct view both = member(&doc, "both");
    enum scrub_where where = view_is(member(&doc, "where"), "url") ? SCRUB_IN_URL : SCRUB_IN_TEXT;
    bool differs = json_member(&doc, JSON_ROOT, "collector") != JSON_NO_VALUE;
    struct view expected = differs ? member(&doc, "collector") : both;
    expect(name, where, in, expected);
    expect(name, where, expected, expected);
    expect(name, where, both, expected); /* what comes from the tracker */
}

static int run_file(int folder_fd, const char *name)
{
    struct buf text;
    int cases = 0;
    buf_init(&text, 1 << 20);
    assert_int_equal(file_read(folder_fd, name, &text, NULL), STATUS_OK);
    struct view rest = buf_view(&text);
    while (rest.len > 0) {
        run_case(view_cut(&rest, '\n'));
        cases++;
    }
    buf_free(&text);
    return cases;
}

static void golden_cases_come_out_and_stay(void **state)
{
    (void)state;
    int folder_fd = open(FOLDER, O_RDONLY | O_DIRECTORY);
    DIR *folder = opendir(FOLDER);
    int cases = 0;
    assert_true(folder_fd >= 0 && folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (view_ends_with(view_from_text(entry->d_name), ".ndjson")) {
            cases += run_file(folder_fd, entry->d_name);
        }
    }
    closedir(folder);
    close(folder_fd);
    assert_true(cases >= 80);
}

/* One case of a document; out NULL: not a byte changes. */
struct json_case {
    const char *in;
    const char *out;
};

static void run_json_cases(const struct json_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct view out = scrubbed_json(cases[i].in);
        if (!view_is(out, cases[i].out ? cases[i].out : cases[i].in)) {
            fail_msg("%s gave: %.*s", cases[i].in, VIEW_ARG(out));
        }
        assert_true(cases[i].out || out.at == cases[i].in);
    }
}

static void strings_of_json_are_scrubbed_and_the_rest_stays(void **state)
{
    (void)state;
    static const struct json_case CASES[] = {
        {"{\"a\":1.50,\"b\":\"x\\/y\",\"c\":[null,\"\\u00fc\"]}", NULL},
        {"{\"mail\":\"x\",\"n\":1}", "{\"mail\":\"redacted\",\"n\":1}"},
        {"{\"password\":7,\"token\":\"\",\"key\":\"Enter\",\"code\":\"SUMMER\"}", NULL},
        {"{\"a\":[\"ann@b.example\"],\"b\":2}", "{\"a\":[\"redacted\"],\"b\":2}"},
        {"{\"a\":\"\\\"ann\\u0040b.example\\\"\"}", "{\"a\":\"\\\"redacted\\\"\"}"},
        {"{\"u\":\"https:\\/\\/h.example\\/?token=a\"}",
         "{\"u\":\"https://h.example/?token=redacted\"}"},
        {"{\"pass\\u0077ord\":\"a\"}", "{\"pass\\u0077ord\":\"redacted\"}"},
        {"{\"a\":\"\\\\\",\"phone\":\"1\"}", "{\"a\":\"\\\\\",\"phone\":\"redacted\"}"},
        {"{\"a\":\"x\\ncode=5\"}", "{\"a\":\"x\\ncode=redacted\"}"},
        {"{\"a\":\"x\\n4111 1111 1111 1111\"}", "{\"a\":\"x\\nredacted\"}"},
        {"{\"a\":\"x\\nDE89370400440532013000\"}", "{\"a\":\"x\\nredacted\"}"},
        {"{\"a\":\"x\\n+4366412345678\"}", "{\"a\":\"x\\nredacted\"}"},
        {"{\"email\":{\"x\":\"y\"}}", NULL},
        {"{\"passwords\":[\"a\",{\"b\":\"c\"}]}", "{\"passwords\":[\"redacted\",{\"b\":\"c\"}]}"},
        {"{}", NULL},
        {"[]", NULL},
        {"\"ann@b.example\"", "\"redacted\""},
        {"{\"payload\":\"{\\\"password\\\":\\\"x\\\",\\\"n\\\":1}\"}",
         "{\"payload\":\"{\\\"password\\\":\\\"redacted\\\",\\\"n\\\":1}\"}"},
    };
    run_json_cases(CASES, sizeof(CASES) / sizeof(CASES[0]));
}

static void numbers_are_scrubbed_by_their_keys_only(void **state)
{
    (void)state;
    static const struct json_case CASES[] = {
        {"{\"order_id\":4111111111111111,\"n\":4111111111111111}", NULL},
        {"{\"card_number\":4111111111111111}", "{\"card_number\":null}"},
        {"{\"phone\":436641234567,\"tokens\":1532}", "{\"phone\":null,\"tokens\":1532}"},
        {"{\"customerPhone\":436641234567}", "{\"customerPhone\":null}"},
        {"{\"lat\":48.208174,\"lng\":16.373819}", "{\"lat\":null,\"lng\":null}"},
        {"{\"lat\":48.2,\"flat\":48.208174,\"latency\":48.2081}", NULL},
        {"{\"coordinates\":[16.373819,48.208174]}", "{\"coordinates\":[null,null]}"},
        {"{\"cvc\":123}", "{\"cvc\":null}"},
    };
    run_json_cases(CASES, sizeof(CASES) / sizeof(CASES[0]));
}

static void the_key_before_a_bare_number_says_what_it_is(void **state)
{
    (void)state;
    static const struct json_case CASES[] = {
        {"{\"order_id\":\"4111111111111111\"}", NULL},
        {"{\"orderId\":\"4111111111111111\",\"note\":\"order 4111111111111111\"}", NULL},
        {"{\"note\":\"4111111111111111\"}", "{\"note\":\"redacted\"}"},
        {"{\"order\":[\"4111111111111111\"]}", "{\"order\":[\"redacted\"]}"},
        {"{\"order\":\"4111 1111 1111 1111\"}", "{\"order\":\"redacted\"}"},
    };
    run_json_cases(CASES, sizeof(CASES) / sizeof(CASES[0]));
}

static bool give_key(void *self, uint8_t key[SCRUB_KEY_BYTES])
{
    memset(key, *(const char *)self, SCRUB_KEY_BYTES);
    return true;
}

static void a_hash_is_the_same_for_the_same_thing_as_long_as_its_key_is(void **state)
{
    (void)state;
    char secret = 'a';
    for (size_t i = 0; i < SCRUB_RULES; i++) {
        scrubber.treatment.actions[i] = SCRUB_HASH;
    }
    scrubber.treatment.key = give_key;
    scrubber.treatment.self = &secret;
    struct view first = scrubbed(VIEW_LITERAL("Ann@Example.com"), SCRUB_IN_TEXT);
    struct view same = scrubbed(VIEW_LITERAL("ann%40example.com"), SCRUB_IN_URL);
    assert_int_equal(first.len, SCRUB_HASH_BYTES);
    assert_true(view_starts_with(first, "hashed_"));
    assert_true(view_equal(first, same));
    assert_true(view_equal(scrubbed(first, SCRUB_IN_TEXT), first));
    assert_false(view_equal(scrubbed(VIEW_LITERAL("bob@example.com"), SCRUB_IN_TEXT), first));
    struct view grouped = scrubbed(VIEW_LITERAL("4111 1111 1111 1111"), SCRUB_IN_TEXT);
    assert_true(view_equal(scrubbed(VIEW_LITERAL("4111111111111111"), SCRUB_IN_TEXT), grouped));
    struct view twice = scrubbed(VIEW_LITERAL("?token=abc"), SCRUB_IN_URL);
    assert_int_equal(twice.len, 7 + SCRUB_HASH_BYTES);
    assert_true(view_equal(scrubbed(twice, SCRUB_IN_URL), twice));
    secret = 'b';
    assert_false(view_equal(scrubbed(VIEW_LITERAL("ann@example.com"), SCRUB_IN_TEXT), first));
}

static void without_a_key_what_was_to_be_hashed_is_masked(void **state)
{
    (void)state;
    scrubber.treatment.actions[SCRUB_EMAIL] = SCRUB_HASH;
    struct view text = scrubbed(VIEW_LITERAL("to ann@example.com"), SCRUB_IN_TEXT);
    assert_true(view_is(text, "to redacted"));
}

static void what_is_dropped_leaves_nothing(void **state)
{
    (void)state;
    scrubber.treatment.actions[SCRUB_EMAIL] = SCRUB_DROP;
    scrubber.treatment.actions[SCRUB_KEY] = SCRUB_DROP;
    static const struct json_case CASES[] = {
        {"{\"a\":\"to ann@b.example!\",\"c\":\"ann@b.example\"}", "{\"a\":\"to !\",\"c\":null}"},
        {"{\"password\":\"x\",\"phone\":436641234567}", "{\"password\":null,\"phone\":null}"},
    };
    run_json_cases(CASES, sizeof(CASES) / sizeof(CASES[0]));
    assert_true(view_is(scrubbed(VIEW_LITERAL("ann@b.example"), SCRUB_IN_TEXT), ""));
}

static void set_documents(struct event *event)
{
    *event = (struct event){0};
    event_set_plain(event, COLUMN_TYPE, VIEW_LITERAL("track"));
    event_set_plain(event, COLUMN_NAME, VIEW_LITERAL("order.completed"));
    event_set_string(event, COLUMN_URL, VIEW_LITERAL("https://h.example/?token=a"));
    event_set_string(event, COLUMN_TITLE, VIEW_LITERAL("for ann@b.example"));
    event_set_string(event, COLUMN_USER_ID, VIEW_LITERAL("ann@b.example"));
    event_set_raw(event, COLUMN_PROPERTIES,
                  VIEW_LITERAL("{\"ref\":\"ann@b.example\",\"in\":{\"ref\":\"ann@b.example\"}}"));
}

static void an_event_is_scrubbed_but_for_its_ids(void **state)
{
    (void)state;
    struct event event;
    uint32_t found;
    set_documents(&event);
    assert_int_equal(scrub_event(&scrubber, &event, &arena, &found), STATUS_OK);
    assert_int_equal(found, 1u << SCRUB_PARAMETER | 1u << SCRUB_EMAIL);
    assert_true(view_is(event_text(&event, COLUMN_URL), "https://h.example/?token=redacted"));
    assert_true(view_is(event_text(&event, COLUMN_TITLE), "for redacted"));
    assert_true(view_is(event_text(&event, COLUMN_USER_ID), "ann@b.example"));
    assert_true(view_is(event.values[COLUMN_PROPERTIES].as.text,
                        "{\"ref\":\"redacted\",\"in\":{\"ref\":\"redacted\"}}"));
}

static void what_is_on_the_list_stays(void **state)
{
    (void)state;
    static const char *const LIST[] = {"order.completed.properties.in.ref", "*.title",
                                       "other.properties"};
    struct scrub_allow allows[3];
    struct event event;
    uint32_t found;
    for (size_t i = 0; i < 3; i++) {
        assert_true(scrub_allow_read(&allows[i], view_from_text(LIST[i])));
    }
    scrubber.allows = allows;
    scrubber.allow_count = 3;
    set_documents(&event);
    assert_int_equal(scrub_event(&scrubber, &event, &arena, &found), STATUS_OK);
    assert_true(view_is(event_text(&event, COLUMN_TITLE), "for ann@b.example"));
    assert_true(view_is(event.values[COLUMN_PROPERTIES].as.text,
                        "{\"ref\":\"redacted\",\"in\":{\"ref\":\"ann@b.example\"}}"));
}

static void a_list_names_events_and_fields(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",   "properties", "a.user_id",   "a.url.b",
                                      "*.", ".url",       "a.propertie", "a"};
    struct scrub_allow allow;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        if (scrub_allow_read(&allow, view_from_text(BAD[i]))) {
            fail_msg("%s was taken", BAD[i]);
        }
    }
    assert_true(scrub_allow_read(&allow, VIEW_LITERAL("a.b.properties.c.d")));
    assert_true(view_is(allow.event, "a.b") && view_is(allow.field, "properties.c.d"));
}

static void bytes_that_are_no_event_are_scrubbed_but_for_its_ids(void **state)
{
    (void)state;
    static const struct json_case CASES[] = {
        {"{\"userId\":\"ann@b.example\",\"a\":\"ann@b.example\"}",
         "{\"userId\":\"ann@b.example\",\"a\":\"redacted\"}"},
        {"{ \"password\" : \"x\" , \"n\": 1 }", "{ \"password\" : \"redacted\" , \"n\": 1 }"},
        {"{\"a\":\"ann@b.example\"", "{\"a\":\"redacted\""},
        {"{\"password\":\"x y\"", "{\"password\":\"redacted\""},
        {"\xff\xfe ann@b.example \x01", "\xff\xfe redacted \x01"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct view out = view_from_text(CASES[i].in);
        uint32_t found;
        assert_int_equal(scrub_bytes(&scrubber, &out, &arena, &found), STATUS_OK);
        if (!view_is(out, CASES[i].out)) {
            fail_msg("%s gave: %.*s", CASES[i].in, VIEW_ARG(out));
        }
    }
}

/* docs/scrubbing.md has the rules in a table, word for word. */
static void the_document_has_every_rule(void **state)
{
    (void)state;
    struct buf text;
    char row[1024];
    buf_init(&text, 1 << 20);
    assert_int_equal(file_read(AT_FDCWD, "docs/scrubbing.md", &text, NULL), STATUS_OK);
    for (size_t i = 0; i < SCRUB_RULES; i++) {
        const struct scrub_rule_row *rule = &scrub_rule_rows[i];
        int len = snprintf(row, sizeof(row), "\n| `%s` | %s | %s |\n", rule->name,
                           rule->is_in_page ? "page and collector" : "collector", rule->meaning);
        if (!memmem(text.at, text.len, row, (size_t)len)) {
            fail_msg("docs/scrubbing.md lacks: %s", row);
        }
    }
    buf_free(&text);
}

static void what_is_switched_off_does_nothing(void **state)
{
    (void)state;
    struct event event;
    uint32_t found;
    scrubber.is_off = true;
    set_documents(&event);
    assert_int_equal(scrub_event(&scrubber, &event, &arena, &found), STATUS_OK);
    assert_true(view_is(event_text(&event, COLUMN_URL), "https://h.example/?token=a"));
}

/* A part repeated is looked at, and scrubbed, in a time that grows with its length alone: 1 MB of
 * each would take minutes otherwise. */
static void hostile_text_takes_time_in_proportion(void **state)
{
    (void)state;
    static const char *const PARTS[] = {
        "token", "eyJ",          "eyJhbGciOiJ.", "@",    "a@",  "%40",     "%25",     "%2B1",
        "]=",    "://",          "://a@",        "a=",   "-",   "1 ",      "1.1234,", "+1",
        "0664 ", "4111 ",        "A/",           "aB3/", "aB3", "Bearer ", "DE89",    "DE89 ",
        "\":",   "\"phone\":\"", "ghp_",         "0a",   "(1",  "1.2-"};
    enum { BYTES = 1 << 20 };
    char *text = malloc(BYTES);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        size_t len = strlen(PARTS[i]);
        for (size_t at = 0; at < BYTES; at++) {
            text[at] = PARTS[i][at % len];
        }
        (void)scrubbed(view_make(text, BYTES), SCRUB_IN_TEXT);
        (void)scrubbed(view_make(text, BYTES), SCRUB_IN_URL);
        arena_clear(&arena);
    }
    free(text);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    struct view text = VIEW_LITERAL("?token=abc");
    const char *at = text.at;
    struct arena small;
    arena_init(&small, 8);
    struct scrub_job job = {&scrubber.treatment, &small, 0};
    const struct scrub_place place = {.where = SCRUB_IN_URL};
    assert_int_equal(scrub_text(&job, &place, &text), STATUS_NO_MEMORY);
    assert_true(text.at == at && text.len == 10);
    arena_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_and_stay),
        cmocka_unit_test(strings_of_json_are_scrubbed_and_the_rest_stays),
        cmocka_unit_test(numbers_are_scrubbed_by_their_keys_only),
        cmocka_unit_test(the_key_before_a_bare_number_says_what_it_is),
        cmocka_unit_test(a_hash_is_the_same_for_the_same_thing_as_long_as_its_key_is),
        cmocka_unit_test(without_a_key_what_was_to_be_hashed_is_masked),
        cmocka_unit_test(what_is_dropped_leaves_nothing),
        cmocka_unit_test(an_event_is_scrubbed_but_for_its_ids),
        cmocka_unit_test(what_is_on_the_list_stays),
        cmocka_unit_test(a_list_names_events_and_fields),
        cmocka_unit_test(bytes_that_are_no_event_are_scrubbed_but_for_its_ids),
        cmocka_unit_test(the_document_has_every_rule),
        cmocka_unit_test(what_is_switched_off_does_nothing),
        cmocka_unit_test(hostile_text_takes_time_in_proportion),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    struct CMUnitTest with_arena[sizeof(tests) / sizeof(tests[0])];
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        with_arena[i] = tests[i];
        with_arena[i].setup_func = make_arena;
        with_arena[i].teardown_func = free_arena;
    }
    return cmocka_run_group_tests(with_arena, NULL, NULL);
}
