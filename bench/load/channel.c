#include "load/channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_AHEAD_BYTES = 32 * 1024 };

static enum status make_tls(struct endpoint *endpoint, bool is_http2, struct fault *fault)
{
    static const unsigned char HTTP2[] = "\x02h2";
    static const unsigned char HTTP1[] = "\x08http/1.1";
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    endpoint->tls = tls;
    /* set_alpn_protos alone says 0 when it went well. */
    if (!tls || SSL_CTX_set_alpn_protos(tls, is_http2 ? HTTP2 : HTTP1,
                                        is_http2 ? sizeof(HTTP2) - 1 : sizeof(HTTP1) - 1) != 0) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for TLS");
    }
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_read_ahead(tls, 1); /* header and body of a record with one call */
    SSL_CTX_set_default_read_buffer_len(tls, READ_AHEAD_BYTES);
    return STATUS_OK;
}

enum status endpoint_init(struct endpoint *endpoint, unsigned port,
                          const struct endpoint_wish *wish, struct fault *fault)
{
    *endpoint = (struct endpoint){.port = port};
    return wish->is_tls ? make_tls(endpoint, wish->is_http2, fault) : STATUS_OK;
}

void endpoint_free(struct endpoint *endpoint)
{
    SSL_CTX_free(endpoint->tls);
    endpoint->tls = NULL;
}

static enum status shake_hands(struct channel *channel, const struct endpoint *endpoint,
                               struct fault *fault)
{
    channel->ssl = endpoint->tls ? SSL_new(endpoint->tls) : NULL;
    bool is_good = !endpoint->tls || (channel->ssl && SSL_set_fd(channel->ssl, channel->fd) == 1 &&
                                      SSL_connect(channel->ssl) == 1);
    return is_good ? STATUS_OK : fault_set(fault, STATUS_IO, "no TLS with port %u", endpoint->port);
}

enum status channel_open(struct channel *channel, const struct endpoint *endpoint,
                         struct fault *fault)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)endpoint->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    *channel = (struct channel){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (channel->fd < 0) {
        return fault_errno(fault, errno, "cannot make a socket");
    }
    enum status status = STATUS_OK;
    if (connect(channel->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        status = fault_errno(fault, errno, "cannot connect to port %u", endpoint->port);
    }
    setsockopt(channel->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (status == STATUS_OK) {
        status = shake_hands(channel, endpoint, fault);
    }
    if (status == STATUS_OK && fcntl(channel->fd, F_SETFL, O_NONBLOCK) != 0) {
        status = fault_errno(fault, errno, "cannot make a socket that never waits");
    }
    if (status != STATUS_OK) {
        channel_close(channel);
    }
    return status;
}

void channel_close(struct channel *channel)
{
    SSL_free(channel->ssl);
    if (channel->fd >= 0) {
        close(channel->fd);
    }
    *channel = (struct channel){.fd = -1};
}

/* What an operation that did not go through means: come again, or it is over. */
static ssize_t excuse(const struct channel *channel, int result)
{
    if (channel->ssl) {
        int reason = SSL_get_error(channel->ssl, result);
        return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    return result < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

ssize_t channel_read(struct channel *channel, char *bytes, size_t room)
{
    ssize_t got =
        channel->ssl ? SSL_read(channel->ssl, bytes, (int)room) : recv(channel->fd, bytes, room, 0);
    return got > 0 ? got : excuse(channel, (int)got);
}

ssize_t channel_write(struct channel *channel, struct view bytes)
{
    ssize_t sent = channel->ssl ? SSL_write(channel->ssl, bytes.at, (int)bytes.len)
                                : send(channel->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
    return sent > 0 ? sent : excuse(channel, (int)sent);
}

bool channel_has_more(const struct channel *channel)
{
    return channel->ssl && SSL_has_pending(channel->ssl);
}
