#include "net/body_decoder.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CEILING = 64 * 1024 };

/* The first byte chooses the codings. What a used decoder says, a new one must say too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const lists[] = {"gzip",     "deflate",  "br",         "zstd",
                                        "br, gzip", "zstd, br", "gzip, zstd", "deflate, deflate"};
    static struct body_decoder *used;
    if (!used) {
        used = body_decoder_create(CEILING);
    }
    if (size == 0 || !used) {
        return 0;
    }
    struct coded_body coded = {view_from_text(lists[data[0] % (sizeof(lists) / sizeof(lists[0]))]),
                               view_make((const char *)data + 1, size - 1)};
    struct http_refusal refusal = {0};
    struct http_refusal again = {0};
    struct buf one;
    struct buf two;
    buf_init(&one, CEILING);
    buf_init(&two, CEILING);
    enum http_progress a = body_decoder_decode(used, coded, &one, &refusal);
    struct body_decoder *fresh = body_decoder_create(CEILING);
    enum http_progress b = body_decoder_decode(fresh, coded, &two, &again);
    bool is_answer = a == HTTP_DONE || (refusal.status >= 400 && one.len == 0);
    bool is_same =
        a == b && refusal.status == again.status && view_equal(buf_view(&one), buf_view(&two));
    if (!is_answer || !is_same || one.room > CEILING) {
        abort();
    }
    body_decoder_destroy(fresh);
    buf_free(&one);
    buf_free(&two);
    return 0;
}
