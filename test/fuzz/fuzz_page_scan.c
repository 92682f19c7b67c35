#include "site/page_policy.h"
#include "site/page_scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is handed out lies within the page, and elements come in its order. */
static void check_within(struct view page, struct view part)
{
    if (part.len > 0 && (part.at < page.at || part.at + part.len > page.at + page.len)) {
        abort();
    }
}

static void ask(struct view policy, struct view url, struct view page)
{
    for (int kind = PAGE_POLICY_SCRIPT; kind <= PAGE_POLICY_IMAGE; kind++) {
        const struct page_policy_question question = {
            .kind = (enum page_policy_kind)kind, .page = page, .url = url, .nonce = url};
        struct page_policy_answer answer = page_policy_ask(policy, &question);
        check_within(policy, answer.sources);
        if (!answer.is_allowed && answer.directive.len == 0) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view page = view_make((const char *)data, size);
    struct page_scan scan = page_scan_begin(page);
    struct page_element element;
    struct view last = page;
    size_t before = size + 1;
    while (page_scan_next(&scan, &element)) {
        const struct view parts[] = {element.src,  element.integrity,  element.nonce,
                                     element.type, element.http_equiv, element.content,
                                     element.text};
        struct buf decoded;
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            check_within(page, parts[i]);
        }
        /* It gets on with every element. */
        if (scan.rest.len >= before) {
            abort();
        }
        before = scan.rest.len;
        buf_init(&decoded, size + 1);
        if (page_scan_decode(&decoded, element.content) != STATUS_OK ||
            decoded.len > element.content.len) {
            abort();
        }
        ask(element.content, element.src, last);
        ask(buf_view(&decoded), element.content, element.src);
        buf_free(&decoded);
        last = element.content;
    }
    return 0;
}
