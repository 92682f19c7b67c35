#include "load/payload.c"

#include "base/arena.h"
#include "base/json.h"
#include "net/http_head.h"

#include <stdlib.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct payload payload;

static void is_what_the_collector_reads(void **state)
{
    (void)state;
    for (enum payload_kind kind = PAYLOAD_SINGLE; kind <= PAYLOAD_HEALTH; kind++) {
        struct http_head head;
        struct http_refusal refusal;
        struct arena arena;
        struct json doc;
        arena_init(&arena, 1 << 20);
        assert_int_equal(payload_init(&payload, kind, 8080, NULL), STATUS_OK);
        const struct payload_request *request = payload_next(&payload);
        struct view body = payload_body(request);
        assert_int_equal(http_head_parse(&head, payload_bytes(request), &refusal), HTTP_DONE);
        assert_int_equal(head.len, request->body_at);
        assert_int_equal(head.content_length, body.len);
        if (kind != PAYLOAD_HEALTH) {
            assert_int_equal(json_parse(&doc, body, &arena, NULL, NULL), STATUS_OK);
            json_value event = json_first(&doc, json_member(&doc, JSON_ROOT, "events"));
            assert_int_equal(json_raw(&doc, event).len, kind == PAYLOAD_TINY ? 200 : 1024);
        }
        payload_free(&payload);
        arena_free(&arena);
    }
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, ID_BYTES);
}

static void gives_every_event_an_id_of_its_own(void **state)
{
    (void)state;
    enum { REQUESTS = 40 };
    static char ids[REQUESTS * PAYLOAD_EVENTS_MAX][ID_BYTES];
    size_t count = 0;
    assert_int_equal(payload_init(&payload, PAYLOAD_BATCH, 8080, NULL), STATUS_OK);
    for (size_t i = 0; i < REQUESTS; i++) {
        const struct payload_request *request = payload_next(&payload);
        for (size_t event = 0; event < request->event_count; event++) {
            memcpy(ids[count++], request->bytes.at + request->ids[event], ID_BYTES);
        }
    }
    qsort(ids, count, ID_BYTES, compare_ids);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ids[i][14], '4');
        assert_int_equal(ids[i][23], '-');
        assert_true(i == 0 || memcmp(ids[i], ids[i - 1], ID_BYTES) != 0);
    }
    payload_free(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_the_collector_reads),
        cmocka_unit_test(gives_every_event_an_id_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
