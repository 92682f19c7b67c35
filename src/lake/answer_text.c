#include "base/buf.h"
#include "base/json.h"
#include "lake/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FLUSH_BYTES = 64 * 1024,
    OUT_BYTES_MAX = 256 * 1024 * 1024,
    WIDTH_MAX = 60, /* of a column, as far as it is padded */
};

/* Where the answer goes, and a chunk of it. */
struct text_writer {
    struct answer *answer;
    struct buf out;
    size_t *widths;
    duckdb_data_chunk chunk;
    duckdb_vector *vectors; /* by column, as the next */
    uint64_t **validity;
    char (*numbers)[VIEW_INT64_BYTES]; /* places for texts of numbers */
};

static enum status flush(struct text_writer *writer, struct fault *fault)
{
    struct view rest = buf_view(&writer->out);
    if (buf_status(&writer->out) != STATUS_OK) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a row of the answer");
    }
    while (rest.len > 0) {
        ssize_t written = write(writer->answer->options->out_fd, rest.at, rest.len);
        if (written < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "cannot write the answer");
        }
        rest = view_part(rest, written > 0 ? (size_t)written : 0, rest.len);
    }
    buf_clear(&writer->out);
    return STATUS_OK;
}

/* False for NULL. The text is lent until the next call for the same column. */
static bool cell(const struct text_writer *writer, size_t column, size_t row, struct view *text)
{
    const struct duck_api *api = duck_api(writer->answer->duck);
    const struct answer *answer = writer->answer;
    if (!duck_is_valid(writer->validity[column], row)) {
        *text = view_make(NULL, 0);
        return false;
    }
    const void *data = api->vector_get_data(writer->vectors[column]);
    bool is_number = answer->is_native && answer->columns[column].type == DUCKDB_TYPE_BIGINT;
    *text = is_number ? view_of_int64(((const int64_t *)data)[row], writer->numbers[column])
                      : duck_text(data, row);
    return true;
}

/* --- table --- */

static bool is_shown_as_it_is(char byte)
{
    return (unsigned char)byte >= 0x20 && byte != 0x7f;
}

static bool is_start(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

/* Characters as a terminal shows them, but for wide ones; C1 controls (c2 80 to c2 9f) count as the
 * escapes that they become. */
static size_t width_of(struct view text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++) {
        width += !is_shown_as_it_is(text.at[i]) ? 4 : is_start(text.at[i]) ? 1 : 0;
    }
    return width;
}

static void append_shown(struct buf *out, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        bool is_c1 = byte == 0xC2 && i + 1 < text.len && (unsigned char)text.at[i + 1] < 0xA0;
        if (is_c1) {
            buf_append_format(out, "\\x%02x", (unsigned char)text.at[++i]);
        } else if (!is_shown_as_it_is(text.at[i])) {
            buf_append_format(out, "\\x%02x", byte);
        } else {
            buf_append_byte(out, text.at[i]);
        }
    }
}

static void append_padded(struct text_writer *writer, size_t column, struct view text,
                          bool is_number)
{
    struct buf *out = &writer->out;
    size_t width = width_of(text);
    size_t missing = width < writer->widths[column] ? writer->widths[column] - width : 0;
    bool is_last = column + 1 == writer->answer->column_count;
    buf_append_text(out, column > 0 ? "  " : "");
    for (size_t i = 0; is_number && i < missing; i++) {
        buf_append_byte(out, ' ');
    }
    append_shown(out, text);
    for (size_t i = 0; !is_number && !is_last && i < missing; i++) {
        buf_append_byte(out, ' ');
    }
}

static void widen(struct text_writer *writer, size_t column, struct view text)
{
    size_t width = width_of(text);
    width = width < WIDTH_MAX ? width : WIDTH_MAX;
    if (writer->widths[column] < width) {
        writer->widths[column] = width;
    }
}

