#include "net/body_decoder.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    STEP_IN_BYTES = 1 << 20, /* zlib counts in unsigned int */
    STEP_OUT_BYTES = 16 * 1024,
    KEPT_BYTES = 256 * 1024, /* as much of a zstd state and of the middle outlives a call */
    ZLIB_WINDOW_BITS = 15,
    ZLIB_GZIP = 16,
    ZSTD_MAGIC_BYTES = 4,
};

enum step { STEP_MORE, STEP_END, STEP_CUT_OFF, STEP_DAMAGED, STEP_TOO_LARGE, STEP_NO_MEMORY };

/* What brotli allocates follows lengths of its input: so it has an account of its own. */
struct allowance {
    size_t used;
    bool is_exceeded;
};

struct body_decoder {
    z_stream zlib;
    ZSTD_DCtx *zstd;             /* NULL until needed */
    BrotliDecoderState *brotli;  /* NULL outside of a call: it cannot be reset */
    struct allowance for_brotli; /* of this call */
    bool is_frame_start;         /* zstd */
    struct view rest;            /* not decoded yet */
    struct buf middle;           /* between two codings */
    size_t step_len;
    char step[STEP_OUT_BYTES];
};

struct coding {
    const char *name;
    /* Both NULL for identity. begin is false without memory. */
    bool (*begin)(struct body_decoder *decoder);
    /* Moves rest on and leaves step_len bytes in step. */
    enum step (*step)(struct body_decoder *decoder);
};

static bool begin_gzip(struct body_decoder *decoder)
{
    return inflateReset2(&decoder->zlib, ZLIB_WINDOW_BITS + ZLIB_GZIP) == Z_OK;
}

/* Some clients send "deflate" without the zlib header (RFC 9110, 8.4.1.2). No encoder begins a raw
 * stream with a nibble of 8: that were a stored block with padding other than zero. */
static bool begin_deflate(struct body_decoder *decoder)
{
    const unsigned char *at = (const unsigned char *)decoder->rest.at;
    bool has_header =
        decoder->rest.len >= 2 && (at[0] & 0x0f) == Z_DEFLATED && (at[0] << 8 | at[1]) % 31 == 0;
    int bits = has_header ? ZLIB_WINDOW_BITS : -ZLIB_WINDOW_BITS;
    return inflateReset2(&decoder->zlib, bits) == Z_OK;
}

static enum step step_deflate(struct body_decoder *decoder)
{
    z_stream *zlib = &decoder->zlib;
    struct view in = view_part(decoder->rest, 0, STEP_IN_BYTES);
    zlib->next_in = (z_const Bytef *)in.at;
    zlib->avail_in = (uInt)in.len;
    zlib->next_out = (Bytef *)decoder->step;
    zlib->avail_out = STEP_OUT_BYTES;
    int result = inflate(zlib, Z_NO_FLUSH);
    decoder->rest = view_part(decoder->rest, in.len - zlib->avail_in, decoder->rest.len);
    decoder->step_len = STEP_OUT_BYTES - zlib->avail_out;
    switch (result) {
    case Z_OK:
        return STEP_MORE;
    case Z_STREAM_END:
        return STEP_END;
    case Z_BUF_ERROR:
        return STEP_CUT_OFF;
    case Z_MEM_ERROR:
        return STEP_NO_MEMORY;
    default: /* Z_NEED_DICT, too: we have none */
        return STEP_DAMAGED;
    }
}

/* RFC 1952, 2.2: a file is one member or several. */
static enum step step_gzip(struct body_decoder *decoder)
{
    enum step step = step_deflate(decoder);
    if (step != STEP_END || decoder->rest.len == 0) {
        return step;
    }
    return inflateReset(&decoder->zlib) == Z_OK ? STEP_MORE : STEP_DAMAGED;
}

/* Own allocator for brotli: it hands over a size only when asked for memory, not when it returns
 * it, so each piece begins with its size. */
