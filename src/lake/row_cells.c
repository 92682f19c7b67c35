#include "lake/row_cells.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The first quote or backslash from p; or end. */
static inline const char *string_stop(const char *p, const char *end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\');
    for (; end - p >= 16; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
        unsigned mask = (unsigned)_mm_movemask_epi8(stops);
        if (mask != 0) {
            return p + __builtin_ctz(mask);
        }
    }
#endif
    while (p < end && *p != '"' && *p != '\\') {
        p++;
    }
    return p;
}

/* From behind the first quote; gives the place of the last one, or NULL. */
static inline const char *string_end(const char *p, const char *end, bool *is_escaped)
{
    for (;;) {
        p = string_stop(p, end);
        if (p >= end) {
            return NULL;
        }
        if (*p == '"') {
            return p;
        }
        *is_escaped = true;
        if (end - p < 2) {
            return NULL;
        }
        p += 2;
    }
}

/* From the brace or bracket that opens; gives what is behind the one that closes it, or NULL. */
static const char *nested_end(const char *p, const char *end)
{
    size_t depth = 0;
    for (; p < end; p++) {
        bool is_escaped;
        switch (*p) {
        case '"':
            p = string_end(p + 1, end, &is_escaped);
            if (!p) {
                return NULL;
            }
            break;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0) {
                return p + 1;
            }
            break;
        default:
            break;
        }
    }
    return NULL;
}

static inline const char *scalar_end(const char *p, const char *end)
{
    while (p < end && *p != ',' && *p != '}' && *p != ']' && *p != ' ') {
        p++;
    }
    return p;
}

/* The value at p; gives what is behind it, or NULL. */
static inline const char *read_value(const char *p, const char *end, struct row_member *member)
{
    if (p >= end) {
        return NULL;
    }
    if (*p == '"') {
        bool is_escaped = false;
        const char *last = string_end(p + 1, end, &is_escaped);
        if (!last) {
            return NULL;
        }
        member->kind = is_escaped ? CELL_ESCAPED : CELL_PLAIN;
        member->text = view_make(p + 1, (size_t)(last - p - 1));
        return last + 1;
    }
    bool is_nested = *p == '{' || *p == '[';
    const char *behind = is_nested ? nested_end(p, end) : scalar_end(p, end);
    if (behind) {
        member->kind = is_nested ? CELL_NESTED : CELL_SCALAR;
        member->text = view_make(p, (size_t)(behind - p));
    }
    return behind == p ? NULL : behind;
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) {
        p++;
    }
    return p;
}

static inline bool next_member(const char **at, const char *end, struct row_member *member)
{
    const char *p = skip_space(*at, end);
    if (p >= end || *p != '"') {
        return false;
    }
    member->is_key_escaped = false;
    const char *last = string_end(p + 1, end, &member->is_key_escaped);
    if (!last) {
        return false;
    }
    member->key = view_make(p + 1, (size_t)(last - p - 1));
    p = skip_space(last + 1, end);
    if (p >= end || *p != ':') {
        return false;
    }
    p = read_value(skip_space(p + 1, end), end, member);
    p = p ? skip_space(p, end) : NULL;
    if (!p || p >= end || (*p != ',' && *p != '}')) {
        return false;
    }
    *at = *p == ',' ? p + 1 : p;
    return true;
}

bool row_member_next(const char **at, const char *end, struct row_member *member)
{
    return next_member(at, end, member);
}

static inline uint64_t load(const char *at, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, at, len);
    return word;
}

/* Of 4 to 24 bytes, without a call: words that overlap. */
static inline bool is_same(const char *a, const char *b, size_t len)
{
    if (len < 8) {
        return load(a, 4) == load(b, 4) && load(a + len - 4, 4) == load(b + len - 4, 4);
    }
    return load(a, 8) == load(b, 8) && load(a + len - 8, 8) == load(b + len - 8, 8) &&
           (len <= 16 || load(a + 8, 8) == load(b + 8, 8));
}

/* A row that we wrote has its columns in the order of the table, and no space: from *column on, the
 * first whose head stands here is it. False leaves all as it was: what is here is to be read as any
 * JSON. */
static inline bool next_column(const char **at, const char *end, enum column *column,
                               struct row_member *member)
{
    const char *p = *at;
    for (enum column i = *column; i < COLUMN_COUNT; i++) {
        const struct column_row *row = &columns[i];
        size_t len = row->name_len + 3; /* "name": */
        if ((size_t)(end - p) <= len || p[1] != row->head[2] || !is_same(p, row->head + 1, len)) {
            continue;
        }
        p = read_value(p + len, end, member);
        if (!p || p >= end || (*p != ',' && *p != '}')) {
            return false;
        }
        *at = *p == ',' ? p + 1 : p;
        *column = i;
        return true;
    }
    return false;
}

bool row_cells_read(struct row_cells *cells, struct view row)
{
    const char *end = row.at + row.len;
    const char *p = skip_space(row.at, end);
    memset(cells->kinds, CELL_NONE, sizeof(cells->kinds));
    if (p >= end || *p != '{') {
        return false;
    }
    p++;
    struct row_member member = {0};
    enum column next = 0;
    for (;;) {
        enum column column = next;
        if (!next_column(&p, end, &column, &member)) {
            if (!next_member(&p, end, &member)) {
                break;
            }
            column = column_find(member.key);
        }
        if (column < COLUMN_COUNT) {
            cells->kinds[column] = (uint8_t)member.kind;
            cells->text[column] = member.text;
            next = column + 1;
        }
    }
    return p < end && *p == '}' && skip_space(p + 1, end) == end;
}

