#include "net/http_chunked.h"

#include "base/hex.h"

enum state {
    SIZE,
    EXTENSION, /* a name must begin */
    EXTENSION_NAME,
    EXTENSION_VALUE, /* a value must begin */
    EXTENSION_TOKEN,
    EXTENSION_QUOTED,
    EXTENSION_ESCAPED,
    EXTENSION_END, /* behind the closing quote */
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER, /* a line begins */
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    FINISHED,
};

void http_chunked_init(struct http_chunked *chunked, size_t body_ceiling)
{
    *chunked = (struct http_chunked){.state = SIZE, .body_room = body_ceiling};
}

static enum http_progress refuse(struct http_refusal *refusal, unsigned status,
                                 const char *sentence)
{
    *refusal = (struct http_refusal){status, sentence};
    return HTTP_REFUSED;
}

static enum http_progress take_size(struct http_chunked *chunked, char byte,
                                    struct http_refusal *refusal)
{
    int digit = hex_digit(byte);
    if (digit >= 0) {
        if (chunked->counted == HTTP_CHUNK_DIGITS_MAX) {
            return refuse(refusal, 400, "a chunk size has more than 8 digits");
        }
        chunked->left = chunked->left << 4 | (uint32_t)digit;
        chunked->counted++;
        return HTTP_NEED_MORE;
    }
    if (chunked->counted == 0 || (byte != '\r' && byte != ';')) {
        return refuse(refusal, 400, "a chunk does not start with its size");
    }
    chunked->state = byte == '\r' ? SIZE_LF : EXTENSION;
    chunked->counted = 0;
    return HTTP_NEED_MORE;
}

