#include "app/listening.h"

#include "app/hand_over.h"
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SOCKETS_MAX = 64 * LISTEN_ADDRESSES_MAX + 1, FIRST_FD = 3 };

/* An address and the sockets that listen there. */
struct place {
    struct listen_address address;
    bool is_admin;
    bool is_inherited;
    int fds[64];
    size_t count;
    uint16_t port;
};

struct listening {
    struct place places[LISTEN_ADDRESSES_MAX + 1]; /* the admin's is the last */
    size_t count;
    unsigned workers;
    struct tls_context *tls;
    char public_url[LISTENING_URL_BYTES];
    char admin_url[LISTENING_URL_BYTES];
};

static struct place *admin_place(struct listening *listening)
{
    return &listening->places[listening->count - 1];
}

static enum status parse(struct listening *listening, const struct listening_options *options,
                         struct fault *fault)
{
    struct listen_address list[LISTEN_ADDRESSES_MAX];
    size_t count = 0;
    struct fault why = {0};
    enum status status = listen_address_parse_list(list, &count, options->listen, &why);
    if (status != STATUS_OK) {
        return fault_set(fault, status, "listen: %s", why.text);
    }
    for (size_t i = 0; i < count; i++) {
        listening->places[i].address = list[i];
    }
    listening->count = count + 1;
    struct place *admin = admin_place(listening);
    admin->is_admin = true;
    status = listen_address_parse(&admin->address, view_from_text(options->admin), &why);
    if (status != STATUS_OK) {
        return fault_set(fault, status, "admin: %s", why.text);
    }
    if (admin->address.is_unix) {
        return fault_set(fault, STATUS_BAD_INPUT, "admin: must be HOST:PORT");
    }
    return STATUS_OK;
}

static enum status open_tls(struct listening *listening, const struct listening_options *options,
                            struct fault *fault)
{
    bool is_wanted = false;
    for (size_t i = 0; i < listening->count; i++) {
        is_wanted = is_wanted || listening->places[i].address.has_tls;
    }
    bool has_files = options->certificate[0] && options->key[0];
    if (is_wanted && !has_files) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "an address with tls needs tls-certificate and tls-key");
    }
    return is_wanted
               ? tls_context_create(&listening->tls, options->certificate, options->key, fault)
               : STATUS_OK;
}

static bool is_same_place(const struct place *place, const struct listen_address *found,
                          bool has_any_port)
{
    const struct listen_address *wanted = &place->address;
    if (wanted->at.any.sa_family != found->at.any.sa_family) {
        return false;
    }
    switch (wanted->at.any.sa_family) {
    case AF_INET:
        return wanted->at.v4.sin_addr.s_addr == found->at.v4.sin_addr.s_addr &&
               (has_any_port || wanted->at.v4.sin_port == found->at.v4.sin_port);
    case AF_INET6:
        return memcmp(&wanted->at.v6.sin6_addr, &found->at.v6.sin6_addr,
                      sizeof(found->at.v6.sin6_addr)) == 0 &&
               (has_any_port || wanted->at.v6.sin6_port == found->at.v6.sin6_port);
    default:
        return strcmp(wanted->at.local.sun_path, found->at.local.sun_path) == 0;
    }
}

/* Of a port that is named before any that the system chose. What a process like this one handed
 * over ends with the admin's socket; of systemd's none is known to be. */
static struct place *place_of(struct listening *listening, const struct listen_address *found,
                              bool is_last)
{
    for (int any = 0; any <= 1; any++) {
        for (size_t i = 0; i < listening->count; i++) {
            struct place *place = &listening->places[i];
            bool is_possible = any == (listen_address_port(&place->address) == 0) &&
                               (!hand_over_is_new() || place->is_admin == is_last);
            if (is_possible && is_same_place(place, found, any != 0) &&
                place->count < sizeof(place->fds) / sizeof(int)) {
                return place;
            }
        }
    }
    return NULL;
}

static enum status inherit_one(struct listening *listening, int fd, bool is_last,
                               struct fault *fault)
{
    struct listen_address found = {.len = sizeof(found.at)};
    int listens = 0;
    socklen_t len = sizeof(listens);
    if (getsockname(fd, &found.at.any, &found.len) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) != 0 || !listens) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "descriptor %d was handed over (LISTEN_FDS) but "
                         "is no socket that listens",
                         fd);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    found.is_unix = found.at.any.sa_family == AF_UNIX;
    struct place *place = place_of(listening, &found, is_last);
    if (place) {
        place->fds[place->count++] = fd;
        place->is_inherited = true;
        place->port = listen_address_port(&found);
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_BAD_INPUT,
                     "a socket was handed over (LISTEN_FDS) for an address that neither listen nor "
                     "admin names (port %u)",
                     listen_address_port(&found));
}

/* sd_listen_fds(3). */
static enum status inherit(struct listening *listening, struct fault *fault)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    uint64_t for_pid = 0;
    uint64_t count = 0;
    if (!pid || !count_text || !view_to_uint64(view_from_text(pid), &for_pid) ||
        !view_to_uint64(view_from_text(count_text), &count) || for_pid != (uint64_t)getpid()) {
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < (int)count && i < SOCKETS_MAX && status == STATUS_OK; i++) {
        status = inherit_one(listening, FIRST_FD + i, i + 1 == (int)count, fault);
    }
    return status;
}

