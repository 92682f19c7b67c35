#include "net/moving.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, MANY = 300, TEXT_BYTES = 1024 };

/* One of two processes, as a thread: it answers with its name; "/held" once it is released. */
struct house {
    const char *name;
    struct net_loop *loop;
    pthread_t thread;
    struct exchange *_Atomic held;
    int release;
};

static struct house old_house;
static struct house new_house;
static int ends[2];
static int listening;
static uint16_t port;

static enum net_verdict answer(void *self, struct exchange *x)
{
    struct house *house = self;
    buf_append_text(&exchange_reply(x)->body, house->name);
    if (view_is(exchange_request(x)->head->path, "/held")) {
        house->held = x;
        return NET_WAIT;
    }
    return NET_DONE;
}

static void release(void *self)
{
    struct house *house = self;
    uint64_t count;
    (void)!read(house->release, &count, sizeof(count));
    exchange_finish(house->held);
}

static void build(struct house *house, const char *name, bool has_proxy_header)
{
    struct fault fault = {0};
    struct net_limits limits = net_limits_default();
    struct net_handler handler = {.self = house, .on_request = answer};
    *house = (struct house){.name = name, .loop = net_loop_create(&limits, &fault)};
    assert_non_null(house->loop);
    house->release = eventfd(0, EFD_NONBLOCK);
    struct listener_options options = {.fd = fcntl(listening, F_DUPFD_CLOEXEC, 0),
                                       .has_proxy_header = has_proxy_header};
    assert_int_equal(listener_add(house->loop, &options, &handler, &fault), STATUS_OK);
    assert_int_equal(net_loop_watch(house->loop, house->release, release, house, &fault),
                     STATUS_OK);
}

static void *run(void *self)
{
    struct house *house = self;
    struct fault fault = {0};
    return net_loop_run(house->loop, &fault) == STATUS_OK ? NULL : self;
}

static void open_house(struct house *house)
{
    assert_int_equal(pthread_create(&house->thread, NULL, run, house), 0);
}

static void wait_for_end(struct house *house)
{
    void *result = NULL;
    pthread_join(house->thread, &result);
    assert_null(result);
    net_loop_destroy(house->loop);
    close(house->release);
}

static void listen_somewhere(void)
{
    struct listen_address address;
    struct fault fault = {0};
    assert_int_equal(listen_address_parse(&address, VIEW_LITERAL("127.0.0.1:0"), &fault),
                     STATUS_OK);
    assert_int_equal(listener_socket(&address, &listening, &port, &fault), STATUS_OK);
    assert_int_equal(moving_pair(ends, &fault), STATUS_OK);
}

/* The old one goes gently, to where the new one takes. */
static void move(void)
{
    net_loop_move_to(old_house.loop, ends[0]);
    net_loop_stop_gently(old_house.loop);
}

static void let_in(void)
{
    moving_take(ends[1], &new_house.loop, 1);
    open_house(&new_house);
}

static void close_all(void)
{
    net_loop_stop(new_house.loop);
    wait_for_end(&new_house);
    close(ends[0]);
    close(ends[1]);
    close(listening);
}

static int dial(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void ask(int fd, const char *path)
{
    char text[TEXT_BYTES];
    int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    assert_int_equal(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
}

/* Reads one answer: whose it is, and that the connection stays. */
static void answered_by(int fd, const char *name)
{
    char text[TEXT_BYTES + 1] = "";
    size_t len = 0;
    while (!strstr(text, "\r\n\r\n") || !strstr(strstr(text, "\r\n\r\n") + 4, name)) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&readable, 1, PATIENCE_MS), 1);
        ssize_t n = recv(fd, text + len, TEXT_BYTES - len, 0);
        if (n <= 0) {
            fail_msg("no answer of the %s one, but: %s", name, text);
        }
        text[len += (size_t)n] = 0;
    }
    assert_non_null(strstr(text, "200 OK"));
    assert_null(strstr(text, "Connection: close"));
}

static bool is_closed(int fd)
{
    char byte;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&readable, 1, PATIENCE_MS), 1);
    return recv(fd, &byte, 1, 0) <= 0;
}

static void clients_go_on_with_another_process_and_notice_nothing(void **state)
{
    (void)state;
    int clients[MANY];
    listen_somewhere();
    build(&old_house, "old", false);
    open_house(&old_house);
    for (int i = 0; i < MANY; i++) {
        clients[i] = dial();
        ask(clients[i], "/");
        answered_by(clients[i], "old");
    }
    move();
    wait_for_end(&old_house);
    /* In between nobody reads; what is sent now waits. */
    for (int i = 0; i < MANY; i += 2) {
        ask(clients[i], "/");
    }
    build(&new_house, "new", false);
    let_in();
    for (int i = 0; i < MANY; i++) {
        if (i % 2 == 1) {
            ask(clients[i], "/");
        }
        answered_by(clients[i], "new");
        close(clients[i]);
    }
    close_all();
}

static void a_request_that_is_under_way_is_answered_first(void **state)
{
    (void)state;
    listen_somewhere();
    build(&old_house, "old", false);
    open_house(&old_house);
    int client = dial();
    int fresh = dial();
    ask(client, "/held");
    while (!old_house.held) {
        poll(NULL, 0, 1);
    }
    move();
    ask(fresh, "/"); /* on a connection that had said nothing yet */
    assert_int_equal(write(old_house.release, &(uint64_t){1}, 8), 8);
    answered_by(client, "old");
    wait_for_end(&old_house);
    build(&new_house, "new", false);
    let_in();
    answered_by(fresh, "new");
    ask(client, "/");
    answered_by(client, "new");
    close(client);
    close(fresh);
    close_all();
}

static void what_begins_with_a_proxy_header_does_not_move(void **state)
{
    (void)state;
    static const char HEADER[] = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
    listen_somewhere();
    build(&old_house, "old", true);
    open_house(&old_house);
    int client = dial();
    assert_int_equal(send(client, HEADER, sizeof(HEADER) - 1, 0), sizeof(HEADER) - 1);
    ask(client, "/");
    answered_by(client, "old");
    move();
    assert_true(is_closed(client)); /* after the moment it had */
    wait_for_end(&old_house);
    build(&new_house, "new", true);
    let_in();
    close(client);
    close_all();
}

static void nobody_is_let_in_where_the_new_one_does_not_listen(void **state)
{
    (void)state;
    listen_somewhere();
    build(&old_house, "old", false);
    open_house(&old_house);
    int client = dial();
    ask(client, "/");
    answered_by(client, "old");
    move();
    wait_for_end(&old_house);
    int first = listening;
    int first_ends[] = {ends[0], ends[1]};
    listen_somewhere();
    build(&new_house, "new", false);
    close(ends[0]);
    close(ends[1]);
    memcpy(ends, first_ends, sizeof(ends));
    let_in();
    assert_true(is_closed(client));
    close(client);
    close(first);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_go_on_with_another_process_and_notice_nothing),
        cmocka_unit_test(a_request_that_is_under_way_is_answered_first),
        cmocka_unit_test(what_begins_with_a_proxy_header_does_not_move),
        cmocka_unit_test(nobody_is_let_in_where_the_new_one_does_not_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