size_t row_cells_pack(const struct row_cells *cells, struct view row, struct row_packed *packed)
{
    struct row_cell *place = packed->cells;
    memset(packed->has, 0, sizeof(packed->has));
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (cells->kinds[i] != CELL_NONE) {
            packed->has[i / 64] |= UINT64_C(1) << (i % 64);
            *place++ = (struct row_cell){
                .start = (uint32_t)(cells->text[i].at - row.at),
                .len = (uint32_t)cells->text[i].len & ((1u << 29) - 1),
                .kind = cells->kinds[i] & 7u,
            };
        }
    }
    return (size_t)((const char *)place - (const char *)packed);
}

void row_cells_unpack(const struct row_packed *packed, struct view row, struct row_cells *cells)
{
    const struct row_cell *place = packed->cells;
    memset(cells->kinds, CELL_NONE, sizeof(cells->kinds));
    for (size_t word = 0; word < ROW_PACKED_WORDS; word++) {
        for (uint64_t has = packed->has[word]; has != 0; has &= has - 1, place++) {
            size_t column = word * 64 + (size_t)__builtin_ctzll(has);
            cells->kinds[column] = (uint8_t)place->kind;
            cells->text[column] = view_make(row.at + place->start, place->len);
        }
    }
}

enum status row_text(struct view text, enum cell_kind kind, struct arena *arena, struct view *said)
{
    *said = text;
    if (kind == CELL_PLAIN) {
        return STATUS_OK;
    }
    struct json doc;
    /* Its quotes stand around it. */
    enum status status =
        kind == CELL_ESCAPED
            ? json_parse(&doc, view_make(text.at - 1, text.len + 2), arena, NULL, NULL)
            : STATUS_BAD_INPUT;
    return status == STATUS_OK ? json_text(&doc, JSON_ROOT, arena, said) : status;
}

/* "00" to "99"; more for what is none. */
static inline unsigned two_digits(const char *at)
{
    unsigned tens = (unsigned)(unsigned char)at[0] - '0';
    unsigned ones = (unsigned)(unsigned char)at[1] - '0';
    return tens <= 9 && ones <= 9 ? tens * 10 + ones : 1000;
}

/* The one form that rows are written in, "2026-11-24T02:03:04.005Z"; all other ones are left to
 * clock_parse(). Days of the civil calendar after Hinnant, chrono-compatible low-level date
 * algorithms. */
static bool own_time(struct view text, int64_t *utc_ms)
{
    if (text.len != 24 || text.at[23] != 'Z' || text.at[10] != 'T' || text.at[19] != '.') {
        return false;
    }
    const char *at = text.at;
    unsigned year = two_digits(at) * 100 + two_digits(at + 2);
    unsigned month = two_digits(at + 5);
    unsigned day = two_digits(at + 8);
    unsigned hour = two_digits(at + 11);
    unsigned minute = two_digits(at + 14);
    unsigned second = two_digits(at + 17);
    unsigned hundreds = two_digits(at + 20);
    unsigned last = (unsigned)(unsigned char)at[22] - '0';
    bool is_usual = year >= 1970 && year <= 9999 && month - 1 < 12 &&
                    day - 1 < (month == 2 ? 28 : 30) && hour < 24 && minute < 60 && second < 60 &&
                    hundreds < 100 && last <= 9 && at[4] == '-' && at[7] == '-' && at[13] == ':' &&
                    at[16] == ':';
    if (!is_usual) {
        return false;
    }
    unsigned shifted = month > 2 ? month - 3 : month + 9; /* the year begins with March */
    unsigned years = month > 2 ? year : year - 1;
    int64_t days = (int64_t)years * 365 + years / 4 - years / 100 + years / 400 +
                   (153 * shifted + 2) / 5 + day - 1 - 719468;
    *utc_ms = ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000 + hundreds * 10 + last;
    return true;
}

bool row_cells_time(const struct row_cells *cells, enum column column, int64_t *utc_ms)
{
    struct view text = cells->text[column];
    return cells->kinds[column] == CELL_PLAIN &&
           (own_time(text, utc_ms) || clock_parse(text.at, text.len, utc_ms));
}

bool row_cells_integer(const struct row_cells *cells, enum column column, int64_t *number)
{
    return cells->kinds[column] == CELL_SCALAR && view_to_int64(cells->text[column], number);
}

bool row_number(struct view text, double *number)
{
    char copy[64];
    uint64_t whole;
    /* Most are whole and short: a double holds them exactly. */
    if (text.len <= 15 && view_to_uint64(text, &whole)) {
        *number = (double)whole;
        return true;
    }
    if (text.len == 0 || text.len >= sizeof(copy) || text.at[0] == '+' || text.at[0] == '.') {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = 0;
    /* strtod() knows more: hexadecimal, infinity, spaces in front. */
    if (strspn(copy, "+-.0123456789Ee") != text.len) {
        return false;
    }
    char *behind;
    *number = strtod(copy, &behind);
    return behind == copy + text.len && *number - *number == 0; /* not infinite */
}
