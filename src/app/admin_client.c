#include "app/admin_client.h"

#include "base/file.h"
#include "base/json.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RUNNING_BYTES_MAX = 4096, HEAD_BYTES_MAX = 1024, READ_BYTES = 64 * 1024 };

static enum status take_address(struct admin_client *client, const char *data, struct view text,
                                struct fault *fault)
{
    struct arena arena;
    struct json doc;
    struct view url = {0};
    arena_init(&arena, 1 << 20);
    enum status status = json_parse(&doc, text, &arena, NULL, fault);
    if (status == STATUS_OK) {
        status = json_text(&doc, json_member(&doc, JSON_ROOT, "admin_url"), &arena, &url);
        json_to_int64(&doc, json_member(&doc, JSON_ROOT, "pid"), &client->pid);
    }
    /* "http://HOST:PORT/" */
    struct view rest = view_part(url, strlen("http://"), url.len);
    struct view host = view_cut(&rest, ':');
    struct view port = view_cut(&rest, '/');
    if (status == STATUS_OK && (host.len == 0 || host.len >= sizeof(client->host) ||
                                port.len == 0 || port.len >= sizeof(client->port))) {
        status = fault_set(fault, STATUS_DAMAGED, "%s/RUNNING names no address", data);
    }
    if (status == STATUS_OK) {
        snprintf(client->host, sizeof(client->host), "%.*s", VIEW_ARG(host));
        snprintf(client->port, sizeof(client->port), "%.*s", VIEW_ARG(port));
    }
    arena_free(&arena);
    return status;
}

enum status admin_client_open(struct admin_client *client, const char *data, struct fault *fault)
{
    struct buf text;
    *client = (struct admin_client){0};
    buf_init(&text, RUNNING_BYTES_MAX);
    int data_fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status =
        data_fd >= 0 ? file_read(data_fd, "RUNNING", &text, NULL) : STATUS_NOT_FOUND;
    status = status == STATUS_OK && text.len > 0
                 ? take_address(client, data, buf_view(&text), fault)
                 : fault_set(fault, STATUS_NOT_FOUND,
                             "no collector is running on %s; start one with: pipes serve --data %s",
                             data, data);
    if (status == STATUS_OK && admin_token_read(data_fd, client->token, NULL) != STATUS_OK) {
        client->token[0] = 0;
    }
    if (data_fd >= 0) {
        close(data_fd);
    }
    buf_free(&text);
    return status;
}

enum status admin_client_dial(const struct admin_client *client, int *fd, struct fault *fault)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int reason = getaddrinfo(client->host, client->port, &hints, &found);
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
                                client->host, client->port);
}

static enum status send_all(int fd, struct view bytes, struct fault *fault)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "the collector does not listen");
        }
        bytes = view_part(bytes, sent > 0 ? (size_t)sent : 0, bytes.len);
    }
    return STATUS_OK;
}

static enum status receive_all(int fd, struct buf *in, struct fault *fault)
{
    for (;;) {
        char *place = buf_reserve(in, READ_BYTES);
        ssize_t got = place ? recv(fd, place, READ_BYTES, 0) : -1;
        if (got == 0) {
            return STATUS_OK;
        }
        if (got < 0 && (!place || errno != EINTR)) {
            return place ? fault_errno(fault, errno, "the collector broke off its answer")
                         : fault_set(fault, STATUS_TOO_BIG, "the collector's answer is too long");
        }
        buf_used(in, got > 0 ? (size_t)got : 0);
    }
}

/* "HTTP/1.1 202 Accepted", headers, an empty line; the body ends with the connection. */
static enum status take_answer(struct admin_answer *answer, struct fault *fault)
{
    struct view all = buf_view(&answer->body);
    static const char END[] = "\r\n\r\n";
    const char *end = all.len > 0 ? memmem(all.at, all.len, END, sizeof(END) - 1) : NULL;
    struct view line = all;
    uint64_t code = 0;
    (void)view_cut(&line, ' ');
    if (!end || !view_to_uint64(view_cut(&line, ' '), &code)) {
        return fault_set(fault, STATUS_BAD_INPUT, "what answers there is no collector");
    }
    answer->status = (unsigned)code;
    buf_consume(&answer->body, (size_t)(end - all.at) + sizeof(END) - 1);
    return STATUS_OK;
}

enum status admin_client_ask(const struct admin_client *client, const char *method,
                             const char *path, struct view body, struct admin_answer *answer,
                             struct fault *fault)
{
    char head[HEAD_BYTES_MAX];
    int fd = -1;
    *answer = (struct admin_answer){0};
    buf_init(&answer->body, ADMIN_ANSWER_BYTES_MAX);
    enum status status = admin_client_dial(client, &fd, fault);
    int len = snprintf(head, sizeof(head),
                       "%s %s HTTP/1.1\r\nHost: localhost:%s\r\nAuthorization: Bearer %s\r\n"
                       "Connection: close\r\nContent-Length: %zu\r\n\r\n",
                       method, path, client->port, client->token, body.len);
    status = status == STATUS_OK ? send_all(fd, view_make(head, (size_t)len), fault) : status;
    status = status == STATUS_OK ? send_all(fd, body, fault) : status;
    status = status == STATUS_OK ? receive_all(fd, &answer->body, fault) : status;
    if (fd >= 0) {
        close(fd);
    }
    return status == STATUS_OK ? take_answer(answer, fault) : status;
}

void admin_answer_free(struct admin_answer *answer)
{
    buf_free(&answer->body);
}
