/*
 * promoted.h - frequent properties that Parquet files hold as typed columns, too.
 *
 *     data/lake/PROMOTED     one line each: hour from which on, type, column, property's name
 *
 * Files of one lake are read together by their names' pattern, and most readers take the columns of
 * the first file for all. So a column is never taken back, keeps its type for ever, and stands in
 * the files of all hours from `since` on: an older file's columns are always among a newer one's.
 * A value that does not fit the column's type is NULL there, and stands in `properties` as always.
 *
 *     column p_price     for the property "price"; bytes that are no letter, digit or underscore
 *                        become underscores
 *
 * A line "<hour> VARIANT properties_variant properties" stands for all of them in one column of
 * Parquet's type VARIANT, where that was asked for.
 *
 *     promoted_load(&promoted, lake_fd, &fault);
 *     promoted_add(&promoted, VIEW_LITERAL("price"), PROMOTED_NUMBER, hour);
 *     promoted_save(&promoted, lake_fd, &fault);
 */
#ifndef PIPES_LAKE_PROMOTED_H
#define PIPES_LAKE_PROMOTED_H

#include "base/status.h"
#include "lake/row_cells.h"

enum {
    PROMOTED_MAX = 64,
    PROMOTED_NAME_BYTES = 64, /* of a property; a longer one is not promoted */
};

#define PROMOTED_VARIANT_COLUMN "properties_variant"

enum promoted_type {
    PROMOTED_TEXT,    /* VARCHAR: strings; numbers and truth values as they stand */
    PROMOTED_NUMBER,  /* DOUBLE: numbers of up to 15 digits, which it holds without rounding */
    PROMOTED_BOOLEAN, /* BOOLEAN */
};

struct promoted_column {
    int64_t since; /* hours since 1970 */
    enum promoted_type type;
    size_t property_len;
    char property[PROMOTED_NAME_BYTES + 1];
    char column[PROMOTED_NAME_BYTES + 3]; /* "p_..." */
};

struct promoted {
    struct promoted_column columns[PROMOTED_MAX]; /* by since, rising */
    size_t count;
    bool has_variant; /* PROMOTED_VARIANT_COLUMN: all of properties, as a VARIANT */
    int64_t variant_since;
};

const char *promoted_type_name(enum promoted_type type);

/* None when there is no file. STATUS_DAMAGED when it is not understood. */
enum status promoted_load(struct promoted *promoted, int lake_fd, struct fault *fault) MUST_CHECK;
enum status promoted_save(const struct promoted *promoted, int lake_fd, struct fault *fault)
    MUST_CHECK;
/* False when there is no room, the name is too long or none, another column has its name already,
 * whatever the case of its letters, or `since` is before the last one's. */
bool promoted_add(struct promoted *promoted, struct view property, enum promoted_type type,
                  int64_t since);
/* Adds the column of all properties; false when it is there already. */
bool promoted_add_variant(struct promoted *promoted, int64_t since);
/* How many of them, from the first, files of the hour have. */
size_t promoted_at(const struct promoted *promoted, int64_t hour);
/* The index of a property among the first `count`, or count. */
size_t promoted_find(const struct promoted *promoted, size_t count, struct view property);

/* Whether the value fits: then *number, *is_true or *text says it (text: in the arena, when it has
 * escapes). */
struct promoted_value {
    double number;
    bool is_true;
    struct view text;
};
bool promoted_fits(enum promoted_type type, const struct row_member *member, struct arena *arena,
                   struct promoted_value *value);

#endif
