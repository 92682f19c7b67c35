#include "app/admin_client.h"

#include "base/file.h"
#include "base/json.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 4096, ANSWER_BYTES_MAX = 4 * 1024 * 1024, READ_BYTES = 64 * 1024 };
static const int WAIT_SEC = 10;

static enum status parse(struct view text, const char *data, struct admin_address *address,
                         struct fault *fault)
{
    struct arena arena;
    struct json doc;
    struct view url = {0};
    arena_init(&arena, 1 << 20);
    enum status status = json_parse(&doc, text, &arena, NULL, fault);
    if (status == STATUS_OK) {
        status = json_text(&doc, json_member(&doc, JSON_ROOT, "admin_url"), &arena, &url);
        json_to_int64(&doc, json_member(&doc, JSON_ROOT, "pid"), &address->pid);
    }
    /* "http://HOST:PORT/" */
    struct view rest = view_part(url, strlen("http://"), url.len);
    struct view host = view_cut(&rest, ':');
    struct view port = view_cut(&rest, '/');
    if (status != STATUS_OK || host.len == 0 || host.len >= sizeof(address->host) ||
        port.len == 0 || port.len >= sizeof(address->port)) {
        status = fault_set(fault, STATUS_DAMAGED, "%s/RUNNING names no address", data);
    } else {
        snprintf(address->host, sizeof(address->host), "%.*s", VIEW_ARG(host));
        snprintf(address->port, sizeof(address->port), "%.*s", VIEW_ARG(port));
    }
    arena_free(&arena);
    return status;
}

enum status admin_client_find(int data_fd, const char *data, struct admin_address *address,
                              struct fault *fault)
{
    struct buf text;
    *address = (struct admin_address){0};
    buf_init(&text, FILE_BYTES_MAX);
    enum status status = file_read(data_fd, "RUNNING", &text, fault);
    if (status == STATUS_NOT_FOUND) {
        fault_set(fault, status,
                  "no collector is running on %s; start one with: pipes serve --data %s", data,
                  data);
    } else if (status == STATUS_OK) {
        status = parse(buf_view(&text), data, address, fault);
    }
    buf_free(&text);
    return status;
}

enum status admin_client_dial(const struct admin_address *address, int *fd, struct fault *fault)
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

static enum status read_all(int fd, struct buf *answer, struct fault *fault)
{
    struct timeval wait = {.tv_sec = WAIT_SEC};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    for (;;) {
        char *place = buf_reserve(answer, READ_BYTES);
        ssize_t got = place ? read(fd, place, READ_BYTES) : -1;
        if (got == 0) {
            return STATUS_OK;
        }
        if (got < 0 && (!place || errno != EINTR)) {
            return fault_set(fault, STATUS_IO, "the collector did not answer in time");
        }
        buf_used(answer, got > 0 ? (size_t)got : 0);
    }
}

static enum status take_body(struct view answer, struct buf *body, struct fault *fault)
{
    static const char END[] = "\r\n\r\n";
    const char *found = answer.len > 0 ? memmem(answer.at, answer.len, END, 4) : NULL;
    if (!found || !view_starts_with(answer, "HTTP/1.1 200")) {
        struct view line = view_cut(&answer, '\r');
        return fault_set(fault, STATUS_IO, "the collector answered: %.60s",
                         line.len > 0 ? line.at : "nothing");
    }
    size_t head = (size_t)(found - answer.at) + 4;
    return buf_append_view(body, view_part(answer, head, answer.len));
}

enum status admin_client_get(const struct admin_address *address, const char *path,
                             struct buf *body, struct fault *fault)
{
    int fd;
    struct buf answer;
    enum status status = admin_client_dial(address, &fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    buf_init(&answer, ANSWER_BYTES_MAX);
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n", path,
            address->port);
    status = read_all(fd, &answer, fault);
    if (status == STATUS_OK) {
        status = take_body(buf_view(&answer), body, fault);
    }
    buf_free(&answer);
    close(fd);
    return status;
}

static enum status ask_stable(const struct admin_address *address, uint64_t *stable,
                              struct fault *fault)
{
    struct buf body;
    struct arena arena;
    struct json doc;
    int64_t number = 0;
    buf_init(&body, ANSWER_BYTES_MAX);
    arena_init(&arena, ANSWER_BYTES_MAX);
    enum status status = admin_client_get(address, "/counts", &body, fault);
    if (status == STATUS_OK) {
        status = json_parse(&doc, buf_view(&body), &arena, NULL, fault);
    }
    if (status == STATUS_OK &&
        !json_to_int64(&doc, json_member(&doc, JSON_ROOT, "stable_seq"), &number)) {
        status = fault_set(fault, STATUS_IO, "the collector does not say its stable_seq");
    }
    *stable = (uint64_t)number;
    arena_free(&arena);
    buf_free(&body);
    return status;
}

/* Where none runs, no number below the mark is given any more. */
static enum status read_mark(int data_fd, uint64_t *stable, struct fault *fault)
{
    int fd;
    struct buf text;
    *stable = 0;
    enum status status = data_folder_enter(data_fd, "journal", false, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    buf_init(&text, 64);
    status = file_read(fd, "SEQUENCE", &text, fault);
    struct view line = buf_view(&text);
    if (status == STATUS_OK && !view_to_uint64(view_cut(&line, '\n'), stable)) {
        status = fault_set(fault, STATUS_DAMAGED, "journal/SEQUENCE must hold one number");
    }
    buf_free(&text);
    close(fd);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status admin_client_stable(int data_fd, const char *data, uint64_t *stable,
                                struct fault *fault)
{
    struct admin_address address;
    enum status status = admin_client_find(data_fd, data, &address, fault);
    if (status == STATUS_NOT_FOUND) {
        return read_mark(data_fd, stable, fault);
    }
    if (status == STATUS_OK) {
        status = ask_stable(&address, stable, fault);
    }
    bool is_gone = address.pid > 0 && kill((pid_t)address.pid, 0) != 0 && errno == ESRCH;
    if (status != STATUS_OK && is_gone) {
        return read_mark(data_fd, stable, fault);
    }
    return status == STATUS_OK || status == STATUS_DAMAGED ? status : STATUS_BUSY;
}
