#include "lake/arrow_stream.h"

#include "base/buf.h"
#include "base/flat.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Numbers of Schema.fbs and Message.fbs. */
enum { VERSION_5 = 4, HEADER_SCHEMA = 1, HEADER_BATCH = 3 };
enum { TYPE_INT = 2, TYPE_FLOAT = 3, TYPE_UTF8 = 5, TYPE_BOOL = 6, TYPE_DATE = 8, TYPE_TIME = 10 };
enum { FLOAT_DOUBLE = 2, UNIT_MICROSECOND = 2, UNIT_DAY = 0 };

enum { META_BYTES_MAX = 64 * 1024 * 1024, BODY_BYTES_MAX = 1024 * 1024 * 1024, ALIGN = 8 };

struct arrow_writer {
    struct answer *answer;
    struct flat flat;
    struct buf body;
    uint32_t *fields;
    int64_t *nodes;   /* length and nulls, a pair a column */
    int64_t *buffers; /* offset and length, three pairs a column at most */
    size_t buffer_count;
};

const char *arrow_stream_cast(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_VARCHAR:
        return "c%zu";
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
        return "c%zu::bigint";
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_FLOAT:
        return "c%zu::double";
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
        return "c%zu::timestamp";
    default:
        return "c%zu::varchar";
    }
}

static enum status write_all(const struct arrow_writer *writer, struct view bytes,
                             struct fault *fault)
{
    while (bytes.len > 0) {
        ssize_t written = write(writer->answer->options->out_fd, bytes.at, bytes.len);
        if (written < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "cannot write the answer");
        }
        bytes = view_part(bytes, written > 0 ? (size_t)written : 0, bytes.len);
    }
    return STATUS_OK;
}

static void put_uint32(char *at, uint32_t number)
{
    for (size_t i = 0; i < 4; i++) {
        at[i] = (char)(unsigned char)(number >> (8 * i));
    }
}

/* header: a table in the flat. */
static enum status write_message(struct arrow_writer *writer, int type, uint32_t header,
                                 struct fault *fault)
{
    struct flat *flat = &writer->flat;
    flat_begin(flat);
    flat_number(flat, 3, (int64_t)writer->body.len, 8);
    flat_offset(flat, 2, header);
    flat_number(flat, 0, VERSION_5, 2);
    flat_number(flat, 1, type, 1);
    struct view meta = flat_finish(flat, flat_end(flat));
    if (flat_status(flat) != STATUS_OK || buf_status(&writer->body) != STATUS_OK) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a batch of the answer");
    }
    char head[8];
    put_uint32(head, UINT32_MAX);
    put_uint32(head + 4, (uint32_t)meta.len);
    enum status status = write_all(writer, view_make(head, sizeof(head)), fault);
    if (status == STATUS_OK) {
        status = write_all(writer, meta, fault);
    }
    return status == STATUS_OK ? write_all(writer, buf_view(&writer->body), fault) : status;
}

/* --- schema --- */

static int arrow_type(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        return TYPE_BOOL;
    case DUCKDB_TYPE_BIGINT:
        return TYPE_INT;
    case DUCKDB_TYPE_DOUBLE:
        return TYPE_FLOAT;
    case DUCKDB_TYPE_DATE:
        return TYPE_DATE;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return TYPE_TIME;
    default:
        return TYPE_UTF8;
    }
}

static uint32_t add_type(struct flat *flat, duckdb_type type)
{
    bool has_zone = type == DUCKDB_TYPE_TIMESTAMP_TZ;
    uint32_t zone = has_zone ? flat_string(flat, VIEW_LITERAL("UTC")) : 0;
    flat_begin(flat);
    switch (arrow_type(type)) {
    case TYPE_INT:
        flat_number(flat, 0, 64, 4);
        flat_number(flat, 1, 1, 1);
        break;
    case TYPE_FLOAT:
        flat_number(flat, 0, FLOAT_DOUBLE, 2);
        break;
    case TYPE_DATE:
        flat_number(flat, 0, UNIT_DAY, 2);
        break;
    case TYPE_TIME:
        if (has_zone) {
            flat_offset(flat, 1, zone);
        }
        flat_number(flat, 0, UNIT_MICROSECOND, 2);
        break;
    default:
        break;
    }
    return flat_end(flat);
}

static uint32_t add_field(struct flat *flat, const struct answer_column *column)
{
    uint32_t name = flat_string(flat, view_from_text(column->name));
    uint32_t type = add_type(flat, column->type);
    uint32_t children = flat_offsets(flat, NULL, 0);
    flat_begin(flat);
    flat_offset(flat, 0, name);
    flat_offset(flat, 3, type);
    flat_offset(flat, 5, children);
    flat_number(flat, 1, 1, 1);
    flat_number(flat, 2, arrow_type(column->type), 1);
    return flat_end(flat);
}

static enum status write_schema(struct arrow_writer *writer, struct duck_result *result,
                                struct fault *fault)
{
    struct answer *answer = writer->answer;
    const struct duck_api *api = duck_api(answer->duck);
    flat_clear(&writer->flat);
    for (size_t i = 0; i < answer->column_count; i++) {
        answer->columns[i].type = api->column_type(duck_result_get(result), i);
        writer->fields[i] = add_field(&writer->flat, &answer->columns[i]);
    }
    uint32_t fields = flat_offsets(&writer->flat, writer->fields, answer->column_count);
    flat_begin(&writer->flat);
    flat_offset(&writer->flat, 1, fields);
    return write_message(writer, HEADER_SCHEMA, flat_end(&writer->flat), fault);
}

/* --- batches --- */

