#include "lake/snapshot_keys.h"

#include "base/hash.h"
#include "base/json.h"
#include "lake/part_reader.h"

#include <stdlib.h>

enum { SMALLEST_TABLE = 1024, ARENA_BYTES = 256 * 1024 * 1024 };

/* Keys of the tail's rows, with open addressing. */
struct place {
    struct key key;
    struct tail_row *row; /* the first of that key; NULL: an empty place */
};

struct table {
    struct place *places;
    size_t room; /* a power of two, more than it will hold */
};

static enum status table_init(struct table *table, const struct journal_tail *tail,
                              struct fault *fault)
{
    size_t count = journal_tail_count(tail);
    table->room = SMALLEST_TABLE;
    while (table->room < count * 2) {
        table->room *= 2;
    }
    table->places = calloc(table->room, sizeof(*table->places));
    return table->places ? STATUS_OK
                         : fault_set(fault, STATUS_NO_MEMORY, "no memory for %zu keys", count);
}

/* Where the key stands, or the empty place where it would. */
static struct place *find_place(const struct table *table, struct key key)
{
    size_t at = (size_t)key.low & (table->room - 1);
    while (table->places[at].row && key_compare(&table->places[at].key, &key) != 0) {
        at = (at + 1) & (table->room - 1);
    }
    return &table->places[at];
}

enum status snapshot_keys_mark(struct journal_tail *tail, const struct key_view *keys,
                               struct fault *fault)
{
    struct table seen = {0};
    enum status status = table_init(&seen, tail, fault);
    for (size_t i = 0; i < journal_tail_count(tail) && status == STATUS_OK; i++) {
        struct tail_row *row = journal_tail_row(tail, i);
        struct place *place = find_place(&seen, row->key);
        /* The key of a row that is done may be its own. */
        if (!row->is_left_out) {
            row->is_left_out = place->row || key_view_has(keys, row->key);
        }
        if (!place->row) {
            *place = (struct place){row->key, row};
        }
    }
    free(seen.places);
    return status;
}

/* The seed of the journal's keys is not ours to know: these are keys of our own. */
static bool key_of(struct view row, struct arena *arena, struct key *key)
{
    struct json doc;
    struct view site = {0};
    struct view id = {0};
    uint64_t hash[2];
    arena_clear(arena);
    if (json_parse(&doc, row, arena, NULL, NULL) != STATUS_OK ||
        json_text(&doc, json_member(&doc, JSON_ROOT, "site"), arena, &site) != STATUS_OK ||
        json_text(&doc, json_member(&doc, JSON_ROOT, "event_id"), arena, &id) != STATUS_OK) {
        return false;
    }
    hash_pair_128(0, site, id, hash);
    *key = (struct key){hash[0], hash[1]};
    return true;
}

/* Rows that are left out already need no place. */
static void add_tail(struct table *table, struct journal_tail *tail, struct arena *arena)
{
    for (size_t i = 0; i < journal_tail_count(tail); i++) {
        struct tail_row *row = journal_tail_row(tail, i);
        struct key key;
        if (!row->is_left_out && key_of(journal_tail_text(tail, row), arena, &key)) {
            *find_place(table, key) = (struct place){key, row};
        }
    }
}

static enum status mark_part(const struct table *table, const struct snapshot_part *part,
                             struct arena *arena, struct fault *fault)
{
    struct part_reader *reader;
    enum status status = part_reader_open_file(&reader, part->fd, part->path, fault);
    while (status == STATUS_OK) {
        struct view text;
        struct key key;
        status = part_reader_next(reader, &text, fault);
        struct place *place =
            status == STATUS_OK && key_of(text, arena, &key) ? find_place(table, key) : NULL;
        if (place && place->row) {
            place->row->is_left_out = true;
        }
    }
    part_reader_close(reader);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status snapshot_keys_mark_parts(struct journal_tail *tail,
                                     const struct snapshot_part *const *parts, size_t count,
                                     struct fault *fault)
{
    struct table table = {0};
    struct arena arena;
    if (count == 0) {
        return STATUS_OK;
    }
    arena_init(&arena, ARENA_BYTES);
    enum status status = table_init(&table, tail, fault);
    if (status == STATUS_OK) {
        add_tail(&table, tail, &arena);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = mark_part(&table, parts[i], &arena, fault);
    }
    free(table.places);
    arena_free(&arena);
    return status;
}
