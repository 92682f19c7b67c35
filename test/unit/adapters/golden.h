/*
 * golden.h - runs the golden cases of an adapter: NAME.http is a request as it came over the wire,
 * NAME.rows what must come out. With PIPES_GOLDEN_WRITE=1 the .rows are written anew; read them
 * before they are kept.
 */
#ifndef PIPES_TEST_GOLDEN_H
#define PIPES_TEST_GOLDEN_H

#include "adapters/adapter.h"
#include "adapters/adapter_list.h"
#include "base/file.h"
#include "net/http_head.h"

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

static const int64_t GOLDEN_RECEIVED_MS = 1763942400250;

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void append_outcome(struct buf *out, const struct batch *batch)
{
    for (size_t i = 0; i < batch->event_count; i++) {
        event_append_row(out, &batch->events[i]);
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < batch->reject_count; i++) {
        buf_append_format(out, "rejected, %s: %.*s\n", batch->rejects[i].reason,
                          VIEW_ARG(batch->rejects[i].raw));
    }
}

/* The request as the front door would hand it over; only content-length bodies. */
static struct inbound parse_request(struct view bytes)
{
    struct http_head head;
    struct http_refusal refusal;
    assert_int_equal(http_head_parse(&head, bytes, &refusal), HTTP_DONE);
    assert_int_equal(head.len + head.content_length, bytes.len);
    return (struct inbound){.method = head.method == HTTP_POST ? INBOUND_POST : INBOUND_GET,
                            .path = head.path,
                            .query = head.query,
                            .body = view_part(bytes, head.len, (size_t)head.content_length),
                            .received_ms = GOLDEN_RECEIVED_MS};
}

static void run_case(const struct adapter *adapter, int folder_fd, const char *name)
{
    struct buf sent;
    struct buf expected;
    struct buf out;
    buf_init(&sent, 1 << 20);
    buf_init(&expected, 1 << 20);
    buf_init(&out, 1 << 20);
    char rows_name[300];
    snprintf(rows_name, sizeof(rows_name), "%.*s.rows", (int)strlen(name) - 5, name);
    struct fault fault = {0};
    struct batch batch = {0};
    assert_int_equal(file_read(folder_fd, name, &sent, &fault), STATUS_OK);
    struct inbound inbound = parse_request(buf_view(&sent));
    arena_clear(&arena);
    assert_true(adapter->match(&inbound));
    assert_int_equal(adapter->decode(&inbound, &arena, &batch, &fault), STATUS_OK);
    append_outcome(&out, &batch);
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

/* Runs all cases of a folder and gives their number. */
static int run_golden(const struct adapter *adapter, const char *folder_name)
{
    int folder_fd = open(folder_name, O_RDONLY | O_DIRECTORY);
    assert_true(folder_fd >= 0);
    DIR *folder = opendir(folder_name);
    int cases = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (view_ends_with(view_from_text(entry->d_name), ".http")) {
            run_case(adapter, folder_fd, entry->d_name);
            cases++;
        }
    }
    closedir(folder);
    close(folder_fd);
    return cases;
}

#endif
