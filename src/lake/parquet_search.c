#include "lake/parquet_search.h"

#include "lake/thrift.h"

#include <stdlib.h>
#include <zstd.h>

/* Numbers of fields, and of what stands in them, in parquet.thrift. */
enum { METADATA_ROW_GROUPS = 4 };
enum { ROW_GROUP_COLUMNS = 1 };
enum { CHUNK_META_DATA = 3 };
enum {
    COLUMN_TYPE = 1,
    COLUMN_PATH = 3,
    COLUMN_CODEC = 4,
    COLUMN_VALUES = 5,
    COLUMN_COMPRESSED_BYTES = 7,
    COLUMN_DATA_PAGE = 9,
    COLUMN_DICTIONARY_PAGE = 11
};
enum { PAGE_TYPE = 1, PAGE_COMPRESSED_BYTES = 3, PAGE_OF_DATA = 5 };
enum { DATA_VALUES = 1, DATA_ENCODING = 2 };
enum { TYPE_DOUBLE = 5, TYPE_BYTES = 6, TYPE_FIXED_BYTES = 7 };
enum { CODEC_NONE = 0, CODEC_ZSTD = 6 };
enum { PAGE_IS_DATA = 0, PAGE_IS_DICTIONARY = 2 };
enum { ENCODING_PLAIN = 0, ENCODING_PLAIN_DICTIONARY = 2, ENCODING_RLE_DICTIONARY = 8 };

enum { TAIL_BYTES = 8, ROOM_BYTES = 256 * 1024 };

/* Of one file. */
struct searching {
    const struct parquet_search *search;
    struct view file;
    ZSTD_DCtx *zstd;
    char *room; /* ROOM_BYTES */
};

/* What a row group has of a column. */
struct chunk {
    struct view column;
    int64_t type;
    int64_t codec;
    int64_t values;
    int64_t bytes;
    int64_t data_page;
    int64_t dictionary_page; /* 0: none */
};

struct page {
    int64_t type;
    int64_t bytes;
    int64_t values;
    int64_t encoding;
};

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_DAMAGED };

static bool holds(const struct parquet_needles *needles, struct view bytes)
{
    for (size_t i = 0; i < needles->count; i++) {
        if (memmem(bytes.at, bytes.len, needles->at[i].at, needles->at[i].len)) {
            return true;
        }
    }
    return false;
}

static size_t longest(const struct parquet_needles *needles)
{
    size_t len = 1;
    for (size_t i = 0; i < needles->count; i++) {
        len = needles->at[i].len > len ? needles->at[i].len : len;
    }
    return len;
}

/* Piece by piece; the end of each stays before the next, for what stands across both. */
static enum answer search_zstd(struct searching *searching, const struct parquet_needles *needles,
                               struct view page)
{
    ZSTD_inBuffer in = {page.at, page.len, 0};
    size_t overlap = longest(needles) - 1;
    size_t kept = 0;
    size_t left = page.len;
    ZSTD_DCtx_reset(searching->zstd, ZSTD_reset_session_only);
    while (left > 0 || in.pos < in.size) {
        ZSTD_outBuffer out = {searching->room, ROOM_BYTES, kept};
        size_t before = in.pos;
        left = ZSTD_decompressStream(searching->zstd, &out, &in);
        if (ZSTD_isError(left) || (left > 0 && in.pos == before && out.pos == kept)) {
            return ANSWER_DAMAGED;
        }
        if (holds(needles, view_make(searching->room, out.pos))) {
            return ANSWER_YES;
        }
        kept = out.pos < overlap ? out.pos : overlap;
        memmove(searching->room, searching->room + out.pos - kept, kept);
    }
    return ANSWER_NO;
}

static enum answer search_page(struct searching *searching, const struct chunk *chunk,
                               struct view page)
{
    const struct parquet_search *search = searching->search;
    const struct parquet_needles *needles =
        chunk->type == TYPE_DOUBLE ? &search->numbers : &search->texts;
    if (chunk->type == TYPE_FIXED_BYTES) {
        return ANSWER_YES; /* no lengths stand before its values */
    }
    if (chunk->codec == CODEC_NONE) {
        return holds(needles, page) ? ANSWER_YES : ANSWER_NO;
    }
    return chunk->codec == CODEC_ZSTD ? search_zstd(searching, needles, page) : ANSWER_YES;
}