static void append_table_head(struct text_writer *writer, size_t rows)
{
    struct answer *answer = writer->answer;
    for (size_t i = 0; i < answer->column_count; i++) {
        widen(writer, i, view_from_text(answer->columns[i].name));
        for (size_t row = 0; row < rows; row++) {
            struct view text;
            widen(writer, i, cell(writer, i, row, &text) ? text : VIEW_LITERAL("NULL"));
        }
    }
    for (size_t i = 0; i < answer->column_count; i++) {
        append_padded(writer, i, view_from_text(answer->columns[i].name),
                      answer->columns[i].kind == ANSWER_NUMBER);
    }
    buf_append_byte(&writer->out, '\n');
    for (size_t i = 0; i < answer->column_count; i++) {
        buf_append_text(&writer->out, i > 0 ? "  " : "");
        for (size_t k = 0; k < writer->widths[i]; k++) {
            buf_append_byte(&writer->out, '-');
        }
    }
    buf_append_byte(&writer->out, '\n');
}

/* A plan is a drawing: its lines are kept. */
static void append_plan(struct text_writer *writer, size_t row)
{
    struct view rest;
    if (cell(writer, writer->answer->column_count - 1, row, &rest)) {
        while (rest.len > 0) {
            append_shown(&writer->out, view_cut(&rest, '\n'));
            buf_append_byte(&writer->out, '\n');
        }
    }
}

static void append_table_row(struct text_writer *writer, size_t row)
{
    struct answer *answer = writer->answer;
    if (answer->is_plan) {
        append_plan(writer, row);
        return;
    }
    for (size_t i = 0; i < answer->column_count; i++) {
        struct view text;
        text = cell(writer, i, row, &text) ? text : VIEW_LITERAL("NULL");
        append_padded(writer, i, text, answer->columns[i].kind == ANSWER_NUMBER);
    }
    buf_append_byte(&writer->out, '\n');
}

/* --- csv --- */

static void append_csv(struct buf *out, struct view text, bool is_there)
{
    bool is_quoted = is_there && text.len == 0;
    for (size_t i = 0; i < text.len && !is_quoted; i++) {
        is_quoted = memchr(",\"\r\n", text.at[i], 4) != NULL;
    }
    if (!is_quoted) {
        buf_append_view(out, text);
        return;
    }
    buf_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        buf_append_text(out, text.at[i] == '"' ? "\"" : "");
        buf_append_byte(out, text.at[i]);
    }
    buf_append_byte(out, '"');
}

static void append_csv_head(struct text_writer *writer)
{
    for (size_t i = 0; i < writer->answer->column_count; i++) {
        buf_append_text(&writer->out, i > 0 ? "," : "");
        append_csv(&writer->out, view_from_text(writer->answer->columns[i].name), true);
    }
    buf_append_text(&writer->out, "\r\n");
}

static void append_csv_row(struct text_writer *writer, size_t row)
{
    for (size_t i = 0; i < writer->answer->column_count; i++) {
        struct view text;
        bool is_there = cell(writer, i, row, &text);
        buf_append_text(&writer->out, i > 0 ? "," : "");
        append_csv(&writer->out, text, is_there);
    }
    buf_append_text(&writer->out, "\r\n");
}

/* --- json --- */

static void append_member(struct text_writer *writer, size_t column, struct view text,
                          bool is_there)
{
    struct buf *out = &writer->out;
    json_append_string(out, view_from_text(writer->answer->columns[column].name));
    buf_append_byte(out, ':');
    if (!is_there) {
        buf_append_text(out, "null");
    } else if (writer->answer->columns[column].kind == ANSWER_TEXT) {
        json_append_string(out, text);
    } else {
        buf_append_view(out, text);
    }
}

static void append_object(struct text_writer *writer, size_t row)
{
    bool is_first = true;
    buf_append_byte(&writer->out, '{');
    for (size_t i = 0; i < writer->answer->column_count; i++) {
        struct view text;
        bool is_there = cell(writer, i, row, &text);
        if (is_there || !writer->answer->options->omits_nulls) {
            buf_append_text(&writer->out, is_first ? "" : ",");
            append_member(writer, i, text, is_there);
            is_first = false;
        }
    }
    buf_append_byte(&writer->out, '}');
}

