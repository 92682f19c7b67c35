#include "lake/erase_search.h"

#include "lake/parquet_search.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
    WAYS = 3, /* in which a short id is a whole text */
    TEXTS_MAX = SUBJECT_IDS_MAX * (SUBJECT_NEEDLES_MAX + 1) * WAYS,
    NUMBERS_MAX = 2 * SUBJECT_IDS_MAX,
    ARENA_BYTES = 4 << 20,
};

struct erase_search {
    struct view texts[TEXTS_MAX];
    size_t text_count;
    struct arena arena; /* of texts that were made for this */
    double values[NUMBERS_MAX];
    struct view numbers[NUMBERS_MAX]; /* the bytes of `values` */
    size_t number_count;
    /* of the file */
    bool is_everywhere;
    char names[SUBJECT_SQL_COLUMNS_MAX][SUBJECT_SQL_NAME_BYTES];
    size_t name_count;
};

static void add_text(struct erase_search *search, struct view text)
{
    for (size_t i = 0; i < search->text_count; i++) {
        if (view_equal(search->texts[i], text)) {
            return;
        }
    }
    search->texts[search->text_count++] = text;
}

static void add_value(struct erase_search *search, double value)
{
    double *place = &search->values[search->number_count];
    *place = value;
    search->numbers[search->number_count++] = view_make((const char *)place, sizeof(*place));
}

static enum status add_joined(struct erase_search *search, struct view before, struct view text,
                              struct view behind)
{
    struct view joined = view_make(NULL, before.len + text.len + behind.len);
    char *place = arena_alloc(&search->arena, joined.len);
    if (!place) {
        return STATUS_NO_MEMORY;
    }
    memcpy(place, before.at, before.len);
    memcpy(place + before.len, text.at, text.len);
    memcpy(place + before.len + text.len, behind.at, behind.len);
    joined.at = place;
    add_text(search, joined);
    return STATUS_OK;
}

/* Alone it stands in every file. As a mention it is all of a string, in JSON or in JSON within a
 * string; or all of a value, before which its length stands. */
static enum status add_short(struct erase_search *search, struct view text)
{
    const struct view quote = VIEW_LITERAL("\"");
    const char length[4] = {(char)text.len, (char)(text.len >> 8), 0, 0};
    enum status status =
        add_joined(search, view_make(length, sizeof(length)), text, VIEW_LITERAL(""));
    status = status == STATUS_OK ? add_joined(search, quote, text, quote) : status;
    return status == STATUS_OK ? add_joined(search, quote, text, VIEW_LITERAL("\\\"")) : status;
}

static enum status add_id(struct erase_search *search, const struct subject_id *id)
{
    enum status status = STATUS_OK;
    if (id->is_long) {
        add_text(search, id->text);
    } else {
        status = add_short(search, id->text);
    }
    for (size_t n = 0; n < id->needle_count && status == STATUS_OK; n++) {
        if (id->is_long) {
            add_text(search, id->needles[n]);
        } else {
            status = add_short(search, id->needles[n]);
        }
    }
    return status;
}

/* An id of digits, as a property's number; zero has two ways to be written. */
static void add_number(struct erase_search *search, struct view digits)
{
    char text[SUBJECT_SQL_NUMBER_DIGITS_MAX + 1] = "";
    memcpy(text, digits.at, digits.len);
    double value = strtod(text, NULL);
    add_value(search, value);
    if (!(value > 0)) {
        add_value(search, -0.0);
    }
}

enum status erase_search_create(struct erase_search **search, const struct subject *subject,
                                struct fault *fault)
{
    struct erase_search *made = calloc(1, sizeof(*made)); /* large for a stack */
    *search = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to search files");
    }
    arena_init(&made->arena, ARENA_BYTES);
    for (size_t i = 0; i < subject->count; i++) {
        const struct subject_id *id = &subject->ids[i];
        if (add_id(made, id) != STATUS_OK) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory to search files");
        }
        if (subject_sql_is_number(id)) {
            add_number(made, id->text);
        }
    }
    return STATUS_OK;
}

void erase_search_destroy(struct erase_search *search)
{
    if (search) {
        arena_free(&search->arena);
        free(search);
    }
}

static bool has_column(const struct erase_search *search, struct view name)
{
    for (size_t i = 0; i < search->name_count; i++) {
        if (view_is(name, search->names[i])) {
            return true;
        }
    }
    return search->is_everywhere;
}

static bool wants(void *self, struct view column)
{
    return !has_column(self, column) && subject_sql_may_hold(column);
}

static void found(void *self, struct view column)
{
    struct erase_search *search = self;
    if (search->name_count == SUBJECT_SQL_COLUMNS_MAX || column.len >= SUBJECT_SQL_NAME_BYTES) {
        search->is_everywhere = true;
        return;
    }
    char *name = search->names[search->name_count++];
    memcpy(name, column.at, column.len);
    name[column.len] = 0;
}

static enum status search_bytes(struct erase_search *search, struct view file, struct fault *fault)
{
    const struct parquet_search options = {
        .texts = {search->texts, search->text_count},
        .numbers = {search->numbers, search->number_count},
        .self = search,
        .wants = wants,
        .found = found,
    };
    enum status status = parquet_search(&options, file, fault);
    if (status != STATUS_DAMAGED) {
        return status;
    }
    search->is_everywhere = true;
    return STATUS_OK;
}

enum status erase_search_file(struct erase_search *search, int fd, struct fault *fault)
{
    struct stat facts;
    search->name_count = 0;
    search->is_everywhere = false;
    if (fstat(fd, &facts) != 0) {
        return fault_errno(fault, errno, "cannot look at a Parquet file");
    }
    if (facts.st_size == 0) {
        search->is_everywhere = true;
        return STATUS_OK;
    }
    void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        return fault_errno(fault, errno, "cannot map a Parquet file");
    }
    enum status status = search_bytes(search, view_make(bytes, (size_t)facts.st_size), fault);
    munmap(bytes, (size_t)facts.st_size);
    return status;
}

bool erase_search_has_any(const struct erase_search *search)
{
    return search->is_everywhere || search->name_count > 0;
}

bool erase_search_has_ids(const struct erase_search *search)
{
    for (size_t i = 0; i < SUBJECT_ROW_IDS; i++) {
        if (has_column(search, view_from_text(subject_sql_ids[i]))) {
            return true;
        }
    }
    return false;
}

void erase_search_narrow(const struct erase_search *search, struct subject_sql_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const char *name =
            columns->at[i].kind == SUBJECT_SQL_VARIANT ? "properties" : columns->at[i].name;
        if (!has_column(search, view_from_text(name))) {
            columns->at[i].kind = SUBJECT_SQL_FIXED;
        }
    }
}
