/*
 * slow_clients.c - clients that cost a server more than they cost themselves, on this machine only.
 *
 *     slow_clients --port 8080 --slow 5000 --half-open 10000 --seconds 20
 *
 * The slow ones send a request one byte every few seconds and never end it (slow loris); the
 * half-open ones connect and say nothing. A connection that the server closes is opened again a
 * second later, so that so many are always held. The sources are 127.0.0.2 and on: ports do not run
 * out. Ends with what came of it:
 *
 *     slow:      held 5000 of 5000 (at most 5000), opened 10000, not opened 0, closed by ...
 *
 * Exit code 1 when not one connection could be opened, 2 when it cannot run at all.
 */
#include "base/clock.h"
#include "base/option.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CLIENTS_MAX = 100 * 1000,
    SOURCES = 16, /* addresses */
    EVENTS = 512,
    TICK_MS = 20,
    REOPEN_MS = 1000,
    CONNECTING_MAX = 512, /* at a time: a listener's backlog is not the thing tried here */
    SPARE_FILES = 16,
};

struct options {
    int64_t port;
    int64_t slow;
    int64_t half_open;
    int64_t seconds;
    int64_t interval_ms; /* between two bytes of a slow one */
};

static const struct option_row ROWS[] = {
    {.name = "port",
     .type = OPTION_NUMBER,
     .default_text = "8080",
     .offset = offsetof(struct options, port),
     .min = 1,
     .max = UINT16_MAX,
     .uses = 1,
     .help = "of the server, on 127.0.0.1"},
    {.name = "slow",
     .type = OPTION_NUMBER,
     .default_text = "5000",
     .offset = offsetof(struct options, slow),
     .max = CLIENTS_MAX,
     .uses = 1,
     .help = "connections that send a byte now and then"},
    {.name = "half-open",
     .type = OPTION_NUMBER,
     .default_text = "10000",
     .offset = offsetof(struct options, half_open),
     .max = CLIENTS_MAX,
     .uses = 1,
     .help = "connections that send nothing"},
    {.name = "seconds",
     .type = OPTION_NUMBER,
     .default_text = "20",
     .offset = offsetof(struct options, seconds),
     .min = 1,
     .max = 3600,
     .uses = 1,
     .help = "how long they are held"},
    {.name = "interval",
     .type = OPTION_DURATION,
     .default_text = "3s",
     .offset = offsetof(struct options, interval_ms),
     .min = 10,
     .max = 60 * 1000,
     .uses = 1,
     .help = "between two bytes of a slow connection"},
};

enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

enum kind { SLOW, HALF_OPEN, KINDS };

enum phase { WAITING, CONNECTING, HELD };

struct client {
    int fd; /* -1 while it waits */
    enum kind kind;
    enum phase phase;
    bool is_answered;
    size_t sent;
    int64_t due_ms; /* to be opened, or to send its next byte */
};

/* Of all clients of a kind. */
struct tally {
    size_t clients;
    size_t held; /* now */
    size_t most_held;
    size_t opened;
    size_t not_opened;
    size_t closed; /* by the server */
    size_t answered_408;
    size_t answered_503;
    size_t answered_else;
    size_t bytes; /* sent */
};

struct world {
    struct options options;
    struct client *clients;
    size_t count;
    size_t connecting;
    int epoll;
    int64_t now_ms;
    struct tally tallies[KINDS];
};

/* The request of a slow client: a start, and then header lines without end. */
static char byte_at(size_t position)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\n";
    static const char line[] = "X: y\r\n";
    size_t start_len = sizeof(start) - 1;
    return position < start_len ? start[position]
                                : line[(position - start_len) % (sizeof(line) - 1)];
}

static void let_go(struct world *world, struct client *client)
{
    world->connecting -= client->phase == CONNECTING;
    world->tallies[client->kind].held -= client->phase == HELD;
    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
    client->phase = WAITING;
    client->due_ms = world->now_ms + REOPEN_MS;
}