static void append_head(struct text_writer *writer, size_t rows)
{
    const struct answer_options *options = writer->answer->options;
    if (options->format == ANSWER_TABLE && !writer->answer->is_plan) {
        append_table_head(writer, rows);
    } else if (options->format == ANSWER_CSV && !options->omits_head) {
        append_csv_head(writer);
    } else if (options->format == ANSWER_JSON) {
        buf_append_byte(&writer->out, '[');
    }
}

static void append_row(struct text_writer *writer, size_t row)
{
    switch (writer->answer->options->format) {
    case ANSWER_TABLE:
        append_table_row(writer, row);
        break;
    case ANSWER_CSV:
        append_csv_row(writer, row);
        break;
    case ANSWER_JSON:
        buf_append_text(&writer->out, writer->answer->rows > 0 ? ",\n" : "\n");
        append_object(writer, row);
        break;
    default:
        append_object(writer, row);
        buf_append_byte(&writer->out, '\n');
    }
    writer->answer->rows++;
}

static void append_tail(struct text_writer *writer)
{
    const struct answer *answer = writer->answer;
    if (answer->options->format == ANSWER_JSON) {
        buf_append_text(&writer->out, answer->rows > 0 ? "\n]\n" : "]\n");
    } else if (answer->options->format == ANSWER_TABLE && !answer->is_plan) {
        buf_append_format(&writer->out, "(%llu row%s)\n", (unsigned long long)answer->rows,
                          answer->rows == 1 ? "" : "s");
    }
}

static enum status write_chunk(struct text_writer *writer, struct fault *fault)
{
    const struct duck_api *api = duck_api(writer->answer->duck);
    size_t rows = writer->chunk ? api->data_chunk_get_size(writer->chunk) : 0;
    for (size_t i = 0; i < writer->answer->column_count && rows > 0; i++) {
        writer->vectors[i] = api->data_chunk_get_vector(writer->chunk, i);
        writer->validity[i] = api->vector_get_validity(writer->vectors[i]);
    }
    if (writer->answer->rows == 0) {
        append_head(writer, rows);
    }
    enum status status = STATUS_OK;
    for (size_t row = 0; row < rows && status == STATUS_OK; row++) {
        append_row(writer, row);
        status = writer->out.len >= FLUSH_BYTES ? flush(writer, fault) : STATUS_OK;
    }
    return status;
}

static enum status write_chunks(struct text_writer *writer, struct duck_result *result,
                                struct fault *fault)
{
    enum status status;
    while ((status = duck_result_next(result, &writer->chunk, fault)) == STATUS_OK) {
        status = write_chunk(writer, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (status != STATUS_END) {
        return status;
    }
    if (writer->answer->rows == 0) {
        writer->chunk = NULL;
        status = write_chunk(writer, fault);
    }
    append_tail(writer);
    return flush(writer, fault);
}

enum status answer_text_write(struct answer *answer, struct duck_result *result,
                              struct fault *fault)
{
    size_t count = answer->column_count + 1;
    struct text_writer writer = {.answer = answer,
                                 .widths = calloc(count, sizeof(size_t)),
                                 .vectors = calloc(count, sizeof(duckdb_vector)),
                                 .validity = calloc(count, sizeof(uint64_t *)),
                                 .numbers = calloc(count, VIEW_INT64_BYTES)};
    buf_init(&writer.out, OUT_BYTES_MAX);
    enum status status = writer.widths && writer.vectors && writer.validity && writer.numbers
                             ? write_chunks(&writer, result, fault)
                             : fault_set(fault, STATUS_NO_MEMORY, "no memory to write the answer");
    buf_free(&writer.out);
    free(writer.widths);
    free(writer.vectors);
    free(writer.validity);
    free(writer.numbers);
    return status;
}
