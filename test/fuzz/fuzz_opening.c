/* Hostile bytes where a balancer's PROXY header and the choice of the protocol are: who the client
 * is, what is spoken, and what requests of HTTP/1.1 are handled must not depend on the pieces they
 * come in. */
#include "net_rig.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    const struct protocol *protocol; /* NULL when the connection was closed first */
    char peer[INET6_ADDRSTRLEN];
    uint64_t handled;
};

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void note(struct outcome *outcome, const struct net_rig *rig)
{
    const struct connection *c = net_rig_connection(rig);
    if (c) {
        outcome->protocol = c->protocol;
        memcpy(outcome->peer, c->peer, sizeof(outcome->peer));
    }
}

static void run(struct net_rig *rig, struct view bytes, size_t piece, struct outcome *outcome)
{
    memset(outcome, 0, sizeof(*outcome));
    net_rig_open(rig);
    while (bytes.len > 0) {
        net_rig_feed(rig, view_part(bytes, 0, piece));
        bytes = view_part(bytes, piece, bytes.len);
    }
    note(outcome, rig);
    net_rig_end(rig);
    outcome->handled = rig->handled;
    net_rig_close(rig);
}

/* The first byte says how many bytes a piece has, and whether a PROXY header is expected. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct net_rig *rigs[2];
    if (size == 0) {
        return 0;
    }
    struct net_rig **rig = &rigs[data[0] & 1];
    if (!*rig) {
        *rig = net_rig_create((data[0] & 1) != 0);
        (*rig)->is_answered_at_once = true;
    }
    struct view bytes = view_make((const char *)data + 1, size - 1);
    struct outcome whole;
    struct outcome parts;
    run(*rig, bytes, bytes.len, &whole);
    run(*rig, bytes, 1 + data[0] / 2, &parts);
    check(whole.protocol == parts.protocol && strcmp(whole.peer, parts.peer) == 0);
    check(whole.protocol == &protocol_http2 || whole.handled == parts.handled);
    return 0;
}