static bool is_line_text(char byte)
{
    return ((unsigned char)byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

static bool is_token_byte(char byte)
{
    return http_is_token(view_make(&byte, 1));
}

/* What follows an extension that may end here, or -1. */
static int behind_extension(char byte)
{
    return byte == '\r' ? SIZE_LF : byte == ';' ? EXTENSION : -1;
}

/* RFC 9112, 7.1.1: ;name, ;name=token or ;name="quoted"; without the blanks that nobody should
 * send. The state behind byte, or -1. */
static int next_in_extension(enum state state, char byte)
{
    switch (state) {
    case EXTENSION:
        return is_token_byte(byte) ? EXTENSION_NAME : -1;
    case EXTENSION_NAME:
        return is_token_byte(byte) ? EXTENSION_NAME
               : byte == '='       ? EXTENSION_VALUE
                                   : behind_extension(byte);
    case EXTENSION_VALUE:
        return is_token_byte(byte) ? EXTENSION_TOKEN : byte == '"' ? EXTENSION_QUOTED : -1;
    case EXTENSION_TOKEN:
        return is_token_byte(byte) ? EXTENSION_TOKEN : behind_extension(byte);
    case EXTENSION_QUOTED:
        return byte == '"'          ? EXTENSION_END
               : byte == '\\'       ? EXTENSION_ESCAPED
               : is_line_text(byte) ? EXTENSION_QUOTED
                                    : -1;
    case EXTENSION_ESCAPED:
        return is_line_text(byte) ? EXTENSION_QUOTED : -1;
    default:
        return behind_extension(byte);
    }
}

static enum http_progress take_extension(struct http_chunked *chunked, char byte,
                                         struct http_refusal *refusal)
{
    int next = next_in_extension((enum state)chunked->state, byte);
    if (next < 0) {
        return refuse(refusal, 400, "a chunk extension is malformed");
    }
    if (next != SIZE_LF && ++chunked->counted > HTTP_CHUNK_EXTENSION_BYTES_MAX) {
        return refuse(refusal, 400, "the chunk extensions are too long");
    }
    chunked->state = next;
    return HTTP_NEED_MORE;
}

static enum http_progress take_size_lf(struct http_chunked *chunked, char byte,
                                       struct http_refusal *refusal)
{
    if (byte != '\n') {
        return refuse(refusal, 400, "a chunk size does not end with CR LF");
    }
    if (chunked->left > chunked->body_room) {
        return refuse(refusal, 413, "the request body is too large");
    }
    chunked->body_room -= chunked->left;
    chunked->counted = 0;
    chunked->line_has_bytes = false;
    chunked->state = chunked->left > 0 ? DATA : TRAILER;
    return HTTP_NEED_MORE;
}

static enum http_progress take_data_end(struct http_chunked *chunked, char byte,
                                        struct http_refusal *refusal)
{
    if (byte != (chunked->state == DATA_CR ? '\r' : '\n')) {
        return refuse(refusal, 400, "a chunk is longer than its size says");
    }
    chunked->state = chunked->state == DATA_CR ? DATA_LF : SIZE;
    return HTTP_NEED_MORE;
}

/* A trailer has the shape of a header (RFC 9112, 7.1.2); what it says is not used. */
static int next_in_trailer(enum state state, char byte)
{
    if (state == TRAILER_VALUE) {
        return byte == '\r' ? TRAILER_LF : is_line_text(byte) ? TRAILER_VALUE : -1;
    }
    if (state == TRAILER && byte == '\r') {
        return TRAILER_LF;
    }
    if (state == TRAILER_NAME && byte == ':') {
        return TRAILER_VALUE;
    }
    return is_token_byte(byte) ? TRAILER_NAME : -1;
}

static enum http_progress take_trailer(struct http_chunked *chunked, char byte,
                                       struct http_refusal *refusal)
{
    int next = next_in_trailer((enum state)chunked->state, byte);
    if (next < 0) {
        return refuse(refusal, 400, "a trailer is malformed");
    }
    if (next != TRAILER_LF && ++chunked->counted > HTTP_TRAILER_BYTES_MAX) {
        return refuse(refusal, 400, "the trailers are too long");
    }
    chunked->line_has_bytes = chunked->state != TRAILER || next != TRAILER_LF;
    chunked->state = next;
    return HTTP_NEED_MORE;
}

static enum http_progress take_trailer_lf(struct http_chunked *chunked, char byte,
                                          struct http_refusal *refusal)
{
    if (byte != '\n') {
        return refuse(refusal, 400, "a trailer line does not end with CR LF");
    }
    chunked->state = chunked->line_has_bytes ? TRAILER : FINISHED;
    chunked->line_has_bytes = false;
    return chunked->state == FINISHED ? HTTP_DONE : HTTP_NEED_MORE;
}

static enum http_progress take_byte(struct http_chunked *chunked, char byte,
                                    struct http_refusal *refusal)
{
    switch ((enum state)chunked->state) {
    case SIZE:
        return take_size(chunked, byte, refusal);
    case EXTENSION:
    case EXTENSION_NAME:
    case EXTENSION_VALUE:
    case EXTENSION_TOKEN:
    case EXTENSION_QUOTED:
    case EXTENSION_ESCAPED:
    case EXTENSION_END:
        return take_extension(chunked, byte, refusal);
    case SIZE_LF:
        return take_size_lf(chunked, byte, refusal);
    case DATA_CR:
    case DATA_LF:
        return take_data_end(chunked, byte, refusal);
    case TRAILER:
    case TRAILER_NAME:
    case TRAILER_VALUE:
        return take_trailer(chunked, byte, refusal);
    case TRAILER_LF:
        return take_trailer_lf(chunked, byte, refusal);
    case DATA:
    case FINISHED:
        break;
    }
    return HTTP_DONE;
}

static enum http_progress take_data(struct http_chunked *chunked, struct view data,
                                    struct buf *body, struct http_refusal *refusal)
{
    if (buf_append_view(body, data) != STATUS_OK) {
        return refuse(refusal, 503, "no memory for the request body now");
    }
    chunked->left -= (uint32_t)data.len;
    if (chunked->left == 0) {
        chunked->state = DATA_CR;
    }
    return HTTP_NEED_MORE;
}

enum http_progress http_chunked_feed(struct http_chunked *chunked, struct view bytes, size_t *used,
                                     struct buf *body, struct http_refusal *refusal)
{
    enum http_progress progress = chunked->state == FINISHED ? HTTP_DONE : HTTP_NEED_MORE;
    size_t at = 0;
    while (at < bytes.len && progress == HTTP_NEED_MORE) {
        if (chunked->state == DATA) {
            struct view data = view_part(bytes, at, chunked->left);
            progress = take_data(chunked, data, body, refusal);
            at += data.len;
        } else {
            progress = take_byte(chunked, bytes.at[at++], refusal);
        }
    }
    *used = at;
    return progress;
}
