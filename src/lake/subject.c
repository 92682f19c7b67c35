#include "lake/subject.h"

#include "base/json.h"
#include "lake/row_cells.h"

#include <stdio.h>

enum { ARENA_BYTES = 8 << 20, ROW_ARENA_BYTES = 1 << 20 };

/* Where people write what they like; all other columns have values of their own kind. */
static const enum column FREE_COLUMNS[] = {
    COLUMN_PROPERTIES,
    COLUMN_USER_PROPERTIES,
    COLUMN_CONTEXT,
    COLUMN_GROUP_ID,
    COLUMN_URL,
    COLUMN_PATH,
    COLUMN_TITLE,
    COLUMN_REFERRER,
    COLUMN_CAMPAIGN_TERM,
    COLUMN_CAMPAIGN_NAME,
    COLUMN_CAMPAIGN_CONTENT,
};

void subject_init(struct subject *subject, struct view site)
{
    memset(subject, 0, sizeof(*subject));
    arena_init(&subject->arena, ARENA_BYTES);
    subject->site = arena_copy(&subject->arena, site);
}

void subject_free(struct subject *subject)
{
    arena_free(&subject->arena);
    subject->count = 0;
}

bool subject_has(const struct subject *subject, struct view id)
{
    for (size_t i = 0; i < subject->count; i++) {
        if (view_equal(subject->ids[i].text, id)) {
            return true;
        }
    }
    return false;
}

/* As our own rows write it, and most clients. */
static void write_json(struct buf *out, struct view id)
{
    json_append_string(out, id);
    buf_consume(out, 1);
    buf_truncate(out, out->len - 1);
}

/* RFC 3986, section 2.1 and 2.3, as encodeURIComponent() does. */
static void write_percent(struct buf *out, struct view id)
{
    static const char KEPT[] = "-_.!~*'()";
    for (size_t i = 0; i < id.len; i++) {
        unsigned char byte = (unsigned char)id.at[i];
        bool is_kept = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || (byte > 0 && strchr(KEPT, byte));
        if (is_kept) {
            buf_append_byte(out, (char)byte);
        } else {
            buf_append_format(out, "%%%02X", byte);
        }
    }
}

/* The length of a UTF-8 sequence and its code point; bytes that are none stand for themselves. */
static size_t code_point(struct view text, uint32_t *code)
{
    unsigned char first = (unsigned char)text.at[0];
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    *code = first;
    if (len == 1 || len > text.len) {
        return 1;
    }
    *code = first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        *code = *code << 6 | ((unsigned char)text.at[i] & 0x3fu);
    }
    return len;
}

/* What serializers do that keep to ASCII. */
static void write_ascii_json(struct buf *out, struct view json, bool is_upper)
{
    const char *unit = is_upper ? "\\u%04X" : "\\u%04x";
    while (json.len > 0) {
        uint32_t code;
        size_t len = code_point(json, &code);
        if (code < 0x80) {
            buf_append_byte(out, json.at[0]);
        } else if (code < 0x10000) {
            buf_append_format(out, unit, code);
        } else {
            buf_append_format(out, unit, 0xd800 + ((code - 0x10000) >> 10));
            buf_append_format(out, unit, 0xdc00 + ((code - 0x10000) & 0x3ff));
        }
        json = view_part(json, len, json.len);
    }
}

static enum status add_needle(struct subject *subject, struct subject_id *id, struct buf *text)
{
    struct view needle = buf_view(text);
    for (size_t i = 0; i < id->needle_count; i++) {
        if (view_equal(id->needles[i], needle)) {
            buf_clear(text);
            return STATUS_OK;
        }
    }
    enum status status = buf_status(text);
    struct view copy = arena_copy(&subject->arena, needle);
    id->needles[id->needle_count++] = copy;
    buf_clear(text);
    return status == STATUS_OK && !copy.at ? STATUS_NO_MEMORY : status;
}

