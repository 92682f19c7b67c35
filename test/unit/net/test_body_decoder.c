#include "net/body_decoder.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <brotli/encode.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { CEILING = 256 * 1024, BOMB_BYTES = 10 << 20, PACKED_ROOM = 1 << 20 };

static const char TEXT[] = "{\"events\":[{\"type\":\"page_view\"},{\"type\":\"page_view\"}]}";

static const char *const CODINGS[] = {"gzip", "x-gzip", "deflate", "raw", "br", "zstd"};
enum { CODING_COUNT = sizeof(CODINGS) / sizeof(CODINGS[0]) };

struct world {
    struct body_decoder *decoder;
    struct buf packed;
    struct buf out;
    struct http_refusal refusal;
};

static int make_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->decoder = body_decoder_create(CEILING);
    buf_init(&w->packed, PACKED_ROOM);
    buf_init(&w->out, CEILING);
    *state = w;
    return w->decoder ? 0 : -1;
}

static int drop_world(void **state)
{
    struct world *w = *state;
    body_decoder_destroy(w->decoder);
    buf_free(&w->packed);
    buf_free(&w->out);
    free(w);
    return 0;
}

/* "raw" is what the header calls deflate, too. */
static struct view header_of(const char *coding)
{
    return view_from_text(strcmp(coding, "raw") == 0 ? "deflate" : coding);
}

static size_t pack_deflate(int window_bits, struct view v, char *place, size_t room)
{
    z_stream zlib = {.next_in = (z_const Bytef *)v.at,
                     .avail_in = (uInt)v.len,
                     .next_out = (Bytef *)place,
                     .avail_out = (uInt)room};
    assert_int_equal(deflateInit2(&zlib, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    deflateEnd(&zlib);
    return room - zlib.avail_out;
}

/* Appends v, encoded, to packed. */
static void pack(struct buf *packed, const char *coding, struct view v)
{
    size_t room =
        v.len / 100 + v.len + 1024 < PACKED_ROOM / 2 ? v.len / 100 + v.len + 1024 : PACKED_ROOM / 2;
    char *place = buf_reserve(packed, room);
    size_t len = room;
    assert_non_null(place);
    if (strcmp(coding, "br") == 0) {
        assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, v.len,
                                          (const uint8_t *)(v.at ? v.at : ""), &len,
                                          (uint8_t *)place));
    } else if (strcmp(coding, "zstd") == 0) {
        len = ZSTD_compress(place, room, v.at, v.len, 3);
        assert_false(ZSTD_isError(len));
    } else {
        int bits = strcmp(coding, "raw") == 0 ? -15 : strcmp(coding, "deflate") == 0 ? 15 : 31;
        len = pack_deflate(bits, v, place, room);
    }
    buf_used(packed, len);
}

static enum http_progress decode(struct world *w, struct view codings, struct view bytes)
{
    buf_clear(&w->out);
    w->refusal = (struct http_refusal){0};
    struct coded_body coded = {codings, bytes};
    return body_decoder_decode(w->decoder, coded, &w->out, &w->refusal);
}

/* The bytes are copied to a place of just their size, so that ASan sees a read behind them. */
static enum http_progress decode_tight(struct world *w, struct view codings, struct view bytes)
{
    char *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    if (bytes.len > 0) {
        memcpy(copy, bytes.at, bytes.len);
    }
    enum http_progress progress = decode(w, codings, view_make(copy, bytes.len));
    free(copy);
    return progress;
}

static void expect_refused(const struct world *w, const char *what, enum http_progress progress,
                           unsigned status)
{
    bool is_undone = w->out.len == 0 && w->out.status == STATUS_OK;
    if (progress != HTTP_REFUSED || w->refusal.status != status || !is_undone) {
        fail_msg("%s: progress %d, status %u, %zu bytes", what, (int)progress, w->refusal.status,
                 w->out.len);
    }
}