static void fail_to_open(struct world *world, struct client *client)
{
    world->tallies[client->kind].not_opened++;
    let_go(world, client);
}

static void hold(struct world *world, struct client *client)
{
    struct tally *tally = &world->tallies[client->kind];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(world->epoll, EPOLL_CTL_MOD, client->fd, &event);
    world->connecting -= client->phase == CONNECTING;
    client->phase = HELD;
    client->due_ms = world->now_ms + world->options.interval_ms;
    tally->opened++;
    tally->held++;
    tally->most_held = tally->held > tally->most_held ? tally->held : tally->most_held;
}

/* A socket with one of the source addresses; its port is chosen with the connection. */
static int make_socket(size_t number)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(number % SOURCES));
    bool is_good = fd >= 0 &&
                   setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == 0 &&
                   bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0;
    if (!is_good && fd >= 0) {
        close(fd);
    }
    return is_good ? fd : -1;
}

static void open_client(struct world *world, struct client *client)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)world->options.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = client};
    client->fd = make_socket((size_t)(client - world->clients));
    client->is_answered = false;
    client->sent = 0;
    if (client->fd < 0 || epoll_ctl(world->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) {
        fail_to_open(world, client);
        return;
    }
    client->phase = CONNECTING;
    world->connecting++;
    if (connect(client->fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
        hold(world, client);
    } else if (errno != EINPROGRESS) {
        fail_to_open(world, client);
    }
}

static void finish_connect(struct world *world, struct client *client)
{
    int failure = 0;
    socklen_t len = sizeof(failure);
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &failure, &len);
    if (failure != 0) {
        fail_to_open(world, client);
    } else {
        hold(world, client);
    }
}

/* By the first bytes of an answer. */
static void count_answer(struct tally *tally, struct view bytes)
{
    if (view_starts_with(bytes, "HTTP/1.1 408 ")) {
        tally->answered_408++;
    } else if (view_starts_with(bytes, "HTTP/1.1 503 ")) {
        tally->answered_503++;
    } else {
        tally->answered_else++;
    }
}

static void listen_to(struct world *world, struct client *client)
{
    char bytes[2048];
    struct tally *tally = &world->tallies[client->kind];
    ssize_t n = recv(client->fd, bytes, sizeof(bytes), 0);
    if (n > 0 && !client->is_answered) {
        client->is_answered = true;
        count_answer(tally, view_make(bytes, (size_t)n));
    }
    bool is_closed = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    if (is_closed) {
        tally->closed++;
        let_go(world, client);
    }
}

/* What the server thinks of the byte comes back as an event. */
static void send_byte(struct world *world, struct client *client)
{
    char byte = byte_at(client->sent);
    if (send(client->fd, &byte, 1, MSG_NOSIGNAL) == 1) {
        client->sent++;
        world->tallies[client->kind].bytes++;
    }
    client->due_ms = world->now_ms + world->options.interval_ms;
}

static void do_what_is_due(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct client *client = &world->clients[i];
        if (client->due_ms > world->now_ms) {
            continue;
        }
        if (client->phase == WAITING && world->connecting < CONNECTING_MAX) {
            open_client(world, client);
        } else if (client->phase == HELD && client->kind == SLOW && !client->is_answered) {
            send_byte(world, client);
        }
    }
}

static void run(struct world *world)
{
    struct epoll_event events[EVENTS];
    struct clock clock = clock_system();
    world->now_ms = clock_monotonic_ms(&clock);
    int64_t end_ms = world->now_ms + world->options.seconds * 1000;
    int64_t tick_ms = 0;
    while (world->now_ms < end_ms) {
        int count = epoll_wait(world->epoll, events, EVENTS, TICK_MS);
        world->now_ms = clock_monotonic_ms(&clock);
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            if (client->phase == CONNECTING) {
                finish_connect(world, client);
            } else {
                listen_to(world, client);
            }
        }
        if (world->now_ms >= tick_ms) {
            do_what_is_due(world);
            tick_ms = world->now_ms + TICK_MS;
        }
    }
}

