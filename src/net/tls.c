#include "net/tls.h"

#include "base/buf.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { EARLY_BYTES_MAX = 64 * 1024, TICKET_KEYS_BYTES_MAX = 256, REASON_BYTES = 160 };

/* Forward secrecy and authenticated encryption for 1.2 (RFC 9325, 4.2); 1.3 has nothing else. */
static const char CIPHERS[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
static const unsigned char PROTOCOLS[] = "\x02h2\x08http/1.1";
static const unsigned char SESSION_CONTEXT[] = "pipes";

struct tls_context {
    BIO_METHOD *method;
    pthread_mutex_t lock;
    SSL_CTX *current; /* under the lock */
};

struct tls_stream {
    SSL *ssl;
    int fd;
    struct buf early;
    bool wants_write;
};

/* The socket as OpenSSL sees it: early bytes first, and never a SIGPIPE. */
static int socket_read(BIO *bio, char *place, int room)
{
    struct tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (stream->early.len > 0) {
        size_t len = stream->early.len < (size_t)room ? stream->early.len : (size_t)room;
        memcpy(place, stream->early.at, len);
        buf_consume(&stream->early, len);
        return (int)len;
    }
    ssize_t n = recv(stream->fd, place, (size_t)room, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
    }
    return (int)n;
}

static int socket_write(BIO *bio, const char *bytes, int len)
{
    struct tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = send(stream->fd, bytes, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return (int)n;
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static enum status make_method(struct tls_context *context, struct fault *fault)
{
    context->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (!context->method || !BIO_meth_set_read(context->method, socket_read) ||
        !BIO_meth_set_write(context->method, socket_write) ||
        !BIO_meth_set_ctrl(context->method, socket_control)) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for TLS");
    }
    return STATUS_OK;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *self)
{
    (void)ssl;
    (void)self;
    unsigned char *chosen = NULL;
    int result =
        SSL_select_next_proto(&chosen, out_len, PROTOCOLS, sizeof(PROTOCOLS) - 1, in, in_len);
    *out = chosen;
    /* RFC 7301, 3.2. */
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static enum status refuse_file(struct fault *fault, const char *what, const char *path)
{
    char reason[REASON_BYTES];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
    ERR_clear_error();
    return fault_set(fault, STATUS_BAD_INPUT, "cannot use the %s in %s: %s", what, path, reason);
}

static enum status load_files(SSL_CTX *made, const char *certificate, const char *key,
                              struct fault *fault)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(made, certificate) != 1) {
        return refuse_file(fault, "certificate (PEM, its chain behind it)", certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) != 1) {
        return refuse_file(fault, "private key (PEM)", key);
    }
    if (SSL_CTX_check_private_key(made) != 1) {
        return refuse_file(fault, "private key, which belongs to another certificate,", key);
    }
    return STATUS_OK;
}

static void set_up(SSL_CTX *made)
{
    SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
    SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_cipher_list(made, CIPHERS);
    SSL_CTX_set_alpn_select_cb(made, choose_protocol, NULL);
    /* Tickets hold the sessions; a cache would hold memory for each visitor. */
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(made, SESSION_CONTEXT, sizeof(SESSION_CONTEXT) - 1);
    SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/* So that what clients hold from before a reload stays good. */
static void keep_ticket_keys(SSL_CTX *made, SSL_CTX *old)
{
    unsigned char keys[TICKET_KEYS_BYTES_MAX];
    long len = old ? SSL_CTX_get_tlsext_ticket_keys(old, NULL, 0) : 0;
    if (len > 0 && len <= (long)sizeof(keys) &&
        SSL_CTX_get_tlsext_ticket_keys(old, keys, len) == 1) {
        SSL_CTX_set_tlsext_ticket_keys(made, keys, len);
    }
    OPENSSL_cleanse(keys, sizeof(keys));
}

void tls_is_not_needed(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

enum status tls_context_reload(struct tls_context *context, const char *certificate,
                               const char *key, struct fault *fault)
{
    SSL_CTX *made = SSL_CTX_new(TLS_server_method());
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for TLS");
    }
    set_up(made);
    enum status status = load_files(made, certificate, key, fault);
    if (status != STATUS_OK) {
        SSL_CTX_free(made);
        return status;
    }
    pthread_mutex_lock(&context->lock);
    SSL_CTX *old = context->current;
    keep_ticket_keys(made, old);
    context->current = made;
    pthread_mutex_unlock(&context->lock);
    SSL_CTX_free(old);
    return STATUS_OK;
}

enum status tls_context_create(struct tls_context **context, const char *certificate,
                               const char *key, struct fault *fault)
{
    struct tls_context *made = calloc(1, sizeof(*made));
    *context = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for TLS");
    }
    pthread_mutex_init(&made->lock, NULL);
    enum status status = make_method(made, fault);
    if (status == STATUS_OK) {
        status = tls_context_reload(made, certificate, key, fault);
    }
    if (status != STATUS_OK) {
        tls_context_destroy(made);
        return status;
    }
    *context = made;
    return STATUS_OK;
}

void tls_context_destroy(struct tls_context *context)
{
    if (!context) {
        return;
    }
    SSL_CTX_free(context->current);
    BIO_meth_free(context->method);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

static SSL *new_ssl(struct tls_context *context)
{
    pthread_mutex_lock(&context->lock);
    SSL *ssl = SSL_new(context->current); /* holds the SSL_CTX from here on */
    pthread_mutex_unlock(&context->lock);
    return ssl;
}

struct tls_stream *tls_stream_create(struct tls_context *context, int fd, struct view early)
{
    struct tls_stream *stream = calloc(1, sizeof(*stream));
    if (!stream) {
        return NULL;
    }
    stream->fd = fd;
    buf_init(&stream->early, EARLY_BYTES_MAX);
    stream->ssl = new_ssl(context);
    BIO *bio = stream->ssl ? BIO_new(context->method) : NULL;
    if (!bio || buf_append_view(&stream->early, early) != STATUS_OK) {
        BIO_free(bio);
        tls_stream_free(stream);
        return NULL;
    }
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(stream->ssl, bio, bio);
    SSL_set_accept_state(stream->ssl);
    return stream;
}

void tls_stream_free(struct tls_stream *stream)
{
    if (!stream) {
        return;
    }
    SSL_free(stream->ssl);
    buf_free(&stream->early);
    free(stream);
}

/* What recv() and send() would have said. */
static ssize_t result_of(struct tls_stream *stream, int result)
{
    int reason = SSL_get_error(stream->ssl, result);
    stream->wants_write = reason == SSL_ERROR_WANT_WRITE;
    if (result > 0) {
        return result;
    }
    ERR_clear_error();
    if (reason == SSL_ERROR_ZERO_RETURN) {
        return 0;
    }
    bool is_waiting = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
    errno = is_waiting ? EAGAIN : EPROTO;
    return -1;
}

ssize_t tls_stream_read(struct tls_stream *stream, char *place, size_t room)
{
    ERR_clear_error();
    return result_of(stream,
                     SSL_read(stream->ssl, place, room < INT32_MAX ? (int)room : INT32_MAX));
}

ssize_t tls_stream_write(struct tls_stream *stream, const char *bytes, size_t len)
{
    ERR_clear_error();
    return result_of(stream, SSL_write(stream->ssl, bytes, len < INT32_MAX ? (int)len : INT32_MAX));
}

bool tls_stream_has_pending(const struct tls_stream *stream)
{
    return SSL_pending(stream->ssl) > 0 || stream->early.len > 0;
}

bool tls_stream_wants_write(const struct tls_stream *stream)
{
    return stream->wants_write;
}

bool tls_stream_is_http2(const struct tls_stream *stream)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(stream->ssl, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

void tls_stream_end(struct tls_stream *stream)
{
    if (SSL_is_init_finished(stream->ssl)) {
        ERR_clear_error();
        SSL_shutdown(stream->ssl);
        ERR_clear_error();
    }
}
