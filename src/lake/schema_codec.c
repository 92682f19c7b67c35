#include "lake/schema_codec.h"

#include <stdlib.h>

enum { FLAG_REST = 1 };
enum { SKETCH_DENSE = 1, SKETCH_CUT = 2 };
enum { NUMBER_BYTES = 8, ALL_TYPES = (1 << SCHEMA_TYPES) - 1 };

/* Everything on disk is little-endian, written byte by byte so that no compiler has a say. */
static void put(struct buf *out, uint64_t value, size_t bytes)
{
    char text[NUMBER_BYTES];
    for (size_t i = 0; i < bytes; i++) {
        text[i] = (char)(unsigned char)(value >> (8 * i));
    }
    buf_append(out, text, bytes);
}

static void put_text(struct buf *out, struct view text)
{
    put(out, text.len, 2);
    buf_append_view(out, text);
}

static void put_double(struct buf *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    put(out, bits, 8);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void put_sketch(struct buf *out, const struct schema_sketch *sketch)
{
    uint64_t hashes[SCHEMA_SKETCH_EXACT];
    put(out, (sketch->is_dense ? SKETCH_DENSE : 0U) | (sketch->is_cut ? SKETCH_CUT : 0U), 1);
    if (sketch->is_dense) {
        buf_append(out, sketch->at.registers, SCHEMA_SKETCH_REGISTERS);
        return;
    }
    put(out, sketch->count, 1);
    if (sketch->count > 0) {
        memcpy(hashes, sketch->at.hashes, sketch->count * sizeof(hashes[0]));
        qsort(hashes, sketch->count, sizeof(hashes[0]), compare_hashes);
    }
    for (size_t i = 0; i < sketch->count; i++) {
        put(out, hashes[i], 8);
    }
}

static unsigned type_mask(const struct schema_value *value)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < SCHEMA_TYPES; i++) {
        mask |= value->counts[i] > 0 ? 1U << i : 0U;
    }
    return mask;
}

static bool has_text(unsigned mask)
{
    return mask & (1U << SCHEMA_STRING | 1U << SCHEMA_TIMESTAMP);
}

static void put_value(struct buf *out, const struct schema_value *value)
{
    unsigned mask = type_mask(value);
    put(out, mask, 1);
    for (size_t i = 0; i < SCHEMA_TYPES; i++) {
        if (mask & (1U << i)) {
            put(out, value->counts[i], 8);
        }
    }
    put(out, (uint64_t)value->first_ms, 8);
    put(out, (uint64_t)value->last_ms, 8);
    if (mask & (1U << SCHEMA_INTEGER)) {
        put(out, (uint64_t)value->integer_min, 8);
        put(out, (uint64_t)value->integer_max, 8);
    }
    if (mask & (1U << SCHEMA_DOUBLE)) {
        put_double(out, value->double_min);
        put_double(out, value->double_max);
    }
    if (has_text(mask)) {
        put(out, value->text_min, 4);
        put(out, value->text_max, 4);
    }
    if (mask & (1U << SCHEMA_ARRAY)) {
        put(out, value->items_min, 4);
        put(out, value->items_max, 4);
    }
    put_sketch(out, &value->distinct);
}

static void put_event(struct buf *out, const struct schema_event *event)
{
    put(out, event->is_rest ? FLAG_REST : 0, 1);
    put_text(out, event->key.site);
    put_text(out, event->key.type);
    put_text(out, event->key.name);
    put(out, event->rows, 8);
    put(out, event->other_values, 8);
    put(out, (uint64_t)event->first_ms, 8);
    put(out, (uint64_t)event->last_ms, 8);
    put(out, event->property_count, 4);
    for (const struct schema_property *one = event->properties; one; one = one->next) {
        put(out, one->scope, 1);
        put_text(out, one->path);
        put_value(out, &one->value);
    }
}

void schema_codec_append(struct buf *out, const struct schema_stats *stats)
{
    struct schema_totals totals = schema_stats_totals(stats);
    uint32_t count = 0;
    for (struct schema_event *event = schema_stats_first(stats); event; event = event->next) {
        count++;
    }
    put(out, totals.rows, 8);
    put(out, totals.unreadable, 8);
    put(out, count, 4);
    for (struct schema_event *event = schema_stats_first(stats); event; event = event->next) {
        put_event(out, event);
    }
}

/* Bytes that are left. The first thing that is not there, or not allowed, ends it all. */
struct source {
    struct view rest;
    size_t length;
    const char *wrong; /* NULL: nothing so far */
};

static bool refuse(struct source *source, const char *what)
{
    source->wrong = source->wrong ? source->wrong : what;
    source->rest = view_make(NULL, 0);
    return false;
}

static struct view take(struct source *source, size_t bytes)
{
    if (bytes > source->rest.len) {
        refuse(source, "the end is missing");
        return view_make(NULL, 0);
    }
    struct view taken = view_part(source->rest, 0, bytes);
    source->rest = view_part(source->rest, bytes, source->rest.len);
    return taken;
}

static uint64_t get(struct source *source, size_t bytes)
{
    struct view taken = take(source, bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.len; i++) {
        value |= (uint64_t)(unsigned char)taken.at[i] << (8 * i);
    }
    return value;
}

static int64_t get_signed(struct source *source)
{
    return (int64_t)get(source, 8);
}

static double get_double(struct source *source)
{
    uint64_t bits = get(source, 8);
    double number;
    memcpy(&number, &bits, sizeof(number));
    if (number != number) {
        refuse(source, "a bound is no number");
    }
    return number;
}

