#include "base/file.h"
#include "base/json.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 9 * 1024 * 1024, READ_BYTES = 64 * 1024, QUIET_MS = 300 };

struct address {
    char host[128];
    char port[16];
};

/* Where a running collector listens: its file RUNNING says so. */
static enum status read_address(const char *data, struct address *address, struct fault *fault)
{
    char path[512];
    char bytes[4096];
    snprintf(path, sizeof(path), "%s/RUNNING", data);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (got <= 0) {
        return fault_set(fault, STATUS_NOT_FOUND,
                         "no collector is running on %s; start one with: pipes serve --data %s",
                         data, data);
    }
    struct arena arena;
    struct json doc;
    struct view url = {0};
    arena_init(&arena, 1 << 20);
    enum status status = json_parse(&doc, view_make(bytes, (size_t)got), &arena, NULL, fault);
    if (status == STATUS_OK) {
        status = json_text(&doc, json_member(&doc, JSON_ROOT, "admin_url"), &arena, &url);
    }
    /* "http://HOST:PORT/" */
    struct view rest = view_part(url, strlen("http://"), url.len);
    struct view host = view_cut(&rest, ':');
    struct view port = view_cut(&rest, '/');
    if (status == STATUS_OK && (host.len == 0 || host.len >= sizeof(address->host) ||
                                port.len == 0 || port.len >= sizeof(address->port))) {
        status = fault_set(fault, STATUS_DAMAGED, "%s/RUNNING names no address", data);
    }
    if (status == STATUS_OK) {
        snprintf(address->host, sizeof(address->host), "%.*s", VIEW_ARG(host));
        snprintf(address->port, sizeof(address->port), "%.*s", VIEW_ARG(port));
    }
    arena_free(&arena);
    return status;
}

static enum status dial(const struct address *address, int *fd, struct fault *fault)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int reason = getaddrinfo(address->host, address->port, &hints, &found);
    *fd = -1;
    for (struct addrinfo *at = found; reason == 0 && at && *fd < 0; at = at->ai_next) {
        *fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
        if (*fd >= 0 && connect(*fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(*fd);
            *fd = -1;
        }
    }
    if (found) {
        freeaddrinfo(found);
    }
    return *fd >= 0 ? STATUS_OK
                    : fault_set(fault, STATUS_IO,
                                "the collector at %s:%s does not answer; was it killed?",
                                address->host, address->port);
}

/* One line of server-sent events (HTML standard, section 9.2): only "data: ROW" is printed. */
struct printing {
    const struct cmd_context *context;
    bool is_event; /* the message has another type than the default */
    bool is_body;  /* the answer's head is over */
    uint64_t rows;
};

static void print_line(struct printing *printing, struct view line)
{
    line = view_ends_with(line, "\r") ? view_part(line, 0, line.len - 1) : line;
    if (!printing->is_body) {
        printing->is_body = line.len == 0;
    } else if (line.len == 0) {
        printing->is_event = false;
    } else if (view_starts_with(line, "event: ")) {
        printing->is_event = true;
    } else if (view_starts_with(line, "data: ") && !printing->is_event) {
        cmd_write(printing->context->out_fd, view_part(line, 6, line.len));
        cmd_write(printing->context->out_fd, VIEW_LITERAL("\n"));
        printing->rows++;
    }
}

static void print_lines(struct printing *printing, struct buf *input)
{
    struct view rest = buf_view(input);
    size_t end;
    while ((end = view_find(rest, '\n')) < rest.len) {
        print_line(printing, view_part(rest, 0, end));
        rest = view_part(rest, end + 1, rest.len);
    }
    buf_consume(input, input->len - rest.len);
}

/* Until the other side ends or, when not following, is quiet. */
static enum status print_flow(struct printing *printing, int fd, bool is_following,
                              struct fault *fault)
{
    struct buf input;
    buf_init(&input, LINE_BYTES_MAX);
    enum status status = STATUS_OK;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, is_following ? -1 : QUIET_MS) == 0) {
            break;
        }
        char *place = buf_reserve(&input, READ_BYTES);
        ssize_t got = place ? read(fd, place, READ_BYTES) : -1;
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            status = is_following ? fault_set(fault, STATUS_END, "the collector has stopped")
                                  : STATUS_OK;
            break;
        }
        buf_used(&input, (size_t)got);
        print_lines(printing, &input);
    }
    buf_free(&input);
    return status;
}

static int run(const struct cmd_context *context)
{
    const struct config *config = context->config;
    struct address address;
    struct fault fault = {0};
    int fd = -1;
    enum status status = read_address(config->data, &address, &fault);
    if (status == STATUS_OK) {
        status = dial(&address, &fd, &fault);
    }
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    dprintf(fd, "GET /live?last=%lld HTTP/1.1\r\nHost: localhost:%s\r\n\r\n",
            (long long)config->last, address.port);
    struct printing printing = {.context = context};
    status = print_flow(&printing, fd, config->follow, &fault);
    close(fd);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_tail = {
    .name = "tail",
    .summary = "print events as they come in, a JSON row a line",
    .usage = "[OPTIONS]",
    .uses = CONFIG_TAIL,
    .run = run,
};
