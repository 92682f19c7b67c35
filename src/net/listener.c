#include "net/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_PER_WAKE = 64, UNIX_MODE = 0666 };

/* A host without IPv6: "*" is all of IPv4. */
static void fall_back_to_v4(struct listen_address *address)
{
    uint16_t port = listen_address_port(address);
    memset(&address->at, 0, sizeof(address->at));
    address->at.v4.sin_family = AF_INET;
    address->len = sizeof(address->at.v4);
    listen_address_set_port(address, port);
}

static int make_socket(struct listen_address *address)
{
    const int kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = socket(address->at.any.sa_family, kind, 0);
    if (fd < 0 && address->is_any && errno == EAFNOSUPPORT) {
        fall_back_to_v4(address);
        fd = socket(AF_INET, kind, 0);
    }
    return fd;
}

/* A socket that a stopped program left behind; one that somebody answers at stays. */
static void remove_stale(const struct listen_address *address)
{
    struct stat facts;
    const char *path = address->at.local.sun_path;
    if (lstat(path, &facts) != 0 || !S_ISSOCK(facts.st_mode)) {
        return;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &address->at.any, address->len) != 0 && errno == ECONNREFUSED) {
        unlink(path);
    }
    if (fd >= 0) {
        close(fd);
    }
}

static int set_options(int fd, const struct listen_address *address, bool is_shared)
{
    int on = 1;
    int only_v6 = !address->is_any;
    if (address->is_unix) {
        return 0;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->at.any.sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
    }
    return is_shared ? setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) : 0;
}

static int open_socket(struct listen_address *address, bool is_shared)
{
    if (address->is_unix) {
        remove_stale(address);
    }
    int fd = make_socket(address);
    if (fd < 0) {
        return -1;
    }
    if (set_options(fd, address, is_shared) != 0 || bind(fd, &address->at.any, address->len) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    if (address->is_unix) {
        chmod(address->at.local.sun_path, UNIX_MODE);
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    struct listen_address address = {.len = sizeof(address.at)};
    getsockname(fd, &address.at.any, &address.len);
    address.is_unix = address.at.any.sa_family == AF_UNIX;
    return listen_address_port(&address);
}

enum status listener_probe(const struct listen_address *address, struct fault *fault)
{
    struct listen_address probed = *address;
    int fd = open_socket(&probed, false);
    if (fd < 0 && errno == EADDRINUSE) {
        return fault_set(fault, STATUS_BUSY, "another program listens on %s already",
                         address->text);
    }
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot listen on %s", address->text);
    }
    close(fd);
    if (address->is_unix) {
        unlink(address->at.local.sun_path);
    }
    return STATUS_OK;
}

enum status listener_socket(const struct listen_address *address, int *fd, uint16_t *port,
                            struct fault *fault)
{
    struct listen_address used = *address;
    *fd = open_socket(&used, true);
    if (*fd < 0) {
        return fault_errno(fault, errno, "cannot listen on %s", address->text);
    }
    *port = port_of(*fd);
    return STATUS_OK;
}

enum status listener_add(struct net_loop *loop, const struct listener_options *options,
                         const struct net_handler *handler, struct fault *fault)
{
    /* Lives as long as the loop: its connections point to it. */
    struct listener *listener = calloc(1, sizeof(*listener));
    /* Only sockets that several loops share are woken for all of them. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = listener};
    if (!listener || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, options->fd, &event) != 0) {
        free(listener);
        close(options->fd);
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to listen");
    }
    listener->source = (struct source){SOURCE_LISTENER, options->fd};
    listener->handler = *handler;
    listener->loop = loop;
    listener->tls = options->tls;
    listener->has_proxy_header = options->has_proxy_header;
    listener->next = loop->listeners;
    loop->listeners = listener;
    return STATUS_OK;
}

enum status listener_open(struct net_loop *loop, const char *address,
                          const struct net_handler *handler, uint16_t *port, struct fault *fault)
{
    struct listen_address parsed;
    struct listener_options options = {.fd = -1};
    uint16_t taken = 0;
    enum status status = listen_address_parse(&parsed, view_from_text(address), fault);
    if (status == STATUS_OK) {
        status = listener_socket(&parsed, &options.fd, &taken, fault);
    }
    if (port) {
        *port = taken;
    }
    return status == STATUS_OK ? listener_add(loop, &options, handler, fault) : status;
}

void listener_close(struct listener *listener)
{
    if (listener->source.fd >= 0) {
        close(listener->source.fd);
        listener->source.fd = -1;
    }
}

/* Out of descriptors: to be woken at once again would only burn the processor. EPOLLEXCLUSIVE
 * cannot be modified, so it is taken out and put in again. */
static void pause_accepting(struct listener *listener)
{
    listener->is_paused = true;
    epoll_ctl(listener->loop->epoll, EPOLL_CTL_DEL, listener->source.fd, NULL);
}

void listener_resume(struct listener *listener)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = listener};
    if (listener->is_paused && listener->source.fd >= 0) {
        listener->is_paused =
            epoll_ctl(listener->loop->epoll, EPOLL_CTL_ADD, listener->source.fd, &event) != 0;
    }
}

static void peer_text(const struct sockaddr_storage *peer, char text[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
    if (peer->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
    } else if (peer->ss_family != AF_INET6) {
        memcpy(text, "unix", sizeof("unix"));
    } else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, INET6_ADDRSTRLEN);
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
    }
}

bool listener_welcomes(struct listener *listener, const char *peer)
{
    const struct net_handler *handler = &listener->handler;
    return !handler->on_connect || handler->on_connect(handler->self, peer);
}

void listener_tell_turned_away(struct listener *listener)
{
    if (listener->handler.on_turned_away) {
        listener->handler.on_turned_away(listener->handler.self);
    }
}

/* Best effort: a full server keeps no state for those it turns away. */
static void turn_away(struct listener *listener, int fd)
{
    char waste[4096];
    if (!listener->tls) {
        (void)!recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
        struct view answer = connection_full_answer();
        (void)!send(fd, answer.at, answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
    }
    close(fd);
    listener_tell_turned_away(listener);
}

/* Nobody is let in whose first bytes could not be read. */
static bool is_full(const struct net_loop *loop)
{
    return loop->connection_count >= loop->limits.connections ||
           loop->memory.held + READ_BYTES > loop->memory.ceiling;
}

static struct connection *let_in(struct listener *listener, int fd,
                                 const struct sockaddr_storage *address)
{
    char peer[INET6_ADDRSTRLEN] = "";
    peer_text(address, peer);
    if (is_full(listener->loop) ||
        (!listener->has_proxy_header && !listener_welcomes(listener, peer))) {
        turn_away(listener, fd);
        return NULL;
    }
    return connection_open(listener, fd, peer);
}

/* It was idle, and may be for as long as it might have been. */
void listener_take(struct listener *listener, int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0) {
        close(fd); /* its client is gone */
        return;
    }
    struct connection *c = let_in(listener, fd, &address);
    if (c) {
        connection_set_deadline(c, c->loop->limits.idle_ms);
    }
}

void listener_accept(struct listener *listener)
{
    for (int i = 0; i < ACCEPTS_PER_WAKE && listener->source.fd >= 0; i++) {
        struct sockaddr_storage address;
        socklen_t len = sizeof(address);
        int fd = accept4(listener->source.fd, (struct sockaddr *)&address, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            pause_accepting(listener);
        }
        if (fd < 0) {
            return;
        }
        let_in(listener, fd, &address);
    }
}