/* What was appended to the body since `begin` becomes a buffer. */
static void end_buffer(struct arrow_writer *writer, size_t begin)
{
    int64_t *pair = &writer->buffers[2 * writer->buffer_count++];
    pair[0] = (int64_t)begin;
    pair[1] = (int64_t)(writer->body.len - begin);
    while (writer->body.len % ALIGN != 0 && buf_append_byte(&writer->body, 0) == STATUS_OK) {
    }
}

static void add_bits(struct arrow_writer *writer, const bool *values, const uint64_t *validity,
                     size_t rows)
{
    size_t begin = writer->body.len;
    for (size_t i = 0; i < rows; i += 8) {
        unsigned bits = 0;
        for (size_t k = 0; k < 8 && i + k < rows; k++) {
            bool is_set = values ? values[i + k] : duck_is_valid(validity, i + k);
            bits |= (unsigned)is_set << k;
        }
        buf_append_byte(&writer->body, (char)(unsigned char)bits);
    }
    end_buffer(writer, begin);
}

static void add_fixed(struct arrow_writer *writer, const void *data, size_t bytes)
{
    size_t begin = writer->body.len;
    buf_append(&writer->body, data, bytes);
    end_buffer(writer, begin);
}

static void add_texts(struct arrow_writer *writer, const void *data, const uint64_t *validity,
                      size_t rows)
{
    size_t begin = writer->body.len;
    uint32_t end = 0;
    char bytes[4];
    for (size_t i = 0; i <= rows; i++) {
        put_uint32(bytes, end);
        buf_append(&writer->body, bytes, sizeof(bytes));
        end += i < rows && duck_is_valid(validity, i) ? (uint32_t)duck_text(data, i).len : 0;
    }
    end_buffer(writer, begin);
    begin = writer->body.len;
    for (size_t i = 0; i < rows; i++) {
        if (duck_is_valid(validity, i)) {
            buf_append_view(&writer->body, duck_text(data, i));
        }
    }
    end_buffer(writer, begin);
}

static void add_column(struct arrow_writer *writer, size_t column, duckdb_vector vector,
                       size_t rows)
{
    const struct duck_api *api = duck_api(writer->answer->duck);
    const void *data = api->vector_get_data(vector);
    const uint64_t *validity = api->vector_get_validity(vector);
    int64_t nulls = 0;
    for (size_t i = 0; i < rows; i++) {
        nulls += !duck_is_valid(validity, i);
    }
    writer->nodes[2 * column] = (int64_t)rows;
    writer->nodes[2 * column + 1] = nulls;
    add_bits(writer, NULL, validity, rows);
    switch (arrow_type(writer->answer->columns[column].type)) {
    case TYPE_BOOL:
        add_bits(writer, data, NULL, rows);
        break;
    case TYPE_UTF8:
        add_texts(writer, data, validity, rows);
        break;
    case TYPE_DATE:
        add_fixed(writer, data, rows * sizeof(int32_t));
        break;
    default:
        add_fixed(writer, data, rows * sizeof(int64_t));
    }
}

static enum status write_batch(struct arrow_writer *writer, duckdb_data_chunk chunk,
                               struct fault *fault)
{
    struct answer *answer = writer->answer;
    const struct duck_api *api = duck_api(answer->duck);
    size_t rows = api->data_chunk_get_size(chunk);
    buf_clear(&writer->body);
    flat_clear(&writer->flat);
    writer->buffer_count = 0;
    for (size_t i = 0; i < answer->column_count; i++) {
        add_column(writer, i, api->data_chunk_get_vector(chunk, i), rows);
    }
    uint32_t buffers = flat_pairs(&writer->flat, writer->buffers, writer->buffer_count);
    uint32_t nodes = flat_pairs(&writer->flat, writer->nodes, answer->column_count);
    flat_begin(&writer->flat);
    flat_number(&writer->flat, 0, (int64_t)rows, 8);
    flat_offset(&writer->flat, 1, nodes);
    flat_offset(&writer->flat, 2, buffers);
    answer->rows += rows;
    return write_message(writer, HEADER_BATCH, flat_end(&writer->flat), fault);
}

static enum status write_stream(struct arrow_writer *writer, struct duck_result *result,
                                struct fault *fault)
{
    static const char END[8] = {'\xff', '\xff', '\xff', '\xff', 0, 0, 0, 0};
    enum status status = write_schema(writer, result, fault);
    while (status == STATUS_OK) {
        duckdb_data_chunk chunk;
        status = duck_result_next(result, &chunk, fault);
        if (status == STATUS_OK) {
            status = write_batch(writer, chunk, fault);
        }
    }
    return status == STATUS_END ? write_all(writer, view_make(END, sizeof(END)), fault) : status;
}

enum status arrow_stream_write(struct answer *answer, struct duck_result *result,
                               struct fault *fault)
{
    size_t count = answer->column_count + 1;
    struct arrow_writer writer = {.answer = answer,
                                  .fields = calloc(count, sizeof(uint32_t)),
                                  .nodes = calloc(count, 2 * sizeof(int64_t)),
                                  .buffers = calloc(count, 6 * sizeof(int64_t))};
    flat_init(&writer.flat, META_BYTES_MAX);
    buf_init(&writer.body, BODY_BYTES_MAX);
    enum status status = writer.fields && writer.nodes && writer.buffers
                             ? write_stream(&writer, result, fault)
                             : fault_set(fault, STATUS_NO_MEMORY, "no memory to write the answer");
    flat_free(&writer.flat);
    buf_free(&writer.body);
    free(writer.fields);
    free(writer.nodes);
    free(writer.buffers);
    return status;
}
