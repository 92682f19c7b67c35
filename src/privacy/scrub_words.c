#include "privacy/scrub_words.h"

#include "privacy/scrub_byte.h"

enum { WORD_BYTES_MAX = 32, GAP_BYTES_MAX = 4 };

static const char *const IDS[] = {
    "id",      "ids",    "order",      "orders",   "ref",      "refs",    "reference",
    "invoice", "ticket", "parcel",     "tracking", "shipment", "sku",     "ean",
    "gtin",    "upc",    "isbn",       "item",     "product",  "article", "build",
    "version", "serial", "imei",       "session",  "request",  "trace",   "event",
    "case",    "claim",  "booking",    "customer", "account",  "receipt", "transaction",
    "variant", "time",   "timestamp",  "ts",       "asin",     "barcode", "lot",
    "batch",   "job",    "bestellung", "rechnung", "commande", "pedido",  "code",
    "key",     "hash",   "rev",
};
static const char *const PHONES[] = {
    "tel",  "telefon", "telephone", "phone",    "mobile", "mobil",  "handy",
    "cell", "call",    "fax",       "whatsapp", "sms",    "msisdn",
};
/* Of these the word before says which. */
static const char *const NUMBERS[] = {"no", "nr", "num", "number", "nummer"};
static const char *const CARDS[] = {"card", "cc", "visa", "mastercard", "amex", "pan", "karte"};

static bool is_among(struct view word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (view_is_ignoring_case(word, words[i])) {
            return true;
        }
    }
    return false;
}

static enum scrub_word meaning(struct view word)
{
    if (is_among(word, CARDS, sizeof(CARDS) / sizeof(CARDS[0]))) {
        return SCRUB_WORD_CARD;
    }
    if (is_among(word, PHONES, sizeof(PHONES) / sizeof(PHONES[0]))) {
        return SCRUB_WORD_PHONE;
    }
    return is_among(word, IDS, sizeof(IDS) / sizeof(IDS[0])) ? SCRUB_WORD_ID : SCRUB_WORD_NONE;
}

/* The word that ends at `end`: the last one of order_id and of orderId. */
static struct view last_word(struct view text, size_t end)
{
    size_t begin = end;
    while (begin > 0 && end - begin < WORD_BYTES_MAX && byte_is_letter(text.at[begin - 1])) {
        begin--;
        bool is_hump =
            byte_is_upper(text.at[begin]) && begin + 1 < end && !byte_is_upper(text.at[begin + 1]);
        if (is_hump) {
            break;
        }
    }
    return view_part(text, begin, end - begin);
}

static bool is_gap(char byte)
{
    return byte == ' ' || byte == ':' || byte == '#' || byte == '.' || byte == '=' || byte == '_' ||
           byte == '-';
}

/* The end of the word before `at`, behind a gap of a few bytes. */
static size_t word_end(struct view text, size_t at)
{
    size_t end = at;
    while (end > 0 && at - end < GAP_BYTES_MAX && is_gap(text.at[end - 1])) {
        end--;
    }
    return end;
}

static enum scrub_word word_at(struct view text, size_t end)
{
    struct view word = last_word(text, end);
    if (is_among(word, NUMBERS, sizeof(NUMBERS) / sizeof(NUMBERS[0]))) {
        word = last_word(text, word_end(text, end - word.len));
    }
    return meaning(word);
}

/* In JSON a text begins behind "key":" and its key ends there. */
static bool is_beginning(struct view text, size_t end, const struct scrub_place *place)
{
    return place->is_json && end > 3 && memcmp(text.at + end - 3, "\":\"", 3) == 0;
}

enum scrub_word scrub_word_before(struct view text, size_t at, const struct scrub_place *place)
{
    size_t end = word_end(text, at);
    if (end == 0) {
        return word_at(place->name, place->name.len);
    }
    return word_at(text, is_beginning(text, end, place) ? end - 3 : end);
}