static enum status add_needles(struct subject *subject, struct subject_id *id)
{
    struct buf text;
    buf_init(&text, 16 * SUBJECT_ID_BYTES_MAX);
    write_json(&text, id->text);
    enum status status = add_needle(subject, id, &text);
    for (int is_upper = 0; is_upper < 2 && status == STATUS_OK; is_upper++) {
        write_ascii_json(&text, id->needles[0], is_upper != 0);
        status = add_needle(subject, id, &text);
    }
    if (status == STATUS_OK && id->is_long) {
        write_percent(&text, id->text);
        status = add_needle(subject, id, &text);
    }
    buf_free(&text);
    return status;
}

static bool is_number(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
    }
    return true;
}

enum status subject_add(struct subject *subject, struct view id, struct fault *fault)
{
    if (id.len == 0) {
        return fault_set(fault, STATUS_BAD_INPUT, "an id must not be empty");
    }
    if (id.len > SUBJECT_ID_BYTES_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "an id has at most %d bytes", SUBJECT_ID_BYTES_MAX);
    }
    if (subject_has(subject, id)) {
        return STATUS_OK;
    }
    if (subject->count == SUBJECT_IDS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "more than %d ids belong together",
                         SUBJECT_IDS_MAX);
    }
    struct subject_id *added = &subject->ids[subject->count];
    *added = (struct subject_id){.text = arena_copy(&subject->arena, id),
                                 .is_long = id.len >= SUBJECT_LONG_BYTES,
                                 .replacement = is_number(id) ? "0" : "erased"};
    enum status status = added->text.at ? add_needles(subject, added) : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        return fault_set(fault, status, "no memory for an id");
    }
    subject->count++;
    return STATUS_OK;
}

enum status subject_add_hash(struct subject *subject, struct view id, struct fault *fault)
{
    size_t before = subject->count;
    enum status status = subject_add(subject, id, fault);
    if (subject->count > before) {
        subject->ids[before].is_hash = true;
    }
    return status;
}

size_t subject_hash_count(const struct subject *subject)
{
    size_t count = 0;
    for (size_t i = 0; i < subject->count; i++) {
        count += subject->ids[i].is_hash;
    }
    return count;
}

void subject_row_init(struct subject_row *row)
{
    memset(row, 0, sizeof(*row));
    arena_init(&row->arena, ROW_ARENA_BYTES);
}

void subject_row_free(struct subject_row *row)
{
    arena_free(&row->arena);
}

static struct view text_of(struct subject_row *row, const struct row_cells *cells,
                           enum column column)
{
    struct view said = {0};
    enum cell_kind kind = (enum cell_kind)cells->kinds[column];
    bool is_text = kind == CELL_PLAIN || kind == CELL_ESCAPED;
    return is_text && row_text(cells->text[column], kind, &row->arena, &said) == STATUS_OK
               ? said
               : view_make(NULL, 0);
}

bool subject_row_read(struct subject_row *row, struct view text)
{
    struct row_cells cells;
    arena_clear(&row->arena);
    bool is_row = row_cells_read(&cells, text);
    row->site = text_of(row, &cells, COLUMN_SITE);
    row->type = text_of(row, &cells, COLUMN_TYPE);
    row->received_at = text_of(row, &cells, COLUMN_RECEIVED_AT);
    row->ids[0] = text_of(row, &cells, COLUMN_ANONYMOUS_ID);
    row->ids[1] = text_of(row, &cells, COLUMN_USER_ID);
    row->ids[2] = text_of(row, &cells, COLUMN_PREVIOUS_ID);
    return is_row;
}

static bool is_of_site(const struct subject *subject, struct view site)
{
    return subject->site.len == 0 || view_equal(subject->site, site);
}

bool subject_owns(const struct subject *subject, const struct subject_row *row)
{
    if (!is_of_site(subject, row->site)) {
        return false;
    }
    for (size_t i = 0; i < SUBJECT_ROW_IDS; i++) {
        if (row->ids[i].len > 0 && subject_has(subject, row->ids[i])) {
            return true;
        }
    }
    return false;
}

/* A needle that begins within an escape is not the id. */
static bool is_escaped(struct view text, size_t at)
{
    size_t slashes = 0;
    while (slashes < at && text.at[at - 1 - slashes] == '\\') {
        slashes++;
    }
    return slashes % 2 == 1;
}