static struct view get_text(struct source *source, size_t most)
{
    size_t len = (size_t)get(source, 2);
    if (len > most) {
        refuse(source, "a name is too long");
    }
    return take(source, len);
}

/* What a value's sketch points to while it is merged. */
struct sketch_room {
    uint64_t hashes[SCHEMA_SKETCH_EXACT];
    uint8_t registers[SCHEMA_SKETCH_REGISTERS];
};

static void get_sketch(struct source *source, struct schema_sketch *sketch,
                       struct sketch_room *room)
{
    unsigned kind = (unsigned)get(source, 1);
    sketch->is_dense = kind & SKETCH_DENSE;
    sketch->is_cut = kind & SKETCH_CUT;
    if (sketch->is_dense) {
        struct view registers = take(source, SCHEMA_SKETCH_REGISTERS);
        memset(room->registers, 0, sizeof(room->registers));
        memcpy(room->registers, registers.at ? registers.at : "", registers.len);
        sketch->at.registers = room->registers;
        return;
    }
    uint64_t count = get(source, 1);
    if (kind > SKETCH_CUT || count > SCHEMA_SKETCH_EXACT) {
        refuse(source, "a sketch is not understood");
        return;
    }
    sketch->count = (uint16_t)count;
    sketch->at.hashes = room->hashes;
    for (size_t i = 0; i < count; i++) {
        room->hashes[i] = get(source, 8);
    }
}

static void get_range(struct source *source, uint32_t *min, uint32_t *max)
{
    *min = (uint32_t)get(source, 4);
    *max = (uint32_t)get(source, 4);
}

static bool get_value(struct source *source, struct schema_value *value, struct sketch_room *room)
{
    schema_value_init(value);
    unsigned mask = (unsigned)get(source, 1);
    for (size_t i = 0; i < SCHEMA_TYPES; i++) {
        value->counts[i] = mask & (1U << i) ? get(source, 8) : 0;
    }
    value->first_ms = get_signed(source);
    value->last_ms = get_signed(source);
    if (mask & (1U << SCHEMA_INTEGER)) {
        value->integer_min = get_signed(source);
        value->integer_max = get_signed(source);
    }
    if (mask & (1U << SCHEMA_DOUBLE)) {
        value->double_min = get_double(source);
        value->double_max = get_double(source);
    }
    if (has_text(mask)) {
        get_range(source, &value->text_min, &value->text_max);
    }
    if (mask & (1U << SCHEMA_ARRAY)) {
        get_range(source, &value->items_min, &value->items_max);
    }
    get_sketch(source, &value->distinct, room);
    return source->wrong == NULL;
}

static void get_property(struct source *source, struct schema_stats *stats,
                         struct schema_event *event)
{
    struct schema_value value;
    struct sketch_room room;
    enum schema_scope scope = (enum schema_scope)get(source, 1);
    struct view path = get_text(source, SCHEMA_PATH_BYTES_MAX);
    if (scope >= SCHEMA_SCOPES) {
        refuse(source, "a scope is not understood");
    }
    if (!get_value(source, &value, &room)) {
        return;
    }
    struct schema_property *property = schema_stats_property(stats, event, scope, path);
    if (property) {
        schema_value_merge(&property->value, schema_stats_pool(stats), &value);
    } else {
        event->other_values += schema_value_total(&value);
    }
}

static struct schema_event *find_event(struct schema_stats *stats, unsigned flags,
                                       const struct schema_event_key *key)
{
    return flags & FLAG_REST ? schema_stats_rest(stats) : schema_stats_event(stats, key);
}

static bool get_event(struct source *source, struct schema_stats *stats)
{
    unsigned flags = (unsigned)get(source, 1);
    struct schema_event_key key = {.site = get_text(source, SCHEMA_NAME_BYTES_MAX)};
    key.type = get_text(source, SCHEMA_NAME_BYTES_MAX);
    key.name = get_text(source, SCHEMA_NAME_BYTES_MAX);
    uint64_t rows = get(source, 8);
    uint64_t other_values = get(source, 8);
    int64_t first_ms = get_signed(source);
    int64_t last_ms = get_signed(source);
    uint32_t properties = (uint32_t)get(source, 4);
    struct schema_event *event = source->wrong ? NULL : find_event(stats, flags, &key);
    if (!event) {
        return refuse(source, "there is no memory");
    }
    event->rows += rows;
    event->other_values += other_values;
    event->first_ms = first_ms < event->first_ms ? first_ms : event->first_ms;
    event->last_ms = last_ms > event->last_ms ? last_ms : event->last_ms;
    for (uint32_t i = 0; i < properties && !source->wrong; i++) {
        get_property(source, stats, event);
    }
    return source->wrong == NULL;
}

enum status schema_codec_read(struct view bytes, struct schema_stats *stats, struct fault *fault)
{
    struct source source = {.rest = bytes, .length = bytes.len};
    uint64_t rows = get(&source, 8);
    uint64_t unreadable = get(&source, 8);
    uint32_t events = (uint32_t)get(&source, 4);
    for (uint32_t i = 0; i < events && !source.wrong; i++) {
        size_t at = source.length - source.rest.len;
        if (!get_event(&source, stats)) {
            return fault_set(fault, STATUS_DAMAGED, "the event at byte %zu: %s", at, source.wrong);
        }
    }
    if (source.wrong || source.rest.len > 0) {
        return fault_set(fault, STATUS_DAMAGED, "%s",
                         source.wrong ? source.wrong : "there is more than there should be");
    }
    schema_stats_count(stats, rows, unreadable);
    return STATUS_OK;
}
