#include "lake/compact_columns.h"

#include "base/hash.h"

void compact_columns_init(struct compact_columns *made)
{
    *made = (struct compact_columns){.count = COLUMN_COUNT};
    duck_columns(made->at);
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (columns[i].type == COLUMN_TIME) {
            made->at[i].type = DUCKDB_TYPE_TIMESTAMP_MS;
        }
    }
}

static size_t slot_of(struct view name)
{
    return hash_64(0, name) % COMPACT_INDEX_SLOTS;
}

void compact_columns_set(struct compact_columns *made, const struct promoted *promoted,
                         size_t count)
{
    static const duckdb_type TYPES[] = {[PROMOTED_TEXT] = DUCKDB_TYPE_VARCHAR,
                                        [PROMOTED_NUMBER] = DUCKDB_TYPE_DOUBLE,
                                        [PROMOTED_BOOLEAN] = DUCKDB_TYPE_BOOLEAN};
    made->promoted = promoted;
    made->promoted_count = count;
    made->count = COLUMN_COUNT + count;
    memset(made->index, 0, sizeof(made->index));
    for (size_t i = 0; i < count; i++) {
        const struct promoted_column *column = &promoted->columns[i];
        size_t at = slot_of(view_from_text(column->property));
        while (made->index[at] > 0) {
            at = (at + 1) % COMPACT_INDEX_SLOTS;
        }
        made->index[at] = (uint8_t)(i + 1);
        made->at[COLUMN_COUNT + i] = (struct duck_column){column->column, TYPES[column->type]};
    }
}

static size_t find(const struct compact_columns *made, struct view name)
{
    for (size_t at = slot_of(name); made->index[at] > 0; at = (at + 1) % COMPACT_INDEX_SLOTS) {
        const struct promoted_column *column = &made->promoted->columns[made->index[at] - 1];
        if (view_equal(name, view_make(column->property, column->property_len))) {
            return made->index[at] - 1u;
        }
    }
    return made->promoted_count;
}

static void put_value(struct duck_fill *fill, size_t column, enum promoted_type type,
                      const struct promoted_value *value, bool is_lent)
{
    switch (type) {
    case PROMOTED_TEXT:
        if (is_lent) {
            duck_put_lent_text(fill, column, value->text);
        } else {
            duck_put_text(fill, column, value->text);
        }
        break;
    case PROMOTED_NUMBER:
        duck_put_double(fill, column, value->number);
        break;
    case PROMOTED_BOOLEAN:
        duck_put_boolean(fill, column, value->is_true);
        break;
    }
}

static void put_promoted(const struct compact_columns *made, struct duck_fill *fill,
                         struct view properties, struct arena *arena, bool is_lent)
{
    struct row_member member;
    uint64_t has = 0;
    const char *at = properties.at + 1;
    const char *end = properties.at + properties.len;
    while (properties.len > 1 && row_member_next(&at, end, &member)) {
        struct promoted_value value;
        size_t i = member.is_key_escaped ? made->promoted_count : find(made, member.key);
        if (i == made->promoted_count) {
            continue;
        }
        /* Of a key that is there twice the last one counts. */
        enum promoted_type type = made->promoted->columns[i].type;
        bool fits = promoted_fits(type, &member, arena, &value);
        has = fits ? has | UINT64_C(1) << i : has & ~(UINT64_C(1) << i);
        if (fits) {
            put_value(fill, COLUMN_COUNT + i, type, &value, is_lent);
        }
    }
    for (size_t i = 0; i < made->promoted_count; i++) {
        if ((has >> i & 1) == 0) {
            duck_put_null(fill, COLUMN_COUNT + i);
        }
    }
}

static bool is_any_wanted(const struct compact_columns *made, const struct duck_fill *fill)
{
    bool is_wanted = false;
    for (size_t i = 0; i < made->promoted_count && !is_wanted; i++) {
        is_wanted = duck_wants(fill, COLUMN_COUNT + i);
    }
    return is_wanted;
}

void compact_columns_put_promoted(const struct compact_columns *made, struct duck_fill *fill,
                                  const struct row_cells *cells, struct arena *arena, bool is_lent)
{
    bool has_object = cells->kinds[COLUMN_PROPERTIES] == CELL_NESTED;
    if (is_any_wanted(made, fill)) {
        put_promoted(made, fill, has_object ? cells->text[COLUMN_PROPERTIES] : view_make("", 0),
                     arena, is_lent);
    }
}

enum status compact_columns_put(const struct compact_columns *made, struct duck_fill *fill,
                                const struct row_cells *cells, struct arena *arena, bool is_lent,
                                struct fault *fault)
{
    enum status status = duck_put_cells(fill, cells, arena,
                                        (is_lent ? DUCK_PUT_LENT : 0u) | DUCK_PUT_TIMES_MS, fault);
    compact_columns_put_promoted(made, fill, cells, arena, is_lent);
    return status;
}
