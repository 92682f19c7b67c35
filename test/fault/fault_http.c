#include "fault_http.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_SEC = 10, HEAD_BYTES = 256 };

void fault_http_init(struct fault_http *http)
{
    http->fd = -1;
}

void fault_http_close(struct fault_http *http)
{
    if (http->fd >= 0) {
        close(http->fd);
    }
    http->fd = -1;
}

static bool connect_to(struct fault_http *http, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = PATIENCE_SEC};
    int on = 1;
    http->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (http->fd < 0) {
        return false;
    }
    setsockopt(http->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(http->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(http->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return connect(http->fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool send_all(int fd, struct view bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes = view_part(bytes, (size_t)sent, bytes.len);
    }
    return true;
}

/* The value of a header; empty when it is not there. `head` ends with a zero byte. */
static const char *header(const char *head, const char *name)
{
    const char *line = strcasestr(head, name);
    return line ? line + strlen(name) : "";
}

static bool read_answer(struct fault_http *http, struct fault_http_answer *answer)
{
    size_t len = 0;
    char *body = NULL;
    size_t wanted = 0;
    while (len < sizeof(http->bytes) - 1) {
        ssize_t got = recv(http->fd, http->bytes + len, sizeof(http->bytes) - 1 - len, 0);
        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        http->bytes[len] = 0;
        char *end = body ? NULL : strstr(http->bytes, "\r\n\r\n");
        if (end) {
            *end = 0;
            body = end + 4;
            answer->status = len > 12 ? (int)strtol(http->bytes + 9, NULL, 10) : 0;
            answer->has_retry_after = header(http->bytes, "\r\nRetry-After: ")[0] != 0;
            wanted = strtoul(header(http->bytes, "\r\nContent-Length: "), NULL, 10);
        }
        if (body && len >= (size_t)(body - http->bytes) + wanted) {
            answer->body = view_make(body, wanted);
            return true;
        }
    }
    return false;
}

void fault_http_begin(struct fault_http *http, unsigned port)
{
    if (!connect_to(http, port) || !send_all(http->fd, VIEW_LITERAL("POST /e HTTP/1.1\r\n"))) {
        fault_http_close(http);
    }
}

bool fault_http_ask(struct fault_http *http, unsigned port, const char *what, struct view body,
                    struct fault_http_answer *answer)
{
    *answer = (struct fault_http_answer){0};
    char head[HEAD_BYTES];
    int len = snprintf(head, sizeof(head),
                       "%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: text/plain\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       what, port, body.len);
    bool is_answered = (http->fd >= 0 || connect_to(http, port)) &&
                       send_all(http->fd, view_make(head, (size_t)len)) &&
                       send_all(http->fd, body) && read_answer(http, answer);
    bool is_over = !is_answered || strcasestr(http->bytes, "\r\nConnection: close") != NULL;
    if (is_over) {
        fault_http_close(http);
    }
    return is_answered;
}
