#include "privacy/privacy_scrub.h"

#include "base/file.h"
#include "base/json.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char FOLDER[] = "test/golden/scrub";

static struct arena arena;

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
    struct view out = in;
    assert_int_equal(privacy_scrub(&out, where, &arena), STATUS_OK);
    if (!view_equal(out, expected)) {
        fail_msg("%.*s gave: %.*s", VIEW_ARG(name), VIEW_ARG(out));
    }
}

static void run_case(struct view line)
{
    struct json doc;
    struct fault fault;
    assert_int_equal(json_parse(&doc, line, &arena, NULL, &fault), STATUS_OK);
    struct view name = member(&doc, "case");
    struct view in = member(&doc, "in");
    struct view both = member(&doc, "both");
    enum scrub_where where = view_is(member(&doc, "where"), "url") ? SCRUB_URL : SCRUB_TEXT;
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
    arena_init(&arena, 16 << 20);
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
    assert_true(cases >= 60);
    arena_free(&arena);
}

static void strings_of_json_are_scrubbed_and_the_rest_stays(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"{\"a\":1.50,\"b\":\"x\\/y\",\"c\":[null,\"\\u00fc\"]}", NULL},
        {"{\"mail\":\"x\",\"n\":1}", "{\"mail\":\"redacted\",\"n\":1}"},
        {"{\"password\":7,\"token\":\"\",\"key\":\"Enter\",\"code\":\"SUMMER\"}", NULL},
        {"{\"a\":[\"ann@b.example\"],\"b\":2}", "{\"a\":[\"redacted\"],\"b\":2}"},
        {"{\"a\":\"\\\"ann\\u0040b.example\\\"\"}", "{\"a\":\"\\\"redacted\\\"\"}"},
        {"{\"u\":\"https:\\/\\/h.example\\/?token=a\"}",
         "{\"u\":\"https://h.example/?token=redacted\"}"},
        {"{\"pass\\u0077ord\":\"a\"}", "{\"pass\\u0077ord\":\"redacted\"}"},
        {"{\"a\":\"\\\\\",\"phone\":\"1\"}", "{\"a\":\"\\\\\",\"phone\":\"redacted\"}"},
        {"{\"email\":{\"x\":\"y\"}}", NULL},
        {"{}", NULL},
    };
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct view in = view_from_text(cases[i].in);
        struct view out = in;
        assert_int_equal(privacy_scrub_json(&out, &arena), STATUS_OK);
        if (!view_is(out, cases[i].out ? cases[i].out : cases[i].in)) {
            fail_msg("%s gave: %.*s", cases[i].in, VIEW_ARG(out));
        }
        assert_true(cases[i].out || out.at == in.at);
    }
    arena_free(&arena);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    struct view text = VIEW_LITERAL("?token=abc");
    const char *at = text.at;
    arena_init(&arena, 8);
    assert_int_equal(privacy_scrub(&text, SCRUB_URL, &arena), STATUS_NO_MEMORY);
    assert_true(text.at == at && text.len == 10);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_and_stay),
        cmocka_unit_test(strings_of_json_are_scrubbed_and_the_rest_stays),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
