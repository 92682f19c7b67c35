#include "net/proxy_protocol.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes that come later change no answer but "more is needed". */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view bytes = view_make((const char *)data, size);
    struct proxy_header whole;
    struct http_refusal refusal = {0};
    enum http_progress answer = proxy_header_parse(&whole, bytes, &refusal);
    if (answer == HTTP_NEED_MORE && size >= PROXY_V2_BYTES_MAX) {
        abort();
    }
    for (size_t len = 0; len < size && len <= PROXY_V2_BYTES_MAX; len++) {
        struct proxy_header part;
        enum http_progress progress = proxy_header_parse(&part, view_part(bytes, 0, len), &refusal);
        if (progress == HTTP_NEED_MORE) {
            continue;
        }
        bool is_same = part.len == whole.len && part.port == whole.port &&
                       strcmp(part.address, whole.address) == 0;
        if (progress != answer || (answer == HTTP_DONE && !is_same)) {
            abort();
        }
    }
    if (answer == HTTP_DONE) {
        struct ip_address address;
        bool is_address = ip_address_parse(&address, view_from_text(whole.address));
        if (whole.len > size || whole.has_address != is_address) {
            abort();
        }
    }
    return 0;
}
