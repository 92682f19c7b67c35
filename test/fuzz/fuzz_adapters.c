/* Hostile bytes as body and query of every adapter: what comes out must be rows of valid JSON. */
#include "adapters/adapter_ancestor.h"
#include "adapters/adapter_native.h"
#include "adapters/adapter_pixel.h"
#include "adapters/adapter_skeleton.h"
#include "enrich/enrich_list.h"

#include <stdint.h>
#include <stdlib.h>

static const struct facts NOTHING;
static const struct enrich_tools TOOLS;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(struct view text)
{
    struct arena arena;
    struct json doc;
    arena_init(&arena, 64 << 20);
    if (json_parse(&doc, text, &arena, NULL, NULL) != STATUS_OK) {
        abort();
    }
    arena_free(&arena);
}

static void check_batch(struct batch *batch, struct arena *arena)
{
    struct buf row;
    buf_init(&row, 16 << 20);
    for (size_t i = 0; i < batch->event_count; i++) {
        buf_clear(&row);
        if (enrich_list_apply(&batch->events[i], &NOTHING, &TOOLS, arena) == STATUS_OK &&
            event_append_row(&row, &batch->events[i]) == STATUS_OK) {
            check_json(buf_view(&row));
        }
    }
    for (size_t i = 0; i < batch->reject_count; i++) {
        check_json(batch->rejects[i].raw);
    }
    buf_free(&row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct adapter *adapters[] = {&adapter_native, &adapter_ancestor, &adapter_pixel,
                                        &adapter_skeleton};
    struct view bytes = view_make((const char *)data, size);
    for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++) {
        struct arena arena;
        struct batch batch = {0};
        struct fault fault;
        struct inbound inbound = {.method = INBOUND_POST,
                                  .path = VIEW_LITERAL("/stage"),
                                  .query = bytes,
                                  .body = bytes,
                                  .received_ms = 1763942400250};
        arena_init(&arena, 64 << 20);
        if (adapters[i]->decode(&inbound, &arena, &batch, &fault) == STATUS_OK) {
            check_batch(&batch, &arena);
        }
        arena_free(&arena);
    }
    return 0;
}