static void undoes_every_coding(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < CODING_COUNT; i++) {
        for (size_t len = 0; len < sizeof(TEXT); len++) {
            buf_clear(&w->packed);
            pack(&w->packed, CODINGS[i], view_make(TEXT, len));
            assert_true(body_decoder_is_needed(header_of(CODINGS[i])));
            assert_int_equal(decode_tight(w, header_of(CODINGS[i]), buf_view(&w->packed)),
                             HTTP_DONE);
            assert_true(view_equal(buf_view(&w->out), view_make(TEXT, len)));
        }
    }
}

/* A stored block of 23 bytes: its first two have the checksum of a zlib header, by chance. */
static void tells_raw_deflate_from_zlib(void **state)
{
    struct world *w = *state;
    static const char raw[] = "\x01\x17\x00\xe8\xff{\"type\":\"page_view_01\"}";
    assert_int_equal(decode(w, VIEW_LITERAL("deflate"), view_make(raw, sizeof(raw) - 1)),
                     HTTP_DONE);
    assert_true(view_is(buf_view(&w->out), raw + 5));
}

static void undoes_what_does_not_shrink(void **state)
{
    struct world *w = *state;
    char *noise = malloc(CEILING);
    uint32_t seed = 1;
    for (size_t i = 0; i < CEILING; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (char)(seed >> 24);
    }
    for (size_t i = 0; i < CODING_COUNT; i++) {
        buf_clear(&w->packed);
        pack(&w->packed, CODINGS[i], view_make(noise, CEILING));
        assert_int_equal(decode(w, header_of(CODINGS[i]), buf_view(&w->packed)), HTTP_DONE);
        assert_true(view_equal(buf_view(&w->out), view_make(noise, CEILING)));
    }
    free(noise);
}

static void copies_what_has_no_coding(void **state)
{
    struct world *w = *state;
    static const char *const codings[] = {"", "identity", "Identity, IDENTITY", " , identity ,,"};
    for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        struct view list = view_from_text(codings[i]);
        assert_false(body_decoder_is_needed(list));
        assert_int_equal(decode(w, list, VIEW_LITERAL("{}")), HTTP_DONE);
        assert_true(view_is(buf_view(&w->out), "{}"));
        assert_int_equal(decode(w, list, view_make(NULL, 0)), HTTP_DONE);
        assert_int_equal(w->out.len, 0);
    }
}

static void appends_to_what_is_there(void **state)
{
    struct world *w = *state;
    buf_clear(&w->packed);
    pack(&w->packed, "gzip", VIEW_LITERAL("tail"));
    buf_append_text(&w->out, "head ");
    struct coded_body coded = {VIEW_LITERAL("gzip"), buf_view(&w->packed)};
    assert_int_equal(body_decoder_decode(w->decoder, coded, &w->out, &w->refusal), HTTP_DONE);
    assert_true(view_is(buf_view(&w->out), "head tail"));
    coded.bytes.len--;
    assert_int_equal(body_decoder_decode(w->decoder, coded, &w->out, &w->refusal), HTTP_REFUSED);
    assert_true(view_is(buf_view(&w->out), "head tail"));
}

static void undoes_two_codings_last_one_first(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < CODING_COUNT; i++) {
        for (size_t k = 0; k < CODING_COUNT; k++) {
            struct buf once;
            char list[64];
            buf_init(&once, CEILING);
            buf_clear(&w->packed);
            pack(&once, CODINGS[i], view_from_text(TEXT));
            pack(&w->packed, CODINGS[k], buf_view(&once));
            struct view first = header_of(CODINGS[i]);
            struct view second = header_of(CODINGS[k]);
            snprintf(list, sizeof(list), "%.*s ,\t%.*s", VIEW_ARG(first), VIEW_ARG(second));
            struct view bytes = buf_view(&w->packed);
            assert_int_equal(decode(w, view_from_text(list), bytes), HTTP_DONE);
            assert_true(view_is(buf_view(&w->out), TEXT));
            expect_refused(w, list, decode(w, view_from_text(list), view_part(bytes, 0, 30)), 400);
            buf_free(&once);
        }
    }
}

