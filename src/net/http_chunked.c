#include "net/http_chunked.h"

enum state {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
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

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
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

static enum http_progress take_extension(struct http_chunked *chunked, char byte,
                                         struct http_refusal *refusal)
{
    if (byte == '\r') {
        chunked->state = SIZE_LF;
        return HTTP_NEED_MORE;
    }
    if (!is_line_text(byte) || ++chunked->counted > HTTP_CHUNK_EXTENSION_BYTES_MAX) {
        return refuse(refusal, 400, "a chunk extension is too long or holds control characters");
    }
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

static enum http_progress take_trailer(struct http_chunked *chunked, char byte,
                                       struct http_refusal *refusal)
{
    if (byte == '\r') {
        chunked->state = TRAILER_LF;
        return HTTP_NEED_MORE;
    }
    if (!is_line_text(byte) || ++chunked->counted > HTTP_TRAILER_BYTES_MAX) {
        return refuse(refusal, 400, "the trailers are too long or hold control characters");
    }
    chunked->line_has_bytes = true;
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
        return take_extension(chunked, byte, refusal);
    case SIZE_LF:
        return take_size_lf(chunked, byte, refusal);
    case DATA_CR:
    case DATA_LF:
        return take_data_end(chunked, byte, refusal);
    case TRAILER:
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
        return refuse(refusal, 500, "there is no memory for the request body");
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
