/*
 * Golden cases of enrichment: NAME.http as it came over the wire (from a proxy that is trusted),
 * NAME.rows what the events are after completion. The network 1.2.3.0/24 is in Vienna, and
 * Amazon's.
 */
#include "app/completion.h"

#include "../adapters/golden.h"
#include "../enrich/small_mmdb.h"
#include "app/worker_tools.h"

static char path[] = "/tmp/pipes-completion-XXXXXX";
static struct agent_rules *rules;
static struct worker_tools tools;
static struct settings settings;

static void write_places(void)
{
    struct buf file;
    struct buf record;
    buf_init(&file, 1 << 16);
    buf_init(&record, 1 << 12);
    small_mmdb_map(&record, 3);
    small_mmdb_text(&record, "country");
    small_mmdb_map(&record, 1);
    small_mmdb_text(&record, "iso_code");
    small_mmdb_text(&record, "AT");
    small_mmdb_text(&record, "subdivisions");
    small_mmdb_array(&record, 1);
    small_mmdb_map(&record, 1);
    small_mmdb_text(&record, "iso_code");
    small_mmdb_text(&record, "9");
    small_mmdb_text(&record, "autonomous_system_number");
    small_mmdb_number(&record, SMALL_MMDB_UINT32, 16509);
    small_mmdb_fill(&file, (const uint8_t[]){1, 2, 3}, 24, buf_view(&record));
    assert_true(small_mmdb_save(path, buf_view(&file)));
    buf_free(&record);
    buf_free(&file);
}

static int open_world(void **state)
{
    struct fault fault;
    int fd = mkstemp(path);
    close(fd);
    write_places();
    const struct config config = {.geo = path};
    return set_up(state) || agent_rules_create(&rules, &fault) != STATUS_OK ||
           worker_tools_open(&tools, rules, 1, &fault) != STATUS_OK ||
           places_open(&settings.places, &config, &fault) != STATUS_OK ||
           trusted_networks_parse(&settings.trusted, "127.0.0.1", &fault) != STATUS_OK;
}

static int close_world(void **state)
{
    places_close(&settings.places);
    worker_tools_close(&tools);
    agent_rules_destroy(rules);
    unlink(path);
    return tear_down(state);
}

/* As pipeline.c does it. */
static void take(struct view sent, struct buf *out)
{
    static const struct completion COMPLETION = {"main", "production"};
    struct http_head head;
    struct http_refusal refusal;
    struct fault fault = {0};
    struct visitor visitor;
    struct forwarded room;
    struct batch batch = {0};
    struct sender sender = worker_tools_sender(&tools, &settings, GOLDEN_RECEIVED_MS);
    struct inbound inbound = parse_request(sent);
    assert_int_equal(http_head_parse(&head, sent, &refusal), HTTP_DONE);
    const char *client = forwarded_client(&room, &settings.trusted, "127.0.0.1", &head);
    sender_read(&visitor, &head, client);
    sender.arena = &arena;
    sender.agent = visitor.agent;
    sender.cut = POLICY_ADDRESS_24;
    assert_int_equal(enrich_list_know(&visitor, &sender.tools, &sender.facts, &arena), STATUS_OK);
    assert_int_equal(adapter_find(&inbound)->decode(&inbound, &arena, &batch, &fault), STATUS_OK);
    for (size_t i = 0; i < batch.event_count; i++) {
        assert_int_equal(completion_apply(&COMPLETION, &sender, &batch.events[i], &arena, &fault),
                         STATUS_OK);
    }
    append_outcome(out, &batch);
}

static void check_case(int folder_fd, const char *name)
{
    struct fault fault = {0};
    struct buf sent;
    struct buf expected;
    struct buf out;
    char rows_name[300];
    buf_init(&sent, 1 << 20);
    buf_init(&expected, 1 << 20);
    buf_init(&out, 1 << 20);
    snprintf(rows_name, sizeof(rows_name), "%.*s.rows", (int)strlen(name) - 5, name);
    assert_int_equal(file_read(folder_fd, name, &sent, &fault), STATUS_OK);
    arena_clear(&arena);
    take(buf_view(&sent), &out);
    if (getenv("PIPES_GOLDEN_WRITE")) {
        assert_int_equal(file_replace(folder_fd, rows_name, buf_view(&out), &fault), STATUS_OK);
    }
    assert_int_equal(file_read(folder_fd, rows_name, &expected, &fault), STATUS_OK);
    if (!view_equal(buf_view(&out), buf_view(&expected))) {
        fail_msg("%s gave:\n%.*s", name, VIEW_ARG(buf_view(&out)));
    }
    buf_free(&sent);
    buf_free(&expected);
    buf_free(&out);
}

static void golden_cases_come_out_as_they_are_written(void **state)
{
    (void)state;
    int folder_fd = open("test/golden/enrich", O_RDONLY | O_DIRECTORY);
    DIR *folder = opendir("test/golden/enrich");
    int cases = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (view_ends_with(view_from_text(entry->d_name), ".http")) {
            check_case(folder_fd, entry->d_name);
            cases++;
        }
    }
    closedir(folder);
    close(folder_fd);
    assert_true(cases >= 8);
}

/* Out of the quarantine, say: nothing is made up. */
static void events_that_nobody_sent_have_no_facts(void **state)
{
    (void)state;
    static const struct completion COMPLETION = {"main", "production"};
    const struct sender nobody = {0};
    struct fault fault;
    struct event event = {
        .told = {.agent = VIEW_LITERAL("curl/8"), .address = VIEW_LITERAL("1.2.3.4")}};
    event_set_plain(&event, COLUMN_EVENT_ID, VIEW_LITERAL("e"));
    assert_int_equal(completion_apply(&COMPLETION, &nobody, &event, &arena, &fault), STATUS_OK);
    assert_false(event_has(&event, COLUMN_IS_BOT));
    assert_false(event_has(&event, COLUMN_COUNTRY));
    assert_false(event_has(&event, COLUMN_BOT_REASON));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_as_they_are_written),
        cmocka_unit_test(events_that_nobody_sent_have_no_facts),
    };
    (void)run_golden;
    return cmocka_run_group_tests(tests, open_world, close_world);
}
