#include "app/receipts.h"

#include "base/hash.h"
#include "base/url.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

/* A key has one place: what comes later to the same place is what is remembered. */
struct receipts {
    uint64_t seed;
    _Atomic uint64_t slots[RECEIPTS_SLOTS];
};

enum status receipts_create(struct receipts **receipts, struct fault *fault)
{
    struct receipts *made = calloc(1, sizeof(*made));
    *receipts = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for receipts");
    }
    if (getrandom(&made->seed, sizeof(made->seed), 0) < 0) {
        free(made);
        return fault_set(fault, STATUS_IO, "the system gives no random bytes");
    }
    *receipts = made;
    return STATUS_OK;
}

void receipts_destroy(struct receipts *receipts)
{
    free(receipts);
}

static bool is_id(struct view id)
{
    for (size_t i = 0; i < id.len; i++) {
        char byte = id.at[i];
        bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!is_letter && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '_') {
            return false;
        }
    }
    return id.len > 0 && id.len <= RECEIPTS_ID_BYTES_MAX;
}

uint64_t receipts_key(const struct receipts *receipts, struct view batch_id)
{
    return is_id(batch_id) ? hash_64(receipts->seed, batch_id) : 0;
}

void receipts_keep(struct receipts *receipts, uint64_t key)
{
    if (key != 0) {
        atomic_store_explicit(&receipts->slots[key % RECEIPTS_SLOTS], key, memory_order_relaxed);
    }
}

bool receipts_has(const struct receipts *receipts, uint64_t key)
{
    return key != 0 && atomic_load_explicit(&receipts->slots[key % RECEIPTS_SLOTS],
                                            memory_order_relaxed) == key;
}

uint64_t receipts_beacon(const struct receipts *receipts, struct view query)
{
    struct view id;
    return url_find_parameter(query, "beacon", &id) ? receipts_key(receipts, id) : 0;
}

bool receipts_answer(const struct receipts *receipts, struct view query, struct buf *out)
{
    struct view ids;
    if (!url_find_parameter(query, "ask", &ids)) {
        return false;
    }
    const char *before = "\"";
    for (int i = 0; i < RECEIPTS_ASKED_MAX && ids.len > 0; i++) {
        struct view id = view_cut(&ids, ',');
        if (receipts_has(receipts, receipts_key(receipts, id))) {
            buf_append_text(out, before);
            buf_append_view(out, id);
            buf_append_byte(out, '"');
            before = ",\"";
        }
    }
    return true;
}