static enum status raise_file_limit(size_t wanted, struct fault *fault)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return fault_errno(fault, errno, "the limit of open files cannot be read");
    }
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < wanted + SPARE_FILES) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "%zu connections need %zu open files, the hard limit is %zu", wanted,
                         wanted + SPARE_FILES, (size_t)limit.rlim_max);
    }
    return setrlimit(RLIMIT_NOFILE, &limit) == 0
               ? STATUS_OK
               : fault_errno(fault, errno, "the limit of open files cannot be raised");
}

static enum status world_open(struct world *world, struct fault *fault)
{
    world->tallies[SLOW].clients = (size_t)world->options.slow;
    world->tallies[HALF_OPEN].clients = (size_t)world->options.half_open;
    world->count = world->tallies[SLOW].clients + world->tallies[HALF_OPEN].clients;
    world->epoll = epoll_create1(EPOLL_CLOEXEC);
    world->clients = calloc(world->count + 1, sizeof(*world->clients));
    if (world->epoll < 0 || !world->clients) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %zu connections", world->count);
    }
    for (size_t i = 0; i < world->count; i++) {
        enum kind kind = i < world->tallies[SLOW].clients ? SLOW : HALF_OPEN;
        world->clients[i] = (struct client){.fd = -1, .kind = kind};
    }
    return raise_file_limit(world->count, fault);
}

static void world_close(struct world *world)
{
    for (size_t i = 0; world->clients && i < world->count; i++) {
        if (world->clients[i].fd >= 0) {
            close(world->clients[i].fd);
        }
    }
    free(world->clients);
    close(world->epoll);
}

static void print_tally(const char *name, const struct tally *tally)
{
    printf("%-10s held %zu of %zu (at most %zu), opened %zu, not opened %zu, closed by the server "
           "%zu, answered 408 %zu, 503 %zu, else %zu, sent %zu bytes\n",
           name, tally->held, tally->clients, tally->most_held, tally->opened, tally->not_opened,
           tally->closed, tally->answered_408, tally->answered_503, tally->answered_else,
           tally->bytes);
}

static enum status read_options(struct options *options, int count, char **words, bool *wants_help,
                                struct fault *fault)
{
    struct option_set set;
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    option_set_init(&set, ROWS, ROW_COUNT, options, &arena);
    enum status status = option_set_defaults(&set, fault);
    if (status == STATUS_OK) {
        status = option_read_flags(&set, 1, count - 1, words + 1, fault);
    }
    *wants_help = set.wants_help;
    arena_free(&arena); /* no option is a text */
    return status;
}

static void print_help(void)
{
    struct buf help;
    buf_init(&help, 64 * 1024);
    (void)option_append_help(&help, ROWS, ROW_COUNT, 1);
    printf("%.*s", VIEW_ARG(buf_view(&help)));
    buf_free(&help);
}

int main(int count, char **words)
{
    struct world world = {.epoll = -1};
    struct fault fault = {0};
    bool wants_help = false;
    enum status status = read_options(&world.options, count, words, &wants_help, &fault);
    if (status == STATUS_OK && wants_help) {
        print_help();
        return 0;
    }
    if (status == STATUS_OK) {
        status = world_open(&world, &fault);
    }
    if (status == STATUS_OK) {
        run(&world);
        print_tally("slow:", &world.tallies[SLOW]);
        print_tally("half-open:", &world.tallies[HALF_OPEN]);
    } else {
        fprintf(stderr, "slow_clients: %s\n", fault.text);
    }
    world_close(&world);
    bool has_opened = world.tallies[SLOW].opened + world.tallies[HALF_OPEN].opened > 0;
    return status != STATUS_OK ? 2 : has_opened ? 0 : 1;
}