static bool read_data_head(struct thrift *thrift, struct page *page)
{
    struct thrift_field field = {0};
    while (thrift_next(thrift, &field)) {
        if (field.number == DATA_VALUES && field.type == THRIFT_I32) {
            page->values = thrift_integer(thrift);
        } else if (field.number == DATA_ENCODING && field.type == THRIFT_I32) {
            page->encoding = thrift_integer(thrift);
        } else {
            thrift_skip(thrift, field.type, false);
        }
    }
    return !thrift->is_bad;
}

static bool read_page_head(struct thrift *thrift, struct page *page)
{
    struct thrift_field field = {0};
    *page = (struct page){.type = -1, .bytes = -1, .encoding = -1};
    while (thrift_next(thrift, &field)) {
        if (field.number == PAGE_TYPE && field.type == THRIFT_I32) {
            page->type = thrift_integer(thrift);
        } else if (field.number == PAGE_COMPRESSED_BYTES && field.type == THRIFT_I32) {
            page->bytes = thrift_integer(thrift);
        } else if (field.number == PAGE_OF_DATA && field.type == THRIFT_STRUCT) {
            (void)read_data_head(thrift, page);
        } else {
            thrift_skip(thrift, field.type, false);
        }
    }
    return !thrift->is_bad && page->bytes >= 0 && page->bytes <= thrift->end - thrift->at;
}

/* Values that stand in the dictionary were looked at with that. */
static enum answer look_at_page(struct searching *searching, const struct chunk *chunk,
                                const struct page *page, struct view bytes)
{
    bool is_indexes =
        page->encoding == ENCODING_PLAIN_DICTIONARY || page->encoding == ENCODING_RLE_DICTIONARY;
    if (page->type == PAGE_IS_DATA && is_indexes && chunk->dictionary_page > 0) {
        return ANSWER_NO;
    }
    bool is_plain = page->type == PAGE_IS_DICTIONARY ||
                    (page->type == PAGE_IS_DATA && page->encoding == ENCODING_PLAIN);
    return is_plain ? search_page(searching, chunk, bytes) : ANSWER_YES;
}

static bool has_place(const struct searching *searching, const struct chunk *chunk, int64_t begin)
{
    int64_t size = (int64_t)searching->file.len;
    return begin > 0 && begin <= size && chunk->bytes >= 0 && chunk->bytes <= size - begin &&
           chunk->data_page >= begin;
}

static enum answer search_chunk(struct searching *searching, const struct chunk *chunk)
{
    int64_t begin = chunk->dictionary_page > 0 ? chunk->dictionary_page : chunk->data_page;
    if (!has_place(searching, chunk, begin)) {
        return ANSWER_DAMAGED;
    }
    unsigned char *at = (unsigned char *)searching->file.at + begin;
    struct thrift thrift = {.at = at, .end = at + chunk->bytes};
    int64_t values = 0;
    while (thrift.at < thrift.end) {
        struct page page;
        if (!read_page_head(&thrift, &page)) {
            return ANSWER_DAMAGED;
        }
        struct view bytes = view_make((const char *)thrift.at, (size_t)page.bytes);
        enum answer answer = look_at_page(searching, chunk, &page, bytes);
        if (answer != ANSWER_NO) {
            return answer;
        }
        thrift.at += page.bytes;
        values += page.values;
    }
    return values == chunk->values ? ANSWER_NO : ANSWER_DAMAGED;
}

static struct view read_path(struct thrift *thrift)
{
    unsigned type;
    uint64_t count = thrift_list(thrift, &type);
    struct view first = {0};
    for (uint64_t i = 0; i < count && !thrift->is_bad && type == THRIFT_BINARY; i++) {
        struct view name = thrift_binary(thrift);
        first = i == 0 ? name : first;
    }
    thrift->is_bad |= type != THRIFT_BINARY || count == 0;
    return first;
}

static void read_chunk(struct thrift *thrift, struct chunk *chunk)
{
    int64_t *const places[] = {
        [COLUMN_TYPE] = &chunk->type,           [COLUMN_CODEC] = &chunk->codec,
        [COLUMN_VALUES] = &chunk->values,       [COLUMN_COMPRESSED_BYTES] = &chunk->bytes,
        [COLUMN_DATA_PAGE] = &chunk->data_page, [COLUMN_DICTIONARY_PAGE] = &chunk->dictionary_page,
    };
    struct thrift_field field = {0};
    *chunk = (struct chunk){.type = -1, .codec = -1, .values = -1, .bytes = -1};
    while (thrift_next(thrift, &field)) {
        bool is_known = field.number >= 0 && field.number <= COLUMN_DICTIONARY_PAGE;
        bool is_integer = field.type == THRIFT_I32 || field.type == THRIFT_I64;
        if (is_known && is_integer && places[field.number]) {
            *places[field.number] = thrift_integer(thrift);
        } else if (field.number == COLUMN_PATH && field.type == THRIFT_LIST) {
            chunk->column = read_path(thrift);
        } else {
            thrift_skip(thrift, field.type, false);
        }
    }
}

