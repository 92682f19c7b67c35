#include "enrich/agent_reader.h"

#include "base/hash.h"
#include "enrich/agent_bots.h"
#include "enrich/client_hints.h"
#include "enrich/device_kind.h"

#include <stdlib.h>

enum { WAYS = 4, SETS = AGENT_KEPT / WAYS, SECOND_MS = 1000 };

struct entry {
    uint64_t key;   /* 0: free */
    uint64_t asked; /* when last, by the reader's own count */
    bool is_asked_again;
    struct agent_found found;
};

struct agent_reader {
    uint64_t seed;
    struct agent_matcher *matcher;
    uint64_t questions;
    int64_t second;
    unsigned tries; /* in this second */
    struct entry entries[SETS][WAYS];
};

enum status agent_reader_create(struct agent_reader **reader, struct agent_rules *rules,
                                uint64_t seed, struct fault *fault)
{
    struct agent_reader *made = calloc(1, sizeof(*made));
    *reader = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read agents");
    }
    made->seed = seed;
    enum status status = agent_matcher_create(&made->matcher, rules, fault);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *reader = made;
    return STATUS_OK;
}

void agent_reader_destroy(struct agent_reader *reader)
{
    if (reader) {
        agent_matcher_destroy(reader->matcher);
        free(reader);
    }
}

/* Each header's hash is the seed of the next one's, so that what is moved from one to the next is
 * another visitor. */
static uint64_t key_of(const struct agent_reader *reader, const struct visitor *visitor)
{
    const struct visitor_hints *hints = &visitor->hints;
    const struct view parts[] = {hints->brands,   hints->versions,         hints->mobile,
                                 hints->platform, hints->platform_version, hints->form_factors};
    uint64_t key = hash_64(reader->seed, visitor->agent);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        key = parts[i].len > 0 ? hash_64(key + i, parts[i]) : key;
    }
    return key == 0 ? 1 : key;
}

/* What is not printable ASCII, or would need an escape, is left out: names have none of it. */
static void take(struct agent_text *to, const struct agent_value *from)
{
    to->len = 0;
    for (size_t i = 0; i < from->len && to->len < sizeof(to->text); i++) {
        char byte = from->text[i];
        if (byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\') {
            to->text[to->len++] = byte;
        }
    }
}

static void read_anew(struct agent_reader *reader, const struct visitor *visitor,
                      struct agent_found *found)
{
    struct agent_saying saying;
    agent_matcher_read(reader->matcher, visitor->agent, &saying);
    reader->tries += saying.tries + 1;
    found->bot_reasons = agent_bots(visitor, &saying);
    client_hints_apply(&visitor->hints, &saying);
    found->device_kind =
        device_kind_of(&saying, visitor->agent, client_hints_form(&visitor->hints));
    take(&found->browser, &saying.browser);
    take(&found->browser_version, &saying.browser_version);
    take(&found->os, &saying.os);
    take(&found->os_version, &saying.os_version);
}

static bool may_read_anew(struct agent_reader *reader, int64_t now_ms)
{
    int64_t second = now_ms / SECOND_MS;
    if (second != reader->second) {
        reader->second = second;
        reader->tries = 0;
    }
    return reader->tries < AGENT_TRIES_PER_SECOND;
}

/* What was asked for once goes before what was asked for again, or who sends a new agent with each
 * request would push out those of all others; then what was not asked for longest. */
static bool goes_before(const struct entry *a, const struct entry *b)
{
    return a->is_asked_again != b->is_asked_again ? !a->is_asked_again : a->asked < b->asked;
}

const struct agent_found *agent_reader_ask(struct agent_reader *reader,
                                           const struct visitor *visitor, int64_t now_ms)
{
    uint64_t key = key_of(reader, visitor);
    struct entry *set = reader->entries[key % SETS];
    struct entry *victim = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            set[i].asked = ++reader->questions;
            set[i].is_asked_again = true;
            return &set[i].found;
        }
        victim = goes_before(&set[i], victim) ? &set[i] : victim;
    }
    if (!may_read_anew(reader, now_ms)) {
        return NULL;
    }
    victim->key = key;
    victim->asked = ++reader->questions;
    victim->is_asked_again = false;
    read_anew(reader, visitor, &victim->found);
    return &victim->found;
}