static enum status probe(const struct place *place, struct fault *fault)
{
    struct fault why = {0};
    enum status status = listener_probe(&place->address, &why);
    if (status == STATUS_BUSY) {
        return fault_set(fault, status, "%s; stop it, or choose another address with --%s",
                         why.text, place->is_admin ? "admin" : "listen");
    }
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "%s", why.text);
}

static enum status open_place(struct place *place, unsigned workers, struct fault *fault)
{
    if (place->is_inherited) {
        return STATUS_OK;
    }
    enum status status = probe(place, fault);
    struct listen_address address = place->address;
    size_t wanted = place->is_admin || address.is_unix ? 1 : workers;
    while (status == STATUS_OK && place->count < wanted) {
        status = listener_socket(&address, &place->fds[place->count], &place->port, fault);
        place->count += status == STATUS_OK;
        /* Port 0 was given: the others share the one that was chosen. */
        listen_address_set_port(&address, place->port);
    }
    return status;
}

/* An address a person can open. */
static void make_url(const struct place *place, char url[LISTENING_URL_BYTES])
{
    const char *text = place->address.text;
    if (place->address.is_unix) {
        snprintf(url, LISTENING_URL_BYTES, "%s", text);
        return;
    }
    const char *colon = strrchr(text, ':');
    struct view host = view_make(text, colon ? (size_t)(colon - text) : 0);
    bool is_here = view_is(host, "*") || view_is(host, "0.0.0.0") || view_is(host, "[::]") ||
                   view_is(host, "127.0.0.1") || view_is(host, "[::1]");
    host = is_here ? VIEW_LITERAL("localhost") : host;
    snprintf(url, LISTENING_URL_BYTES, "%s://%.*s:%u/", place->address.has_tls ? "https" : "http",
             VIEW_ARG(host), place->port);
}

enum status listening_open(struct listening **listening, const struct listening_options *options,
                           struct fault *fault)
{
    struct listening *made = calloc(1, sizeof(*made));
    *listening = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to listen");
    }
    made->workers = options->workers;
    enum status status = parse(made, options, fault);
    status = status == STATUS_OK ? open_tls(made, options, fault) : status;
    status = status == STATUS_OK ? inherit(made, fault) : status;
    for (size_t i = 0; i < made->count && status == STATUS_OK; i++) {
        status = open_place(&made->places[i], options->workers, fault);
    }
    if (status != STATUS_OK) {
        listening_close(made);
        return status;
    }
    make_url(&made->places[0], made->public_url);
    make_url(admin_place(made), made->admin_url);
    *listening = made;
    return STATUS_OK;
}

void listening_close(struct listening *listening)
{
    if (!listening) {
        return;
    }
    for (size_t i = 0; i < listening->count; i++) {
        struct place *place = &listening->places[i];
        for (size_t k = 0; k < place->count; k++) {
            close(place->fds[k]);
        }
    }
    tls_context_destroy(listening->tls);
    free(listening);
}

static enum status attach_socket(struct listening *listening, const struct place *place, int fd,
                                 struct net_loop *loop, const struct net_handler *handler,
                                 struct fault *fault)
{
    struct listener_options options = {
        .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
        .tls = place->address.has_tls ? listening->tls : NULL,
        .has_proxy_header = place->address.has_proxy_header,
    };
    return options.fd >= 0 ? listener_add(loop, &options, handler, fault)
                           : fault_errno(fault, errno, "cannot listen on %s", place->address.text);
}

/* Worker n gets socket n. With fewer sockets than workers some share one, with more some have
 * several: none may stay without anybody who accepts. */
static enum status attach_place(struct listening *listening, const struct place *place,
                                unsigned worker, struct net_loop *loop,
                                const struct net_handler *handler, struct fault *fault)
{
    size_t workers = place->is_admin ? 1 : listening->workers;
    enum status status = STATUS_OK;
    if (worker >= place->count) {
        return attach_socket(listening, place, place->fds[worker % place->count], loop, handler,
                             fault);
    }
    for (size_t i = worker; i < place->count && status == STATUS_OK; i += workers) {
        status = attach_socket(listening, place, place->fds[i], loop, handler, fault);
    }
    return status;
}

enum status listening_attach(struct listening *listening, int worker, struct net_loop *loop,
                             const struct net_handler *handler, struct fault *fault)
{
    if (worker == LISTENING_ADMIN) {
        return attach_place(listening, admin_place(listening), 0, loop, handler, fault);
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i + 1 < listening->count && status == STATUS_OK; i++) {
        status =
            attach_place(listening, &listening->places[i], (unsigned)worker, loop, handler, fault);
    }
    return status;
}

const char *listening_public_url(const struct listening *listening)
{
    return listening->public_url;
}

const char *listening_admin_url(const struct listening *listening)
{
    return listening->admin_url;
}

bool listening_is_admin_loopback(const struct listening *listening)
{
    const struct listen_address *address = &listening->places[listening->count - 1].address;
    struct view text = view_from_text(address->text);
    return view_starts_with(text, "127.") || view_starts_with(text, "[::1]");
}

enum status listening_reload(struct listening *listening, const char *certificate, const char *key,
                             struct fault *fault)
{
    return listening->tls ? tls_context_reload(listening->tls, certificate, key, fault) : STATUS_OK;
}

size_t listening_sockets(const struct listening *listening, int *fds, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < listening->count; i++) {
        for (size_t k = 0; k < listening->places[i].count && count < room; k++) {
            fds[count++] = listening->places[i].fds[k];
        }
    }
    return count;
}
