#include "app/admin_client.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 9 * 1024 * 1024, READ_BYTES = 64 * 1024, QUIET_MS = 300 };

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
    struct admin_client client;
    struct fault fault = {0};
    int fd = -1;
    enum status status = admin_client_open(&client, config->data, &fault);
    if (status == STATUS_OK) {
        status = admin_client_dial(&client, &fd, &fault);
    }
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    dprintf(fd, "GET /live?last=%lld HTTP/1.1\r\nHost: localhost:%s\r\n\r\n",
            (long long)config->last, client.port);
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
