#include "adapters/adapter_ancestor.h"

#include "golden.h"

static void golden_cases_come_out_as_they_are_written(void **state)
{
    (void)state;
    assert_true(run_golden(&adapter_ancestor, "test/golden/ancestor") >= 5);
}

static void only_the_root_and_one_plain_segment_are_its_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool is_match;
    } cases[] = {
        {"/", true},        {"/prod", true},
        {"/dev-2_x", true}, {"/a/b", false},
        {"/a.js", false},   {"/%41", false},
        {"/a b", false},    {"/0123456789012345678901234567890123456789", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct inbound inbound = {.method = INBOUND_POST, .path = view_from_text(cases[i].path)};
        assert_int_equal(adapter_ancestor.match(&inbound), cases[i].is_match);
        inbound.method = INBOUND_GET;
        assert_false(adapter_ancestor.match(&inbound));
    }
}

static void requests_find_their_adapter(void **state)
{
    (void)state;
    static const struct {
        enum inbound_method method;
        const char *path;
        const char *name;
    } cases[] = {
        {INBOUND_POST, "/e", "native"},     {INBOUND_POST, "/", "ancestor"},
        {INBOUND_POST, "/dev", "ancestor"}, {INBOUND_GET, "/p.gif", "pixel"},
        {INBOUND_GET, "/e", NULL},          {INBOUND_GET, "/", NULL},
        {INBOUND_POST, "/p.gif", NULL},     {INBOUND_POST, "/a/b", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct inbound inbound = {.method = cases[i].method, .path = view_from_text(cases[i].path)};
        const struct adapter *adapter = adapter_find(&inbound);
        assert_true(adapter ? cases[i].name && strcmp(adapter->name, cases[i].name) == 0
                            : !cases[i].name);
    }
}

static void the_same_bytes_get_the_same_id_and_others_another(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"type\":\"page\",\"anonymousId\":\"a\",\"sentAt\":1763942400000}",
        "{\"type\":\"page\",\"anonymousId\":\"a\",\"sentAt\":1763942400000}",
        "{\"type\":\"page\",\"anonymousId\":\"a\",\"sentAt\":1763942400001}",
    };
    char ids[3][64] = {0};
    for (size_t i = 0; i < 3; i++) {
        struct batch batch = {0};
        struct inbound inbound = {.method = INBOUND_POST,
                                  .path = VIEW_LITERAL("/"),
                                  .body = view_from_text(bodies[i]),
                                  .received_ms = GOLDEN_RECEIVED_MS};
        arena_clear(&arena);
        assert_int_equal(adapter_ancestor.decode(&inbound, &arena, &batch, NULL), STATUS_OK);
        struct view id = event_text(&batch.events[0], COLUMN_EVENT_ID);
        assert_int_equal(id.len, 34);
        memcpy(ids[i], id.at, id.len);
    }
    assert_string_equal(ids[0], ids[1]);
    assert_string_not_equal(ids[0], ids[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_as_they_are_written),
        cmocka_unit_test(only_the_root_and_one_plain_segment_are_its_paths),
        cmocka_unit_test(requests_find_their_adapter),
        cmocka_unit_test(the_same_bytes_get_the_same_id_and_others_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
