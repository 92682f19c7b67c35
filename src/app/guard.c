#include "app/guard.h"

#include "base/count_table.h"
#include "base/hash.h"
#include "base/rate_limiter.h"

#include <stdlib.h>
#include <sys/random.h>

enum { SUBSCRIBER_BYTES = 8 /* a /64 */, V4_LOOPBACK = 127, V4_AT = 12 };

struct guard {
    uint64_t seed;
    struct count_table *connections;
    struct rate_limiter *rates;
};

enum status guard_create(struct guard **guard, size_t connections, struct fault *fault)
{
    struct guard *made = calloc(1, sizeof(*made));
    *guard = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for limits");
    }
    enum status status = count_table_create(&made->connections, connections, fault);
    if (status == STATUS_OK) {
        status = rate_limiter_create(&made->rates, GUARD_KEYS, fault);
    }
    if (status == STATUS_OK && getrandom(&made->seed, sizeof(made->seed), 0) < 0) {
        status = fault_set(fault, STATUS_IO, "the system gives no random bytes");
    }
    if (status != STATUS_OK) {
        guard_destroy(made);
        return status;
    }
    *guard = made;
    return STATUS_OK;
}

void guard_destroy(struct guard *guard)
{
    if (guard) {
        count_table_destroy(guard->connections);
        rate_limiter_destroy(guard->rates);
        free(guard);
    }
}

static uint64_t key_of(const struct guard *guard, const struct ip_address *address)
{
    size_t len = ip_address_is_v4(address) ? sizeof(address->bytes) : SUBSCRIBER_BYTES;
    return hash_64(guard->seed, view_make((const char *)address->bytes, len));
}

static bool is_this_machine(const struct ip_address *address)
{
    static const struct ip_address LOOPBACK = {{[15] = 1}};
    return ip_address_is_v4(address)
               ? address->bytes[V4_AT] == V4_LOOPBACK
               : memcmp(address->bytes, LOOPBACK.bytes, sizeof(LOOPBACK.bytes)) == 0;
}

/* False when nobody may be limited by that address. */
static bool is_source(const struct settings *settings, const char *text, struct ip_address *address)
{
    return ip_address_parse(address, view_from_text(text)) && !is_this_machine(address) &&
           !trusted_networks_hold(&settings->trusted, address);
}

bool guard_connect(struct guard *guard, const struct settings *settings, const char *peer)
{
    struct ip_address address;
    if (!ip_address_parse(&address, view_from_text(peer))) {
        return true; /* not counted: guard_disconnect() does not know it either */
    }
    uint64_t key = key_of(guard, &address);
    uint32_t count = count_table_add(guard->connections, key);
    uint32_t most = settings->source_connections;
    if (most == 0 || count <= most || !is_source(settings, peer, &address)) {
        return true;
    }
    count_table_remove(guard->connections, key);
    return false;
}

void guard_disconnect(struct guard *guard, const char *peer)
{
    struct ip_address address;
    if (ip_address_parse(&address, view_from_text(peer))) {
        count_table_remove(guard->connections, key_of(guard, &address));
    }
}

bool guard_request(struct guard *guard, const struct settings *settings, const char *client,
                   int64_t *wait_ms)
{
    struct ip_address address;
    return settings->source_requests == 0 || !is_source(settings, client, &address) ||
           rate_limiter_take(guard->rates, key_of(guard, &address), settings->source_requests,
                             clock_stopwatch_ns(), wait_ms);
}

bool guard_source_of_site(struct guard *guard, const struct settings *settings, uint32_t per_second,
                          const struct guard_source *source, int64_t *wait_ms)
{
    struct ip_address address;
    if (!is_source(settings, source->client, &address)) {
        return true;
    }
    uint64_t key = hash_64(key_of(guard, &address), source->site);
    return rate_limiter_take(guard->rates, key, per_second, clock_stopwatch_ns(), wait_ms);
}

bool guard_site(struct guard *guard, uint32_t per_second, struct view site, int64_t *wait_ms)
{
    /* Another seed: a site may be called like an address. */
    uint64_t key = hash_64(~guard->seed, site);
    return rate_limiter_take(guard->rates, key, per_second, clock_stopwatch_ns(), wait_ms);
}