static bool may_hold(const struct searching *searching, const struct chunk *chunk)
{
    const struct parquet_search *search = searching->search;
    bool is_of_bytes = chunk->type == TYPE_BYTES || chunk->type == TYPE_FIXED_BYTES;
    return (is_of_bytes ? search->texts.count > 0
                        : chunk->type == TYPE_DOUBLE && search->numbers.count > 0) &&
           search->wants(search->self, chunk->column);
}

/* At the struct of a column of a row group. */
static void look_at_chunk(struct searching *searching, struct thrift *thrift)
{
    struct thrift inner = *thrift;
    struct thrift_field field = {0};
    struct chunk chunk;
    thrift_skip(thrift, THRIFT_STRUCT, true);
    if (!thrift_find(&inner, &field, CHUNK_META_DATA) || field.type != THRIFT_STRUCT) {
        thrift->is_bad = true;
        return;
    }
    read_chunk(&inner, &chunk);
    if (inner.is_bad || chunk.column.len == 0) {
        thrift->is_bad = true;
        return;
    }
    enum answer answer = may_hold(searching, &chunk) ? search_chunk(searching, &chunk) : ANSWER_NO;
    if (answer == ANSWER_YES) {
        searching->search->found(searching->search->self, chunk.column);
    }
    thrift->is_bad |= answer == ANSWER_DAMAGED;
}

/* At a field that must be a list of structs; gives how many. */
static uint64_t enter_list(struct thrift *thrift, const struct thrift_field *field)
{
    unsigned element = THRIFT_STOP;
    uint64_t count = field->type == THRIFT_LIST ? thrift_list(thrift, &element) : 0;
    thrift->is_bad |= element != THRIFT_STRUCT && count > 0;
    thrift->is_bad |= field->type != THRIFT_LIST;
    return count;
}

static void look_at_group(struct searching *searching, struct thrift *thrift)
{
    struct thrift inner = *thrift;
    struct thrift_field field = {0};
    thrift_skip(thrift, THRIFT_STRUCT, true);
    uint64_t count =
        thrift_find(&inner, &field, ROW_GROUP_COLUMNS) ? enter_list(&inner, &field) : 0;
    for (uint64_t i = 0; i < count && !inner.is_bad; i++) {
        look_at_chunk(searching, &inner);
    }
    thrift->is_bad |= inner.is_bad || count == 0;
}

static bool search_groups(struct searching *searching, struct thrift thrift)
{
    struct thrift_field field = {0};
    if (!thrift_find(&thrift, &field, METADATA_ROW_GROUPS)) {
        return false;
    }
    uint64_t count = enter_list(&thrift, &field);
    for (uint64_t i = 0; i < count && !thrift.is_bad; i++) {
        look_at_group(searching, &thrift);
    }
    return !thrift.is_bad;
}

/* "PAR1", pages, the footer, its length, "PAR1". */
static bool find_footer(struct view file, struct thrift *footer)
{
    const unsigned char *end = (const unsigned char *)file.at + file.len;
    if (file.len < 2 * TAIL_BYTES || memcmp(end - 4, "PAR1", 4) != 0) {
        return false;
    }
    size_t len =
        (size_t)end[-8] | (size_t)end[-7] << 8 | (size_t)end[-6] << 16 | (size_t)end[-5] << 24;
    footer->end = (unsigned char *)end - TAIL_BYTES;
    footer->at = footer->end - (len <= file.len - TAIL_BYTES ? len : 0);
    return len <= file.len - TAIL_BYTES;
}

enum status parquet_search(const struct parquet_search *search, struct view file,
                           struct fault *fault)
{
    struct searching searching = {.search = search, .file = file};
    struct thrift footer = {0};
    if (!find_footer(file, &footer)) {
        return fault_set(fault, STATUS_DAMAGED, "it is no Parquet file");
    }
    searching.zstd = ZSTD_createDCtx();
    searching.room = malloc(ROOM_BYTES);
    enum status status = STATUS_OK;
    if (!searching.zstd || !searching.room) {
        status = fault_set(fault, STATUS_NO_MEMORY, "no memory to search a file");
    } else if (!search_groups(&searching, footer)) {
        status = fault_set(fault, STATUS_DAMAGED, "a Parquet file is not understood");
    }
    ZSTD_freeDCtx(searching.zstd);
    free(searching.room);
    return status;
}