/* A short one must be all of a string: in JSON, or in JSON that stands in a string. */
static bool is_whole(struct view text, size_t at, size_t len)
{
    struct view behind = view_part(text, at + len, text.len);
    return at > 0 && text.at[at - 1] == '"' &&
           (view_starts_with(behind, "\"") || view_starts_with(behind, "\\\""));
}

/* The next place of an id, from `from` on; text.len when there is none. */
static size_t find_needle(struct view text, size_t from, struct view needle, bool is_long)
{
    while (from + needle.len <= text.len) {
        const char *found = memmem(text.at + from, text.len - from, needle.at, needle.len);
        if (!found) {
            break;
        }
        size_t at = (size_t)(found - text.at);
        if (!is_escaped(text, at) && (is_long || is_whole(text, at, needle.len))) {
            return at;
        }
        from = at + 1;
    }
    return text.len;
}

bool subject_is_in(const struct subject *subject, struct view bytes)
{
    for (size_t i = 0; i < subject->count; i++) {
        const struct subject_id *id = &subject->ids[i];
        for (size_t n = 0; n < id->needle_count; n++) {
            if (find_needle(bytes, 0, id->needles[n], id->is_long) < bytes.len) {
                return true;
            }
        }
    }
    return false;
}

/* A mention within a text. */
struct mention {
    size_t at;
    size_t len;
    const char *replacement;
};

static bool next_mention(const struct subject *subject, struct view text, size_t from,
                         struct mention *mention)
{
    *mention = (struct mention){.at = text.len};
    for (size_t i = 0; i < subject->count; i++) {
        const struct subject_id *id = &subject->ids[i];
        for (size_t n = 0; n < id->needle_count; n++) {
            size_t at = find_needle(text, from, id->needles[n], id->is_long);
            bool is_better =
                at < mention->at || (at == mention->at && id->needles[n].len > mention->len);
            if (at < text.len && is_better) {
                *mention = (struct mention){at, id->needles[n].len, id->replacement};
            }
        }
    }
    return mention->at < text.len;
}

/* Of one value; what stands around it (quotes) is looked at, too. */
static size_t redact_value(const struct subject *subject, struct view value, struct buf *out)
{
    size_t mentions = 0;
    size_t from = 0;
    struct mention mention;
    while (next_mention(subject, value, from, &mention)) {
        buf_append_view(out, view_part(value, from, mention.at - from));
        buf_append_text(out, mention.replacement);
        from = mention.at + mention.len;
        mentions++;
    }
    buf_append_view(out, view_part(value, from, value.len));
    return mentions;
}

static bool is_free_column(struct view key)
{
    enum column column = column_find(key);
    for (size_t i = 0; i < sizeof(FREE_COLUMNS) / sizeof(FREE_COLUMNS[0]); i++) {
        if (column == FREE_COLUMNS[i]) {
            return true;
        }
    }
    return false;
}

/* The value as it stands, with its quotes. */
static struct view whole_value(const struct row_member *member)
{
    bool is_string = member->kind == CELL_PLAIN || member->kind == CELL_ESCAPED;
    return is_string ? view_make(member->text.at - 1, member->text.len + 2) : member->text;
}

static size_t redact_members(const struct subject *subject, struct view row, struct buf *out)
{
    size_t mentions = 0;
    const char *at = row.at + 1;
    const char *copied = row.at;
    struct row_member member;
    while (row_member_next(&at, row.at + row.len, &member)) {
        if (!is_free_column(member.key)) {
            continue;
        }
        struct view value = whole_value(&member);
        buf_append(out, copied, (size_t)(value.at - copied));
        mentions += redact_value(subject, value, out);
        copied = value.at + value.len;
    }
    buf_append(out, copied, (size_t)(row.at + row.len - copied));
    return mentions;
}

size_t subject_redact(const struct subject *subject, struct view row, struct buf *out)
{
    size_t before = out->len;
    if (subject->keeps_mentions || row.len == 0 || row.at[0] != '{') {
        return 0;
    }
    size_t mentions = redact_members(subject, row, out);
    if (mentions == 0) {
        buf_truncate(out, before);
    }
    return mentions;
}