static void refuses_codings_it_does_not_know(void **state)
{
    struct world *w = *state;
    static const char *const lists[] = {
        "compress",     "gzip2",
        "gzi",          "gzip;q=1",
        "gzip br",      "*",
        "\"gzip\"",     "gzip, gzip, gzip",
        "br,aes128gcm", "identity,br,identity",
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct view list = view_from_text(lists[i]);
        assert_true(body_decoder_is_needed(list));
        expect_refused(w, lists[i], decode(w, list, VIEW_LITERAL("{}")), 415);
        assert_non_null(strstr(w->refusal.sentence, "gzip, x-gzip, deflate, br, zstd or identity"));
    }
}

static void refuses_a_body_cut_off_anywhere(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < CODING_COUNT; i++) {
        buf_clear(&w->packed);
        pack(&w->packed, CODINGS[i], view_from_text(TEXT));
        for (size_t len = 0; len < w->packed.len; len++) {
            struct view part = view_part(buf_view(&w->packed), 0, len);
            expect_refused(w, CODINGS[i], decode_tight(w, header_of(CODINGS[i]), part), 400);
        }
    }
}

static void refuses_garbage_behind_a_body(void **state)
{
    struct world *w = *state;
    static const struct view tails[] = {
        {"\0", 1}, {"x", 1}, {"\x1f\x8b", 2}, {"\0\0\0\0\0", 5}, {"{}", 2}};
    for (size_t i = 0; i < CODING_COUNT; i++) {
        for (size_t k = 0; k < sizeof(tails) / sizeof(tails[0]); k++) {
            buf_clear(&w->packed);
            pack(&w->packed, CODINGS[i], view_from_text(TEXT));
            buf_append_view(&w->packed, tails[k]);
            expect_refused(w, CODINGS[i],
                           decode_tight(w, header_of(CODINGS[i]), buf_view(&w->packed)), 400);
        }
    }
}

static void survives_every_flipped_byte(void **state)
{
    struct world *w = *state;
    static const unsigned char flips[] = {0x01, 0x80, 0xff, 0x10};
    size_t refused = 0;
    for (size_t i = 0; i < CODING_COUNT; i++) {
        buf_clear(&w->packed);
        pack(&w->packed, CODINGS[i], view_from_text(TEXT));
        for (size_t at = 0; at < w->packed.len * sizeof(flips); at++) {
            char *place = &w->packed.at[at / sizeof(flips)];
            char was = *place;
            *place = (char)((unsigned char)was ^ flips[at % sizeof(flips)]);
            refused += decode_tight(w, header_of(CODINGS[i]), buf_view(&w->packed)) == HTTP_REFUSED;
            *place = was;
        }
        assert_int_equal(decode(w, header_of(CODINGS[i]), buf_view(&w->packed)), HTTP_DONE);
        assert_true(view_is(buf_view(&w->out), TEXT));
    }
    assert_true(refused > 100);
}

/* 10 MiB of zeros: the ratio stops what the ceiling would let pass, and the other way round. */
static void refuses_bombs_early(void **state)
{
    struct world *w = *state;
    char *zeros = calloc(1, BOMB_BYTES);
    for (size_t i = 0; i < CODING_COUNT; i++) {
        buf_clear(&w->packed);
        pack(&w->packed, CODINGS[i], view_make(zeros, BOMB_BYTES));
        expect_refused(w, CODINGS[i], decode(w, header_of(CODINGS[i]), buf_view(&w->packed)), 413);
        assert_true(w->out.room <= CEILING);
        struct buf wide;
        buf_init(&wide, 2 * BOMB_BYTES);
        struct coded_body coded = {header_of(CODINGS[i]), buf_view(&w->packed)};
        assert_int_equal(body_decoder_decode(w->decoder, coded, &wide, &w->refusal), HTTP_REFUSED);
        assert_int_equal(w->refusal.status, 413);
        assert_true(wide.room <= 4 << 20);
        buf_free(&wide);
    }
    free(zeros);
}

