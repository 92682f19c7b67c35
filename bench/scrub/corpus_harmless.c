#include "scrub/corpus_base.h"

#include <stdio.h>
#include <string.h>

/* A kind: how its values look, under which keys they come, and what stands before them in texts. */
struct kind {
    const char *name;
    const char *patterns[14];
    const char *keys[6];
    const char *words[4];
};

#define HEX16 "hhhhhhhhhhhhhhhh"
#define UUID "hhhhhhhh-hhhh-4hhh-\\ahhh-hhhhhhhhhhhh"

static const struct kind KINDS[] = {
    {"order ids",
     {"9#####", "9#######", "9#########", "ORD-202\\6-#####", "#\\-9#####-##",
      "1##-#######-#######", "\\#9####", "9##############", "4###############", "5###############",
      "SO9####/202\\6"},
     {"order_id", "orderId", "order_no", "transaction_id", "invoice_number", "reference"},
     {"order", "Order no.", "invoice", "ref"}},
    {"uuids",
     {UUID, "{" UUID "}", "HHHHHHHH-HHHH-4HHH-9HHH-HHHHHHHHHHHH", UUID "-#"},
     {"id", "cart_id", "checkout", "variant", "device", "request"},
     {"cart", "for", "session", "in"}},
    {"hashes of builds and files",
     {HEX16 HEX16 "hhhhhhhh", "m\\a\\in.hhhhhhhh.js", "\\app-hhhhhhhhhhhh.css", HEX16 HEX16,
      "s\\h\\a25\\6-" HEX16 HEX16 HEX16 HEX16, "s\\h\\a25\\6:" HEX16 HEX16 HEX16 HEX16,
      "/\\asset\\s/" HEX16 HEX16 HEX16 HEX16 ".png", "hhhhhhh", "css-1hhhhhh", "v2.#.#-hhhhhhh"},
     {"commit", "build", "asset", "bundle", "etag", "release"},
     {"build", "commit", "from", "at"}},
    {"prices and amounts",
     {"9#.##", "9,###.## EUR", "€ 9#.##", "$9,###,###.##", "9.###,##", "9#%", "9#,99 €", "-9.##",
      "9###", "USD 9####.##", "0.####", "9##.####", "9 ### ###,##", "9\\-9# €"},
     {"price", "total", "revenue", "discount", "tax", "amount"},
     {"for", "only", "total", "EUR"}},
    {"dates and times",
     {"202\\6-11-24", "202\\6-11-24T0#:1#:3#.###Z", "24.11.202\\6", "11/24/202\\6", "17########",
      "17###########", "17##############", "202\\6-11-24 02:1#:##", "24/11/202\\6 - 1#:##",
      "1#:##:##", "202\\6112\\41#", "20\\6-W48", "202\\6-11-24T02:##:##+01:00",
      "05\\-11\\-202\\6 1#:##"},
     {"date", "created_at", "timestamp", "when", "delivery", "ts"},
     {"on", "since", "from", "until"}},
    {"product codes",
     {"AA-####", "A-####", "AAA-##-AA", "^^^^^^^^^^", "A9##-###-###", "SKU#######", "##-####-#",
      "9###.###", "AAA9###A#", "###-###-###", "AA##AA##", "B0########", "9##-A-###", "AA9###/##"},
     {"sku", "product_id", "mpn", "variant", "asin", "model"},
     {"model", "article", "new", "the"}},
    {"EAN, UPC and ISBN",
     {"40#########\\9", "0############", "\\9\\78#########\\9", "\\9\\78-3-1\\6-148410-#",
      "0-30\\6-40\\615-#", "8#######", "0 12345 \\6\\7890 #", "3############", "39############",
      "00############"},
     {"ean", "gtin", "upc", "isbn", "barcode", "number"},
     {"EAN", "ISBN", "GTIN", "UPC"}},
    {"versions and sizes",
     {"9.#.#", "v9.##.###", "10.0.1\\9045.3\\6\\93", "1\\920x1080", "9# x 9# x 9# mm", "9##GB",
      "Chrome/14#.0.0.0", "9.#.#-rc.#", "12\\80 × \\720", "iOS 1#.#.#"},
     {"version", "screen", "size", "dimensions", "browser", "os"},
     {"version", "size", "in", "app"}},
    {"coordinates that are none",
     {"1.5, 2.5", "9.#, 9.#", "0.####, 0.####", "@48.2,1\\6.3,15z", "9#,9#", "(###, ###)",
      "9.##/9.##", "0.#####,0.#####,0.#####", "9##.#, 9##.#", "[9, 9, 9#, 9##]"},
     {"scores", "ratio", "offset", "box", "viewport", "rating"},
     {"at", "scores", "scaled by", "from"}},
    {"tracking numbers",
     {"1Z^^^^^^##########", "00340434##########", "\\9#####################", "JJD0##########",
      "9###########", "RR#########AT", "9#########", "LX#########DE"},
     {"tracking_number", "parcel", "tracking", "shipment_id", "label", "consignment"},
     {"parcel", "tracking", "shipment", "Tracking no."}},
    {"ids of visits and events",
     {HEX16, HEX16 HEX16, HEX16 "-9#", "GA1.1.9#########.17########", "9#########.17########",
      "ajs-next-17###########-" UUID, "\\6hhhhhhhhhhhhhhhhhhhhhhh", "01^^^^^^^^^^^^^^^^^^^^^^^^",
      "hhhhhhhhhhhhhh-0hhhhhhhhhhhhhh-1hhhhhhh-hhhhhh-hhhhhhhhhhhhhh",
      "fb.1.17###########.9#########", "**************#######", "1#################",
      "9#################"},
     {"session_ref", "page_view", "client_id", "message_id", "event_id", "trace_id"},
     {"session", "id", "event", "view"}},
    {"ids of services",
     {"cus_**************", "price_1***********************", "pi_3***********************",
      "gid://shopify/Product/9############", "***********", "p\\rod_**************",
      "4#############", "urn:li:share:\\7#################", "PL****************************",
      "9####:9####:9"},
     {"stripe_price", "external_id", "video", "playlist", "gid", "variant_id"},
     {"price", "video", "by", "item"}},
    {"slugs and names of code",
     {"t\\he-best-s\\hoes-of-2024-\\and-\\how-to-we\\ar-t\\hem-9#",
      "Product_\\Added_To_C\\art_From_Listing_9",
      "T\\he-Best-S\\hoes-of-2024-\\and-\\How-to-we\\ar-T\\hem", "btn btn-prim\\ary mt-9 col-md-9#",
      "\\a11yFocusRingOffsetCl\\assN\\ame9##",
      "XML\\HttpRequestEventT\\arget\\#OnRe\\adySt\\ateC\\h\\ange",
      "com.ex\\ample.s\\hop.C\\heckout\\Activity9", "/c/men/s\\hoes/running?size=9#&color=blue",
      "IMG_20261124_1#####.jpg", "Nike \\Air M\\ax 9# \"9##\"",
      "getElementsByCl\\assN\\ame\\AndT\\henFilterT\\heT\\hingsV9",
      "iP\\hone-15-Pro-M\\ax-256GB-N\\atur\\al-Tit\\anium-5G-eSIM"},
     {"slug", "component", "class", "path", "file", "title"},
     {"in", "see", "the", "a"}},
};

