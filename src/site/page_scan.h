/*
 * page_scan.h - the script and meta elements of a page, in their order.
 *
 * No HTML parser: it knows where tags, attributes, comments and the texts of script, style, title,
 * textarea and their like begin and end, as the HTML standard's tokenizer does, and nothing of
 * trees. Any bytes are a page to it. Views point into the page; attribute values are as they stand
 * there, page_scan_decode() resolves their character references.
 *
 *     struct page_scan scan = page_scan_begin(text);
 *     while (page_scan_next(&scan, &element)) { ... element.src ... }
 */
#ifndef PIPES_SITE_PAGE_SCAN_H
#define PIPES_SITE_PAGE_SCAN_H

#include "base/buf.h"
#include "base/view.h"

enum page_element_kind { PAGE_SCRIPT, PAGE_META };

struct page_element {
    enum page_element_kind kind;
    bool has_src; /* the attribute is there, perhaps empty */
    struct view src;
    struct view integrity;
    struct view nonce;
    struct view type;
    struct view http_equiv;
    struct view content;
    struct view text; /* between the marks of a script */
};

struct page_scan {
    struct view rest;
};

struct page_scan page_scan_begin(struct view page);
/* The next script or meta element; false at the end. */
bool page_scan_next(struct page_scan *scan, struct page_element *element);
/* Appends the value with the references that addresses and policies are written with (&amp; &quot;
 * &apos; &lt; &gt; and numbers of ASCII) resolved; others stay. */
enum status page_scan_decode(struct buf *out, struct view value);

#endif
