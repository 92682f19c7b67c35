#include "lake/property_tally.h"

#include "base/hash.h"

#include <stdlib.h>

/* Fuller than this a table is slow. */
enum { USED_MAX = PROPERTY_TALLY_SLOTS / 2, NAMES_BYTES = USED_MAX * (PROMOTED_NAME_BYTES + 32) };
/* One row in so many must have it, and of its values so many in a hundred be of one type. */
enum { ROWS_PER_VALUE = 100, ROWS_MIN = 20, ONE_TYPE_PERCENT = 99 };

void property_tally_init(struct property_tally *tally)
{
    *tally = (struct property_tally){0};
    arena_init(&tally->names, NAMES_BYTES);
    tally->slots = calloc(PROPERTY_TALLY_SLOTS, sizeof(*tally->slots));
}

void property_tally_free(struct property_tally *tally)
{
    free(tally->slots);
    tally->slots = NULL;
    arena_free(&tally->names);
}

/* NULL when it has no place. */
static struct property_count *find(struct property_tally *tally, struct view name)
{
    size_t at = hash_64(0, name) % PROPERTY_TALLY_SLOTS;
    while (tally->slots[at].name.at && !view_equal(tally->slots[at].name, name)) {
        at = (at + 1) % PROPERTY_TALLY_SLOTS;
    }
    struct property_count *slot = &tally->slots[at];
    if (!slot->name.at && tally->used < USED_MAX) {
        struct view copy = arena_copy(&tally->names, name);
        tally->used += copy.at != NULL;
        slot->name = copy;
    }
    return slot->name.at ? slot : NULL;
}

static void count(struct property_tally *tally, const struct row_member *member)
{
    bool is_named =
        !member->is_key_escaped && member->key.len > 0 && member->key.len <= PROMOTED_NAME_BYTES;
    struct property_count *slot = is_named ? find(tally, member->key) : NULL;
    if (!slot) {
        return;
    }
    if (member->kind == CELL_PLAIN || member->kind == CELL_ESCAPED) {
        slot->texts++;
    } else if (member->kind == CELL_SCALAR) {
        char first = member->text.at[0];
        slot->booleans += first == 't' || first == 'f';
        slot->numbers += first == '-' || (first >= '0' && first <= '9');
    }
}

void property_tally_row(struct property_tally *tally, struct view properties)
{
    const char *at = properties.at;
    struct row_member member;
    tally->rows++;
    if (!tally->slots || properties.len < 2 || *at != '{') {
        return;
    }
    at++;
    while (row_member_next(&at, properties.at + properties.len, &member)) {
        count(tally, &member);
    }
}

static uint32_t total(const struct property_count *one)
{
    return one->texts + one->numbers + one->booleans;
}

/* The most frequent first, then by name, so that the same rows always give the same columns. */
static int compare(const void *a, const void *b)
{
    const struct property_count *left = *(const struct property_count *const *)a;
    const struct property_count *right = *(const struct property_count *const *)b;
    if (total(left) != total(right)) {
        return total(left) > total(right) ? -1 : 1;
    }
    size_t shorter = left->name.len < right->name.len ? left->name.len : right->name.len;
    int order = memcmp(left->name.at, right->name.at, shorter);
    return order != 0 ? order
                      : (left->name.len > right->name.len) - (left->name.len < right->name.len);
}

static enum promoted_type type_of(const struct property_count *one)
{
    uint64_t nearly_all = (uint64_t)total(one) * ONE_TYPE_PERCENT;
    if ((uint64_t)one->numbers * 100 >= nearly_all) {
        return PROMOTED_NUMBER;
    }
    return (uint64_t)one->booleans * 100 >= nearly_all ? PROMOTED_BOOLEAN : PROMOTED_TEXT;
}

bool property_tally_promote(const struct property_tally *tally, struct promoted *promoted,
                            int64_t since)
{
    const struct property_count **frequent =
        calloc(tally->used + 1, sizeof(struct property_count *));
    size_t count = 0;
    bool has_new = false;
    for (size_t i = 0; frequent && tally->slots && i < PROPERTY_TALLY_SLOTS; i++) {
        uint32_t values = tally->slots[i].name.at ? total(&tally->slots[i]) : 0;
        if (values >= ROWS_MIN && values >= tally->rows / ROWS_PER_VALUE) {
            frequent[count++] = &tally->slots[i];
        }
    }
    if (count > 1) {
        qsort(frequent, count, sizeof(struct property_count *), compare);
    }
    for (size_t i = 0; i < count; i++) {
        bool is_known =
            promoted_find(promoted, promoted->count, frequent[i]->name) < promoted->count;
        has_new |=
            !is_known && promoted_add(promoted, frequent[i]->name, type_of(frequent[i]), since);
    }
    free(frequent);
    return has_new;
}