union piece {
    size_t len;
    max_align_t aligned;
};

static void *brotli_allocate(void *opaque, size_t len)
{
    struct allowance *allowance = opaque;
    if (len > BODY_BROTLI_BYTES_MAX - allowance->used) {
        allowance->is_exceeded = true;
        return NULL;
    }
    union piece *piece = malloc(sizeof(*piece) + len);
    if (!piece) {
        return NULL;
    }
    piece->len = len;
    allowance->used += len;
    return piece + 1;
}

static void brotli_release(void *opaque, void *address)
{
    struct allowance *allowance = opaque;
    if (address) {
        union piece *piece = (union piece *)address - 1;
        allowance->used -= piece->len;
        free(piece);
    }
}

static bool begin_brotli(struct body_decoder *decoder)
{
    decoder->for_brotli = (struct allowance){0};
    decoder->brotli =
        BrotliDecoderCreateInstance(brotli_allocate, brotli_release, &decoder->for_brotli);
    return decoder->brotli &&
           BrotliDecoderSetParameter(decoder->brotli, BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
}

static enum step brotli_failure(const struct body_decoder *decoder)
{
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(decoder->brotli);
    if (code > BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES ||
        code < BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES) {
        return STEP_DAMAGED;
    }
    return decoder->for_brotli.is_exceeded ? STEP_TOO_LARGE : STEP_NO_MEMORY;
}

static enum step step_brotli(struct body_decoder *decoder)
{
    const uint8_t *in = (const uint8_t *)decoder->rest.at;
    uint8_t *out = (uint8_t *)decoder->step;
    size_t in_left = decoder->rest.len;
    size_t out_left = STEP_OUT_BYTES;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(decoder->brotli, &in_left, &in, &out_left, &out, NULL);
    decoder->rest = view_part(decoder->rest, decoder->rest.len - in_left, in_left);
    decoder->step_len = STEP_OUT_BYTES - out_left;
    switch (result) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        return STEP_END;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return STEP_MORE;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        return STEP_CUT_OFF;
    case BROTLI_DECODER_RESULT_ERROR:
        break;
    }
    return brotli_failure(decoder);
}

static bool begin_zstd(struct body_decoder *decoder)
{
    if (!decoder->zstd) {
        decoder->zstd = ZSTD_createDCtx();
    }
    decoder->is_frame_start = true;
    return decoder->zstd &&
           !ZSTD_isError(ZSTD_DCtx_reset(decoder->zstd, ZSTD_reset_session_and_parameters)) &&
           !ZSTD_isError(
               ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, BODY_WINDOW_LOG_MAX));
}

