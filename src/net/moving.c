#include "net/moving.h"

#include "net/connection.h"

#include <errno.h>
#include <unistd.h>

/* Room for the descriptors of one message (cmsg(3)). */
union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(MOVING_MAX * sizeof(int))];
};

enum status moving_pair(int ends[2], struct fault *fault)
{
    const int kind = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
    return socketpair(AF_UNIX, kind, 0, ends) == 0
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot make a pair of sockets");
}

void net_loop_move_to(struct net_loop *loop, int fd)
{
    loop->moving_fd = fd;
}

bool moving_may(const struct connection *c)
{
    const struct net_loop *loop = c->loop;
    return loop->is_stopping && loop->is_gentle && loop->moving_fd >= 0 && !c->listener->tls &&
           !c->listener->has_proxy_header;
}

void moving_give(struct connection *c)
{
    struct net_loop *loop = c->loop;
    loop->moving[loop->moving_count++] = connection_detach(c);
    if (loop->moving_count == MOVING_MAX) {
        moving_flush(loop);
    }
}

/* When they cannot be sent the clients see a closed connection. */
void moving_flush(struct net_loop *loop)
{
    union control control = {0};
    char byte = 'c';
    struct iovec bytes = {&byte, 1};
    size_t size = loop->moving_count * sizeof(int);
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(size)};
    if (loop->moving_count == 0) {
        return;
    }
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(&control.head), loop->moving, size);
    (void)!sendmsg(loop->moving_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (loop->moving_count > 0) {
        close(loop->moving[--loop->moving_count]);
    }
}

static bool is_any(const struct listen_address *address)
{
    const struct sockaddr *any = &address->at.any;
    return any->sa_family == AF_INET
               ? address->at.v4.sin_addr.s_addr == INADDR_ANY
               : any->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->at.v6.sin6_addr);
}

static bool name_of(int fd, struct listen_address *address)
{
    *address = (struct listen_address){.len = sizeof(address->at)};
    bool is_named = fd >= 0 && getsockname(fd, &address->at.any, &address->len) == 0;
    address->is_unix = is_named && address->at.any.sa_family == AF_UNIX;
    return is_named;
}

/* Where a connection to that address would have been accepted: there itself, before wherever that
 * port is open. */
static struct listener *listener_at(struct net_loop *loop, struct listen_address *to)
{
    struct listener *of_any = NULL;
    for (struct listener *l = loop->listeners; l; l = l->next) {
        struct listen_address own;
        if (!name_of(l->source.fd, &own) || own.at.any.sa_family != to->at.any.sa_family) {
            continue;
        }
        if (own.len == to->len && memcmp(&own.at, &to->at, to->len) == 0) {
            return l;
        }
        bool is_same_port = listen_address_port(&own) == listen_address_port(to);
        of_any = is_any(&own) && is_same_port ? l : of_any;
    }
    return of_any;
}

static struct net_loop *emptiest(struct net_loop *const *loops, size_t count)
{
    struct net_loop *found = loops[0];
    for (size_t i = 1; i < count; i++) {
        found = loops[i]->connection_count < found->connection_count ? loops[i] : found;
    }
    return found;
}

static void settle_in(struct net_loop *loop, int fd)
{
    struct listen_address to;
    struct listener *listener = name_of(fd, &to) ? listener_at(loop, &to) : NULL;
    if (listener && !listener->tls && !listener->has_proxy_header) {
        listener_take(listener, fd);
    } else {
        close(fd);
    }
}

/* False when there are no more messages. */
static bool take_some(int from, struct net_loop *const *loops, size_t count)
{
    union control control;
    char byte;
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t n = recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) {
        return n > 0;
    }
    for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= head->cmsg_len; at += sizeof(int)) {
        int fd;
        memcpy(&fd, CMSG_DATA(head) + at, sizeof(fd));
        settle_in(emptiest(loops, count), fd);
    }
    return true;
}

void moving_take(int fd, struct net_loop *const *loops, size_t count)
{
    while (take_some(fd, loops, count)) {
    }
}
