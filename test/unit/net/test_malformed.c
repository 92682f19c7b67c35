/* What a real server makes of the requests in test/unit/net/malformed, sent in three ways. */
#include "net/server.h"

#include "base/file.h"
#include "malformed_case.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, BODY_BYTES_MAX = 64 * 1024, ROOM = 64 * 1024 };

/* Follows each case on its connection. */
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static const char FOLDER[] = "test/unit/net/malformed";

enum way { IN_ONE_WRITE, BYTE_BY_BYTE, LINE_BY_LINE, WAYS };

static const char *const way_names[WAYS] = {"in one write", "byte by byte", "line by line"};

/* A server in a thread, whose handler says what it was given. */
struct fixture {
    struct net_loop *loop;
    pthread_t thread;
    uint16_t port;
    atomic_uint requests;
    atomic_uint smuggled;
    struct buf answer; /* of the server, to the end of the connection */
    bool is_closed;
    unsigned cases;
    unsigned failures;
};

static enum net_verdict echo(void *self, struct exchange *x)
{
    struct fixture *f = self;
    const struct http_request *request = exchange_request(x);
    const struct http_head *head = request->head;
    struct buf *out = &exchange_reply(x)->body;
    atomic_fetch_add(&f->requests, 1);
    atomic_fetch_add(&f->smuggled, view_is(head->path, "/smuggled"));
    buf_append_format(out, "<%.*s %.*s", VIEW_ARG(head->method_text), VIEW_ARG(head->path));
    if (head->query.len > 0) {
        buf_append_format(out, "?%.*s", VIEW_ARG(head->query));
    }
    buf_append_format(out, " %.*s", VIEW_ARG(http_header(head, "host")));
    if (request->body.len > 0) {
        buf_append_text(out, " ");
        buf_append_view(out, request->body);
    }
    buf_append_text(out, ">");
    return NET_DONE;
}

static void *run(void *self)
{
    struct fixture *f = self;
    struct fault fault = {0};
    return net_loop_run(f->loop, &fault) == STATUS_OK ? NULL : self;
}

static int start(void **state)
{
    static struct fixture f;
    struct fault fault = {0};
    struct net_limits limits = net_limits_default();
    limits.body_bytes = BODY_BYTES_MAX;
    buf_init(&f.answer, ROOM);
    f.loop = net_loop_create(&limits, &fault);
    assert_non_null(f.loop);
    struct net_handler handler = {.self = &f, .on_request = echo};
    assert_int_equal(listener_open(f.loop, "127.0.0.1:0", &handler, &f.port, &fault), STATUS_OK);
    assert_int_equal(pthread_create(&f.thread, NULL, run, &f), 0);
    *state = &f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    void *result = NULL;
    net_loop_stop(f->loop);
    pthread_join(f->thread, &result);
    assert_null(result);
    net_loop_destroy(f->loop);
    buf_free(&f->answer);
    return 0;
}

static int dial(const struct fixture *f)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(f->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
    return fd;
}

/* How many bytes go into the next write. */
static size_t piece_len(struct view rest, enum way way)
{
    if (way == BYTE_BY_BYTE) {
        return 1;
    }
    size_t len = way == LINE_BY_LINE ? 2 : rest.len;
    while (len < rest.len && memcmp(rest.at + len - 2, "\r\n", 2) != 0) {
        len++;
    }
    return len < rest.len ? len : rest.len;
}

/* A server that has closed already takes no more: what it answered is what counts. */
static void say(int fd, struct view bytes, enum way way)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.at, piece_len(bytes, way), MSG_NOSIGNAL);
        if (n < 0) {
            return;
        }
        bytes = view_part(bytes, (size_t)n, bytes.len);
        sched_yield(); /* the server may see this piece alone */
    }
}

/* Reads to the end of the connection, or until nothing comes any more. */
static void hear(struct fixture *f, int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    buf_clear(&f->answer);
    f->is_closed = false;
    while (!f->is_closed && poll(&poll_fd, 1, PATIENCE_MS) == 1) {
        char *place = buf_reserve(&f->answer, 4096);
        assert_non_null(place);
        ssize_t n = recv(fd, place, 4096, 0);
        f->is_closed = n <= 0;
        buf_used(&f->answer, n > 0 ? (size_t)n : 0);
    }
}

static void exchange_bytes(struct fixture *f, const struct malformed_case *one, enum way way)
{
    struct buf all;
    buf_init(&all, 2 * MALFORMED_BYTES_MAX);
    buf_append_view(&all, buf_view(&one->bytes));
    if (one->status != 0) {
        buf_append_text(&all, SMUGGLED);
    }
    assert_int_equal(buf_status(&all), STATUS_OK);
    atomic_store(&f->requests, 0);
    atomic_store(&f->smuggled, 0);
    int fd = dial(f);
    say(fd, buf_view(&all), way);
    if (one->status == 0) {
        shutdown(fd, SHUT_WR);
    }
    hear(f, fd);
    close(fd);
    buf_free(&all);
}