static void refuses_bombs_in_bombs(void **state)
{
    struct world *w = *state;
    char *zeros = calloc(1, BOMB_BYTES);
    struct buf once;
    buf_init(&once, PACKED_ROOM);
    pack(&once, "gzip", view_make(zeros, BOMB_BYTES));
    buf_clear(&w->packed);
    pack(&w->packed, "gzip", buf_view(&once));
    expect_refused(w, "gzip, gzip", decode(w, VIEW_LITERAL("gzip, gzip"), buf_view(&w->packed)),
                   413);
    buf_clear(&w->packed);
    pack(&w->packed, "br", view_make(zeros, BOMB_BYTES));
    expect_refused(w, "gzip, br", decode(w, VIEW_LITERAL("gzip, br"), buf_view(&w->packed)), 413);
    buf_free(&once);
    free(zeros);
}

static void holds_ceiling_and_ratio_to_the_byte(void **state)
{
    struct world *w = *state;
    char *zeros = calloc(1, CEILING + 1);
    static const struct {
        size_t len, ceiling;
        enum http_progress progress;
    } cases[] = {
        {100, 100, HTTP_DONE},
        {101, 100, HTTP_REFUSED},
        {BODY_RATIO_FREE_BYTES, CEILING, HTTP_DONE},
        {BODY_RATIO_FREE_BYTES + 1, CEILING, HTTP_REFUSED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;
        buf_init(&out, cases[i].ceiling);
        buf_clear(&w->packed);
        pack(&w->packed, "zstd", view_make(zeros, cases[i].len));
        struct coded_body coded = {VIEW_LITERAL("zstd"), buf_view(&w->packed)};
        assert_int_equal(body_decoder_decode(w->decoder, coded, &out, &w->refusal),
                         cases[i].progress);
        assert_int_equal(out.len, cases[i].progress == HTTP_DONE ? cases[i].len : 0);
        buf_free(&out);
    }
    free(zeros);
}

static void reads_several_members_and_frames(void **state)
{
    struct world *w = *state;
    static const char *const codings[] = {"gzip", "zstd"};
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&w->packed);
        pack(&w->packed, codings[i], VIEW_LITERAL("one "));
        pack(&w->packed, codings[i], VIEW_LITERAL(""));
        size_t whole = w->packed.len;
        pack(&w->packed, codings[i], VIEW_LITERAL("two"));
        assert_int_equal(decode(w, header_of(codings[i]), buf_view(&w->packed)), HTTP_DONE);
        assert_true(view_is(buf_view(&w->out), "one two"));
        for (size_t len = whole + 1; len < w->packed.len; len++) {
            struct view part = view_part(buf_view(&w->packed), 0, len);
            expect_refused(w, codings[i], decode_tight(w, header_of(codings[i]), part), 400);
        }
    }
}

#define BYTES(text)            \
    {                          \
        text, sizeof(text) - 1 \
    }

static void refuses_what_asks_for_more_than_data(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        const char *coding;
        struct view bytes;
        unsigned status;
    } cases[] = {
        {"zstd window of 16 MiB", "zstd", BYTES("\x28\xb5\x2f\xfd\x00\x70\x01\x00\x00"), 413},
        {"zstd window of 2 TiB", "zstd", BYTES("\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00"), 413},
        {"zstd content of 2 GiB", "zstd", BYTES("\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x80\x01\x00\x00"),
         413},
        {"zstd dictionary", "zstd", BYTES("\x28\xb5\x2f\xfd\x21\x07\x00\x01\x00\x00"), 400},
        {"zstd of before the standard", "zstd", BYTES("\x27\xb5\x2f\xfd\x20\x00\xc0\x00\x00"), 400},
        {"zstd: skippable frame cut off", "zstd", BYTES("\x50\x2a\x4d\x18\xff\xff\xff\xff"), 400},
        {"zlib dictionary", "deflate", BYTES("\x78\xbb\x00\x00\x00\x01\x03\x00"), 400},
        {"gzip: reserved flags", "gzip",
         BYTES("\x1f\x8b\x08\xe0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0"), 400},
        {"plain JSON", "gzip", BYTES("{\"events\":[]}"), 400},
        {"plain JSON", "deflate", BYTES("{\"events\":[]}"), 400},
        {"plain JSON", "br", BYTES("{\"events\":[]}"), 400},
        {"plain JSON", "zstd", BYTES("{\"events\":[]}"), 400},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct view coding = view_from_text(cases[i].coding);
        expect_refused(w, cases[i].name, decode_tight(w, coding, cases[i].bytes), cases[i].status);
    }
}

