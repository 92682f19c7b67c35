#include "net/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPTS_PER_WAKE = 64 };

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } at;
    socklen_t len;
};

static bool parse_address(const char *text, struct address *address)
{
    struct view host = view_from_text(text);
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;
    if (!colon || !view_to_uint64(view_from_text(colon + 1), &port) || port > UINT16_MAX) {
        return false;
    }
    host.len = (size_t)(colon - text);
    char name[INET6_ADDRSTRLEN] = "";
    memset(address, 0, sizeof(*address));
    bool is_bracketed = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    host = is_bracketed ? view_part(host, 1, host.len - 2) : host;
    if (host.len >= sizeof(name) || host.len == 0) {
        return false;
    }
    memcpy(name, host.at, host.len);
    if (view_is(host, "*") || is_bracketed) {
        address->at.v6.sin6_family = AF_INET6;
        address->at.v6.sin6_port = htons((uint16_t)port);
        address->len = sizeof(address->at.v6);
        return !is_bracketed || inet_pton(AF_INET6, name, &address->at.v6.sin6_addr) == 1;
    }
    address->at.v4.sin_family = AF_INET;
    address->at.v4.sin_port = htons((uint16_t)port);
    address->len = sizeof(address->at.v4);
    return inet_pton(AF_INET, name, &address->at.v4.sin_addr) == 1;
}

static int open_socket(struct address *address, bool is_any, bool is_shared)
{
    int fd = socket(address->at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 && is_any && errno == EAFNOSUPPORT) {
        /* A host without IPv6: "*" is all of IPv4. */
        in_port_t port = address->at.v6.sin6_port;
        memset(address, 0, sizeof(*address));
        address->at.v4.sin_family = AF_INET;
        address->at.v4.sin_port = port;
        address->len = sizeof(address->at.v4);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    int only_v6 = !is_any;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->at.any.sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
    }
    if ((is_shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
        bind(fd, &address->at.any, address->len) != 0 || listen(fd, BACKLOG) != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    struct address address = {.len = sizeof(address.at)};
    getsockname(fd, &address.at.any, &address.len);
    return ntohs(address.at.any.sa_family == AF_INET ? address.at.v4.sin_port
                                                     : address.at.v6.sin6_port);
}

static enum status refuse_address(const char *address, struct fault *fault)
{
    return fault_set(fault, STATUS_BAD_INPUT,
                     "\"%s\" is not an address: write 127.0.0.1:8080, [::1]:8080 or *:8080",
                     address);
}

enum status listener_probe(const char *address, struct fault *fault)
{
    struct address parsed;
    if (!parse_address(address, &parsed)) {
        return refuse_address(address, fault);
    }
    int fd = open_socket(&parsed, address[0] == '*', false);
    if (fd < 0 && errno == EADDRINUSE) {
        return fault_set(fault, STATUS_BUSY, "another program listens on %s already", address);
    }
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot listen on %s", address);
    }
    close(fd);
    return STATUS_OK;
}

enum status listener_open(struct net_loop *loop, const char *address,
                          const struct net_handler *handler, uint16_t *port, struct fault *fault)
{
    struct address parsed;
    if (!parse_address(address, &parsed)) {
        return refuse_address(address, fault);
    }
    int fd = open_socket(&parsed, address[0] == '*', true);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot listen on %s", address);
    }
    /* Lives as long as the loop: its connections point to it. */
    struct listener *listener = calloc(1, sizeof(*listener));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
    if (!listener || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(listener);
        close(fd);
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to listen on %s", address);
    }
    listener->source = (struct source){SOURCE_LISTENER, fd};
    listener->handler = *handler;
    listener->loop = loop;
    listener->next = loop->listeners;
    loop->listeners = listener;
    if (port) {
        *port = port_of(fd);
    }
    return STATUS_OK;
}

void listener_close(struct listener *listener)
{
    if (listener->source.fd >= 0) {
        close(listener->source.fd);
        listener->source.fd = -1;
    }
}

static void peer_text(const struct address *address, char text[INET6_ADDRSTRLEN])
{
    if (address->at.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->at.v4.sin_addr, text, INET6_ADDRSTRLEN);
    } else if (IN6_IS_ADDR_V4MAPPED(&address->at.v6.sin6_addr)) {
        inet_ntop(AF_INET, &address->at.v6.sin6_addr.s6_addr[12], text, INET6_ADDRSTRLEN);
    } else {
        inet_ntop(AF_INET6, &address->at.v6.sin6_addr, text, INET6_ADDRSTRLEN);
    }
}

/* Best effort: a full server keeps no state for those it turns away. */
static void turn_away(int fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                                 "Content-Type: application/json\r\nContent-Length: 37\r\n"
                                 "Connection: close\r\n\r\n"
                                 "{\"error\":\"too many open connections\"}";
    char waste[4096];
    (void)!recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
    (void)!send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    close(fd);
}

void listener_accept(struct listener *listener)
{
    struct net_loop *loop = listener->loop;
    for (int i = 0; i < ACCEPTS_PER_WAKE && listener->source.fd >= 0; i++) {
        struct address address = {.len = sizeof(address.at)};
        int fd = accept4(listener->source.fd, &address.at.any, &address.len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            struct epoll_event none = {.data.ptr = listener};
            listener->is_paused = true;
            epoll_ctl(loop->epoll, EPOLL_CTL_MOD, listener->source.fd, &none);
        }
        if (fd < 0) {
            return;
        }
        if (loop->connection_count >= loop->limits.connections) {
            turn_away(fd);
            continue;
        }
        char peer[INET6_ADDRSTRLEN] = "";
        peer_text(&address, peer);
        connection_open(listener, fd, peer);
    }
}