static bool answer_has(const struct fixture *f, struct view text)
{
    return memmem(f->answer.at, f->answer.len, text.at, text.len) != NULL;
}

/* The status of the first final answer, 0 without one. */
static unsigned first_status(const struct fixture *f)
{
    struct view answer = buf_view(&f->answer);
    while (view_starts_with(answer, "HTTP/1.1 100 ")) {
        const char *end = memmem(answer.at, answer.len, "\r\n\r\n", 4);
        answer =
            end ? view_part(answer, (size_t)(end - answer.at) + 4, answer.len) : (struct view){0};
    }
    uint64_t status = 0;
    return view_starts_with(answer, "HTTP/1.1 ") && view_to_uint64(view_part(answer, 9, 3), &status)
               ? (unsigned)status
               : 0;
}

/* NULL when all is as the case says. */
static const char *complaint_about(const struct fixture *f, const struct malformed_case *one)
{
    unsigned expected_requests = (one->status == 200) + (unsigned)one->is_kept;
    if (!f->is_closed) {
        return "the connection was not closed";
    }
    if (first_status(f) != one->status) {
        return "another status";
    }
    if (!one->is_kept && atomic_load(&f->smuggled) > 0) {
        return "what follows was read as a request";
    }
    if (atomic_load(&f->requests) != expected_requests) {
        return "another number of requests";
    }
    if (one->is_kept && atomic_load(&f->smuggled) != 1) {
        return "the next request was not found";
    }
    struct buf seen;
    buf_init(&seen, 2 * MALFORMED_BYTES_MAX);
    buf_append_format(&seen, "<%.*s>", VIEW_ARG(buf_view(&one->seen)));
    bool is_seen = one->seen.len == 0 || answer_has(f, buf_view(&seen));
    buf_free(&seen);
    return is_seen ? NULL : "the handler was given something else";
}

static void run_case(struct fixture *f, const char *file, const struct malformed_case *one)
{
    for (enum way way = IN_ONE_WRITE; way < WAYS; way++) {
        exchange_bytes(f, one, way);
        const char *complaint = complaint_about(f, one);
        if (complaint) {
            print_error("%s: %.*s, %s: %s\n%.*s\n", file, VIEW_ARG(one->name), way_names[way],
                        complaint, VIEW_ARG(buf_view(&f->answer)));
            f->failures++;
        }
    }
    f->cases++;
}

static void run_file(struct fixture *f, int folder_fd, const char *name)
{
    struct buf file;
    struct fault fault = {0};
    struct malformed_case one;
    buf_init(&file, 1 << 20);
    malformed_case_init(&one);
    assert_int_equal(file_read(folder_fd, name, &file, &fault), STATUS_OK);
    struct view text = buf_view(&file);
    for (bool is_good = true; malformed_case_next(&one, &text, &is_good);) {
        if (!is_good) {
            fail_msg("%s: the case \"%.*s\" cannot be read", name, VIEW_ARG(one.name));
        }
        run_case(f, name, &one);
    }
    malformed_case_free(&one);
    buf_free(&file);
}

static void every_case_ends_as_the_rfc_says(void **state)
{
    struct fixture *f = *state;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (view_ends_with(view_from_text(entry->d_name), ".txt")) {
            run_file(f, dirfd(folder), entry->d_name);
        }
    }
    closedir(folder);
    print_message("%u cases in %d ways each\n", f->cases, WAYS);
    assert_true(f->cases > 0);
    assert_int_equal(f->failures, 0);
}

static void reads_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct view bytes;
    } good[] = {
        {"a\\r\\n\\t\\\\b", VIEW_LITERAL("a\r\n\t\\b")},
        {"\\0\\x00\\xfF", VIEW_LITERAL("\0\0\xff")},
        {"<\\*3(ab\\n)>", VIEW_LITERAL("<ab\nab\nab\n>")},
        {"\\\\*", VIEW_LITERAL("\\*")},
    };
    static const char *const bad[] = {"\\", "\\q", "\\x4", "\\xg0", "\\*(a)", "\\*99999999(a)"};
    struct buf out;
    buf_init(&out, MALFORMED_BYTES_MAX);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        buf_clear(&out);
        assert_true(append_unescaped(&out, view_from_text(good[i].text)));
        assert_true(view_equal(buf_view(&out), good[i].bytes));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(append_unescaped(&out, view_from_text(bad[i])));
    }
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_escapes),
        cmocka_unit_test(every_case_ends_as_the_rfc_says),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