/* Distributions build the library with its formats of before RFC 8878: those stay outside. */
static bool is_zstd_frame(struct view v)
{
    if (v.len < ZSTD_MAGIC_BYTES) {
        return false;
    }
    const unsigned char *at = (const unsigned char *)v.at;
    uint32_t magic =
        (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

static enum step zstd_failure(size_t result)
{
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return STEP_TOO_LARGE;
    case ZSTD_error_memory_allocation:
        return STEP_NO_MEMORY;
    default: /* a frame that asks for a dictionary, too: we have none */
        return STEP_DAMAGED;
    }
}

static enum step step_zstd(struct body_decoder *decoder)
{
    if (decoder->is_frame_start && !is_zstd_frame(decoder->rest)) {
        return decoder->rest.len < ZSTD_MAGIC_BYTES ? STEP_CUT_OFF : STEP_DAMAGED;
    }
    ZSTD_inBuffer in = {decoder->rest.at, decoder->rest.len, 0};
    ZSTD_outBuffer out = {decoder->step, STEP_OUT_BYTES, 0};
    size_t result = ZSTD_decompressStream(decoder->zstd, &out, &in);
    if (ZSTD_isError(result)) {
        return zstd_failure(result);
    }
    decoder->rest = view_part(decoder->rest, in.pos, decoder->rest.len);
    decoder->step_len = out.pos;
    decoder->is_frame_start = result == 0;
    if (result == 0 && decoder->rest.len == 0) {
        return STEP_END;
    }
    /* Room left in the output: nothing more is to be had from the input. */
    bool is_stuck = result > 0 && decoder->rest.len == 0 && out.pos < out.size;
    return is_stuck ? STEP_CUT_OFF : STEP_MORE;
}

/* What a call leaves behind is small. */
static void finish(struct body_decoder *decoder)
{
    BrotliDecoderDestroyInstance(decoder->brotli);
    decoder->brotli = NULL;
    if (decoder->zstd && ZSTD_sizeof_DCtx(decoder->zstd) > KEPT_BYTES) {
        ZSTD_freeDCtx(decoder->zstd);
        decoder->zstd = NULL;
    }
}

struct body_decoder *body_decoder_create(size_t body_ceiling)
{
    struct body_decoder *decoder = calloc(1, sizeof(*decoder)); /* opaque owner struct */
    if (!decoder || inflateInit2(&decoder->zlib, ZLIB_WINDOW_BITS) != Z_OK) {
        free(decoder);
        return NULL;
    }
    /* What is coded twice may have grown a little by the second coding. */
    buf_init(&decoder->middle, body_ceiling + BODY_RATIO_FREE_BYTES);
    return decoder;
}

void body_decoder_destroy(struct body_decoder *decoder)
{
    if (decoder) {
        inflateEnd(&decoder->zlib);
        ZSTD_freeDCtx(decoder->zstd);
        buf_wipe(&decoder->middle);
        buf_free(&decoder->middle);
        explicit_bzero(decoder, sizeof(*decoder));
        free(decoder);
    }
}

static enum http_progress refuse(struct http_refusal *refusal, unsigned status,
                                 const char *sentence)
{
    *refusal = (struct http_refusal){status, sentence};
    return HTTP_REFUSED;
}

static const struct coding CODINGS[] = {
    {"identity", NULL, NULL},          {"gzip", begin_gzip, step_gzip},
    {"x-gzip", begin_gzip, step_gzip}, {"deflate", begin_deflate, step_deflate},
    {"br", begin_brotli, step_brotli}, {"zstd", begin_zstd, step_zstd},
};

static const struct coding *find_coding(struct view name)
{
    for (size_t i = 0; i < sizeof(CODINGS) / sizeof(CODINGS[0]); i++) {
        if (view_is_ignoring_case(name, CODINGS[i].name)) {
            return &CODINGS[i];
        }
    }
    return NULL;
}

/* In the order they were applied, without identity. */
struct chain {
    const struct coding *codings[BODY_CODINGS_MAX];
    size_t count;
};

static enum http_progress parse_codings(struct chain *chain, struct view list,
                                        struct http_refusal *refusal)
{
    size_t named = 0;
    *chain = (struct chain){0};
    while (list.len > 0) {
        struct view name = view_trim(view_cut(&list, ','));
        if (name.len == 0) {
            continue;
        }
        const struct coding *coding = find_coding(name);
        if (!coding || ++named > BODY_CODINGS_MAX) {
            return refuse(refusal, 415,
                          "the Content-Encoding must be gzip, x-gzip, deflate, br, zstd or "
                          "identity, at most two of them");
        }
        if (coding->begin) {
            chain->codings[chain->count++] = coding;
        }
    }
    return HTTP_DONE;
}

bool body_decoder_is_needed(struct view codings)
{
    struct chain chain;
    struct http_refusal refusal;
    return parse_codings(&chain, codings, &refusal) == HTTP_REFUSED || chain.count > 0;
}

struct view body_decoder_sniff(struct view bytes)
{
    return view_starts_with(bytes, "\x1f\x8b\x08") ? VIEW_LITERAL("gzip") : view_make(NULL, 0);
}

static enum http_progress refuse_step(enum step step, struct http_refusal *refusal)
{
    switch (step) {
    case STEP_CUT_OFF:
        return refuse(refusal, 400, "the compressed request body is cut off");
    case STEP_TOO_LARGE:
        return refuse(refusal, 413, "the request body needs too much memory to be decompressed");
    case STEP_NO_MEMORY:
        return refuse(refusal, 500, "there is no memory to decompress the request body");
    case STEP_MORE:
    case STEP_END:
    case STEP_DAMAGED:
        break;
    }
    return refuse(refusal, 400,
                  "the compressed request body is damaged or not of the named Content-Encoding");
}

static enum http_progress append(struct buf *out, struct view bytes, struct http_refusal *refusal)
{
    switch (buf_append_view(out, bytes)) {
    case STATUS_OK:
        return HTTP_DONE;
    case STATUS_TOO_BIG:
        return refuse(refusal, 413, "the request body is too large once decompressed");
    default:
        return refuse_step(STEP_NO_MEMORY, refusal);
    }
}

/* Appends what comes out of rest, room bytes at most. */
static enum http_progress run(struct body_decoder *decoder, const struct coding *coding,
                              size_t room, struct buf *out, struct http_refusal *refusal)
{
    if (!coding->begin(decoder)) {
        return refuse_step(STEP_NO_MEMORY, refusal);
    }
    enum step step = STEP_MORE;
    while (step == STEP_MORE) {
        decoder->step_len = 0;
        step = coding->step(decoder);
        if (decoder->step_len > room) {
            return refuse(refusal, 413, "the request body is compressed more than 200 times");
        }
        room -= decoder->step_len;
        if (append(out, view_make(decoder->step, decoder->step_len), refusal) == HTTP_REFUSED) {
            return HTTP_REFUSED;
        }
    }
    if (step != STEP_END) {
        return refuse_step(step, refusal);
    }
    if (decoder->rest.len > 0) {
        return refuse(refusal, 400, "something follows the compressed request body");
    }
    return HTTP_DONE;
}

static enum http_progress run_chain(struct body_decoder *decoder, const struct chain *chain,
                                    struct view bytes, struct buf *out,
                                    struct http_refusal *refusal)
{
    /* Of what was received, for both codings together. */
    size_t room = bytes.len > SIZE_MAX / BODY_RATIO_MAX ? SIZE_MAX : bytes.len * BODY_RATIO_MAX;
    room = room < BODY_RATIO_FREE_BYTES ? BODY_RATIO_FREE_BYTES : room;
    enum http_progress progress = HTTP_DONE;
    decoder->rest = bytes;
    for (size_t i = chain->count; i > 0 && progress == HTTP_DONE; i--) {
        struct buf *target = i == 1 ? out : &decoder->middle;
        progress = run(decoder, chain->codings[i - 1], room, target, refusal);
        finish(decoder);
        decoder->rest = buf_view(target);
    }
    decoder->rest = view_make(NULL, 0);
    if (decoder->middle.room > KEPT_BYTES) {
        buf_free(&decoder->middle);
    }
    buf_clear(&decoder->middle);
    return progress;
}

enum http_progress body_decoder_decode(struct body_decoder *decoder, struct coded_body coded,
                                       struct buf *out, struct http_refusal *refusal)
{
    struct chain chain;
    if (parse_codings(&chain, coded.codings, refusal) == HTTP_REFUSED) {
        return HTTP_REFUSED;
    }
    size_t len = out->len;
    enum status status = out->status;
    enum http_progress progress = chain.count > 0
                                      ? run_chain(decoder, &chain, coded.bytes, out, refusal)
                                      : append(out, coded.bytes, refusal);
    if (progress == HTTP_REFUSED) {
        buf_truncate(out, len);
        out->status = status;
    }
    return progress;
}