/* Content-Encoding br is RFC 7932, without the extension. */
static void refuses_brotli_of_a_large_window(void **state)
{
    struct world *w = *state;
    for (int large = 0; large < 2; large++) {
        char packed[256];
        size_t in_left = sizeof(TEXT) - 1;
        size_t out_left = sizeof(packed);
        const uint8_t *in = (const uint8_t *)TEXT;
        uint8_t *out = (uint8_t *)packed;
        BrotliEncoderState *brotli = BrotliEncoderCreateInstance(NULL, NULL, NULL);
        BrotliEncoderSetParameter(brotli, BROTLI_PARAM_LARGE_WINDOW, (uint32_t)large);
        BrotliEncoderSetParameter(brotli, BROTLI_PARAM_LGWIN, large ? 26 : 24);
        assert_true(BrotliEncoderCompressStream(brotli, BROTLI_OPERATION_FINISH, &in_left, &in,
                                                &out_left, &out, NULL));
        BrotliEncoderDestroyInstance(brotli);
        struct view bytes = view_make(packed, sizeof(packed) - out_left);
        assert_int_equal(decode_tight(w, VIEW_LITERAL("br"), bytes),
                         large ? HTTP_REFUSED : HTTP_DONE);
        assert_int_equal(w->refusal.status, large ? 400 : 0);
    }
}

static void skips_a_skippable_zstd_frame(void **state)
{
    struct world *w = *state;
    buf_clear(&w->packed);
    buf_append(&w->packed, "\x5f\x2a\x4d\x18\x03\0\0\0abc", 11);
    pack(&w->packed, "zstd", view_from_text(TEXT));
    assert_int_equal(decode(w, VIEW_LITERAL("zstd"), buf_view(&w->packed)), HTTP_DONE);
    assert_true(view_is(buf_view(&w->out), TEXT));
}

static void senses_gzip_without_a_header(void **state)
{
    struct world *w = *state;
    buf_clear(&w->packed);
    pack(&w->packed, "gzip", view_from_text(TEXT));
    assert_true(view_is(body_decoder_sniff(buf_view(&w->packed)), "gzip"));
    static const struct view others[] = {BYTES(""), BYTES("\x1f\x8b"), BYTES("{}"),
                                         BYTES("\x1f\x8b\x09"), BYTES(" \x1f\x8b\x08")};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(body_decoder_sniff(others[i]).len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes_every_coding),
        cmocka_unit_test(tells_raw_deflate_from_zlib),
        cmocka_unit_test(undoes_what_does_not_shrink),
        cmocka_unit_test(copies_what_has_no_coding),
        cmocka_unit_test(appends_to_what_is_there),
        cmocka_unit_test(undoes_two_codings_last_one_first),
        cmocka_unit_test(refuses_codings_it_does_not_know),
        cmocka_unit_test(refuses_a_body_cut_off_anywhere),
        cmocka_unit_test(refuses_garbage_behind_a_body),
        cmocka_unit_test(survives_every_flipped_byte),
        cmocka_unit_test(refuses_bombs_early),
        cmocka_unit_test(refuses_bombs_in_bombs),
        cmocka_unit_test(holds_ceiling_and_ratio_to_the_byte),
        cmocka_unit_test(reads_several_members_and_frames),
        cmocka_unit_test(refuses_what_asks_for_more_than_data),
        cmocka_unit_test(refuses_brotli_of_a_large_window),
        cmocka_unit_test(skips_a_skippable_zstd_frame),
        cmocka_unit_test(senses_gzip_without_a_header),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