size_t corpus_kinds(void)
{
    return sizeof(KINDS) / sizeof(KINDS[0]);
}

const char *corpus_kind(size_t kind)
{
    return KINDS[kind].name;
}

static const char *pick_of(struct corpus *corpus, const char *const *list, unsigned room)
{
    unsigned count = 0;
    while (count < room && list[count]) {
        count++;
    }
    return list[corpus_below(corpus, count)];
}

/* In JSON a quote takes a backslash. */
static void quote(const char *value, char *out, size_t room)
{
    size_t len = 0;
    for (; *value && len + 2 < room; value++) {
        if (*value == '"' || *value == '\\') {
            out[len++] = '\\';
        }
        out[len++] = *value;
    }
    out[len] = 0;
}

static void put_in_json(struct corpus *corpus, const struct kind *kind, const char *value,
                        struct corpus_sample *sample)
{
    char quoted[CORPUS_SECRET_BYTES];
    const char *key = pick_of(corpus, kind->keys, 6);
    const char *word = pick_of(corpus, kind->words, 4);
    quote(value, quoted, sizeof(quoted));
    switch (corpus_below(corpus, 3)) {
    case 0:
        snprintf(sample->text, sizeof(sample->text), "{\"%s\":\"%s\",\"n\":1.50}", key, quoted);
        break;
    case 1:
        snprintf(sample->text, sizeof(sample->text),
                 "{\"items\":[{\"%s\":\"%s\",\"price\":19.99}],\"total\":%u}", key, quoted,
                 corpus_below(corpus, 100000));
        break;
    default:
        snprintf(sample->text, sizeof(sample->text), "{\"text\":\"It is %s %s, or so\"}", word,
                 quoted);
    }
}

static void escape_url(const char *value, char *out, size_t room)
{
    size_t len = 0;
    for (; *value && len + 4 < room; value++) {
        bool is_plain = (*value >= '0' && *value <= '9') ||
                        ((*value | 0x20) >= 'a' && (*value | 0x20) <= 'z') ||
                        strchr("-_.~", *value);
        if (is_plain) {
            out[len++] = *value;
        } else {
            len += (size_t)snprintf(out + len, room - len, "%%%02X", (unsigned char)*value);
        }
    }
    out[len] = 0;
}

void corpus_harmless(struct corpus *corpus, size_t number, struct corpus_sample *sample)
{
    const struct kind *kind = &KINDS[number];
    char value[CORPUS_SECRET_BYTES];
    char escaped[3 * CORPUS_SECRET_BYTES];
    const char *word = pick_of(corpus, kind->words, 4);
    corpus_fill(corpus, pick_of(corpus, kind->patterns, 14), value, sizeof(value));
    escape_url(value, escaped, sizeof(escaped));
    sample->form = (enum corpus_form)corpus_below(corpus, 3);
    sample->secret[0] = 0;
    switch (sample->form) {
    case CORPUS_TEXT:
        snprintf(sample->text, sizeof(sample->text),
                 corpus_below(corpus, 2) ? "%s %s" : "We send %s %s soon.", word, value);
        break;
    case CORPUS_URL:
        snprintf(sample->text, sizeof(sample->text),
                 corpus_below(corpus, 2) ? "https://shop.example/%s/%s"
                                         : "https://shop.example/a?%s=%s&page=2",
                 pick_of(corpus, kind->keys, 6), escaped);
        break;
    case CORPUS_JSON:
        put_in_json(corpus, kind, value, sample);
        break;
    }
}
