#include "privacy/scrub_look.h"

#include "privacy/scrub_block.h"
#include "privacy/scrub_byte.h"
#include "privacy/scrub_names.h"

enum {
    NUMBER_BYTES = 11, /* digits and joints in a row */
    WORD_BYTES = 16,   /* letters, digits and joints in a row */
    KEY_BYTES_MAX = 64,
    CACHED_BYTES = 16,    /* of a key that is remembered */
    IBAN_BACK_BYTES = 14, /* how far before its digits an IBAN may begin */
    TOKEN_BACK_BYTES = BLOCK_BYTES + WORD_BYTES
};

/* --- signs --- */

static bool is_escape_letter(char byte)
{
    return byte == 'n' || byte == 't' || byte == 'r' || byte == 'b' || byte == 'f';
}

/* In JSON the letter at `at` may be the end of \n, and what follows it the beginning of a text. */
static bool is_behind_escape(const struct scrub_look *scan, size_t at)
{
    return scan->place->is_json && at > 0 && byte_before(scan->text, at) == '\\' &&
           is_escape_letter(byte_at(scan->text, at));
}

static bool name_may(const struct scrub_look *scan, size_t at)
{
    struct view name = scrub_name_before(scan->text, at);
    if (name.len == 0) {
        return false;
    }
    bool is_cut = is_behind_escape(scan, (size_t)(name.at - scan->text.at));
    struct view rest = view_part(name, 1, name.len);
    return scrub_name(name, SCRUB_OF_PARAMETER) != 0 ||
           (is_cut && scrub_name(rest, SCRUB_OF_PARAMETER) != 0);
}

static bool percent_may(const struct scrub_look *scan, size_t at)
{
    char first = byte_at(scan->text, at + 1);
    char second = byte_lower(byte_at(scan->text, at + 2));
    if (first == '3' && second == 'd') {
        return name_may(scan, at);
    }
    return (first == '4' && second == '0') || (first == '2' && second == '5') ||
           (first == '2' && second == 'b' && byte_is_digit(byte_at(scan->text, at + 3)));
}

/* Not \n and the like: what could be a letter, a sign or a joint. */
static bool escape_may(const struct scrub_look *scan, size_t at)
{
    struct view text = scan->text;
    if (!scan->place->is_json) {
        return false;
    }
    bool is_ascii = byte_at(text, at + 1) == 'u' && byte_at(text, at + 2) == '0' &&
                    byte_at(text, at + 3) == '0' && byte_at(text, at + 4) < '8';
    bool is_slash = byte_at(text, at + 1) == '/' && byte_is_alnum(byte_at(text, at + 2)) &&
                    byte_is_alnum(byte_before(text, at));
    return is_ascii || is_slash;
}

/* An address has something before its sign. */
static bool at_may(const struct scrub_look *scan, size_t at)
{
    char before = byte_before(scan->text, at);
    bool is_quote =
        scan->place->is_json && before == '"' && byte_before(scan->text, at - 1) != '\\';
    return at > 0 && before != ' ' && before != '?' && before != '#' && !is_quote;
}

static bool sign_may(const struct scrub_look *scan, size_t at)
{
    struct view text = scan->text;
    char before = byte_before(text, at);
    switch (text.at[at]) {
    case '@':
        return at_may(scan, at);
    case '=':
        return name_may(scan, at);
    case '%':
        return percent_may(scan, at);
    case '\\':
        return escape_may(scan, at);
    case '+':
        return byte_is_digit(byte_at(text, at + 1)) &&
               (!byte_is_alnum(before) || is_behind_escape(scan, at - 1));
    case 'j':
    case 'J':
        return at > 1 && byte_lower(before) == 'y' && byte_lower(text.at[at - 2]) == 'e';
    default:
        return false;
    }
}

bool scrub_look_signs(const struct scrub_look *scan, size_t begin, uint64_t signs)
{
    for (; signs != 0; signs &= signs - 1) {
        if (sign_may(scan, begin + (size_t)__builtin_ctzll(signs))) {
            return true;
        }
    }
    return false;
}

/* --- keys --- */

/* The key whose last quote is at `end`; of a document within a string, too: \"key\": */
static bool key_may(const struct scrub_look *scan, size_t end)
{
    struct view text = scan->text;
    end -= byte_before(text, end) == '\\';
    size_t begin = end;
    while (begin > 0 && text.at[begin - 1] != '"') {
        begin--;
        if (end - begin > KEY_BYTES_MAX) {
            return true;
        }
    }
    return scrub_name(view_part(text, begin, end - begin), SCRUB_OF_KEY) != 0;
}

/* The 16 bytes that end at `end`, those before `begin` zero. */
static void key_words(const char *end, size_t len, uint64_t words[2])
{
    memcpy(words, end - CACHED_BYTES, CACHED_BYTES);
    uint64_t high = len >= 8 ? ~UINT64_C(0) : ~(~UINT64_C(0) >> 8 * len);
    uint64_t low = len >= 16 ? ~UINT64_C(0) : len <= 8 ? 0 : ~(~UINT64_C(0) >> 8 * (len - 8));
    words[0] &= low;
    words[1] &= high;
}

/* The slot in which it was found harmless, or would be. */
static uint64_t *cache_slot(struct scrub_cache *cache, const uint64_t words[2])
{
    uint64_t mixed = (words[0] ^ (words[1] << 1)) * UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ words[1]) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return cache->keys[mixed >> 56];
}

/* The same for a key that begins at `begin`, remembered when it says nothing. */
static bool known_key_may(const struct scrub_look *scan, size_t begin, size_t end)
{
    uint64_t words[2];
    key_words(scan->text.at + end, end - begin, words);
    uint64_t *slot = cache_slot(scan->place->cache, words);
    if (slot[0] == words[0] && slot[1] == words[1]) {
        return false;
    }
    bool may = key_may(scan, end);
    if (!may) {
        slot[0] = words[0];
        slot[1] = words[1];
    }
    return may;
}

/* A key that begins and ends in this block, as most do, costs no walk back to its first quote. */
bool scrub_look_keys(const struct scrub_look *scan, size_t block, uint64_t keys, uint64_t quotes)
{
    for (; keys != 0; keys &= keys - 1) {
        size_t at = (size_t)__builtin_ctzll(keys);
        uint64_t before = quotes & ((keys & -keys) - 1);
        size_t begin = before == 0 ? 0 : 64 - (size_t)__builtin_clzll(before);
        bool is_small = before != 0 && at > begin && at - begin <= CACHED_BYTES &&
                        block + at >= CACHED_BYTES && scan->text.at[block + at - 1] != '\\';
        bool may = is_small && scan->place->cache ? known_key_may(scan, block + begin, block + at)
                                                  : key_may(scan, block + at);
        if (may) {
            return true;
        }
    }
    return false;
}

/* --- numbers --- */

static bool is_number_byte(char byte)
{
    unsigned char b = (unsigned char)byte;
    return (SCRUB_LOW[b & 15] & SCRUB_HIGH[b >> 4] & CLASSES_NUMBER) != 0;
}

/* Behind an escape the look says yes to what only begins as one. */
static bool id_may(const struct scrub_look *scan, size_t at)
{
    enum scrub_rule rule;
    bool is_cut = at > 0 && is_behind_escape(scan, at - 1);
    return byte_is_letter(scan->text.at[at]) &&
           (scrub_id_end(scan->text, at, &rule) > 0 ||
            (is_cut && byte_is_digit(byte_at(scan->text, at + 2))));
}

static bool ids_may(const struct scrub_look *scan, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        if (id_may(scan, i)) {
            return true;
        }
    }
    return false;
}

/* The run of digits and joints that begins at `begin`. */
static bool number_may(const struct scrub_look *scan, size_t begin)
{
    struct view text = scan->text;
    size_t back = begin > IBAN_BACK_BYTES ? begin - IBAN_BACK_BYTES : 0;
    if (begin > 1 && is_behind_escape(scan, begin - 1)) {
        return true;
    }
    for (size_t i = begin; i < text.len && is_number_byte(text.at[i]); i++) {
        bool is_sign = text.at[i] == '-' && byte_is_digit(byte_at(text, i + 1));
        bool is_first = byte_is_digit(text.at[i]) && !byte_is_digit(byte_before(text, i));
        enum scrub_rule rule;
        if ((is_sign || is_first) && scrub_number_end(text, i, scan->place, &rule) > 0) {
            return true;
        }
    }
    return ids_may(scan, back, begin);
}

bool scrub_look_numbers(const struct scrub_look *scan, size_t begin, uint64_t ends)
{
    for (; ends != 0; ends &= ends - 1) {
        size_t end = begin + (size_t)__builtin_ctzll(ends);
        if (number_may(scan, end + 1 - NUMBER_BYTES)) {
            return true;
        }
    }
    return false;
}

/* A space behind the third group of four: an IBAN may be written so, whatever letters it has. */
bool scrub_look_groups(const struct scrub_look *scan, size_t begin, uint64_t ends)
{
    for (; ends != 0; ends &= ends - 1) {
        size_t end = begin + (size_t)__builtin_ctzll(ends);
        if (end >= IBAN_BACK_BYTES && id_may(scan, end - IBAN_BACK_BYTES)) {
            return true;
        }
    }
    return false;
}

/* --- words --- */

/* Secrets and ids that begin within some bytes; the block itself, and a little before it. */
static bool tokens_may(const struct scrub_look *scan, size_t begin, size_t end)
{
    struct view text = scan->text;
    for (size_t i = begin; i < end && i < text.len; i++) {
        enum scrub_rule rule;
        bool is_cut = i > 0 && is_behind_escape(scan, i - 1);
        bool is_first = byte_is_name(text.at[i]) && !byte_is_name(byte_before(text, i));
        if (is_cut ||
            (is_first && (scrub_secret_end(text, i, scan->place, &rule) > 0 || id_may(scan, i)))) {
            return true;
        }
    }
    return false;
}

bool scrub_look_words(const struct scrub_look *scan, size_t begin, enum scrub_word_kind kind)
{
    size_t back = begin > TOKEN_BACK_BYTES ? begin - TOKEN_BACK_BYTES : 0;
    size_t window = begin > BLOCK_BYTES ? begin - BLOCK_BYTES : 0;
    struct view both = view_part(scan->text, window, begin + BLOCK_BYTES - window);
    return (kind == SCRUB_WORD_IS_OPAQUE && scrub_is_opaque(both)) ||
           tokens_may(scan, back, begin + BLOCK_BYTES);
}

/* What begins with a word before it. */
bool scrub_look_bearers(const struct scrub_look *scan, size_t begin, uint64_t first_ends)
{
    for (; first_ends != 0; first_ends &= first_ends - 1) {
        size_t at = begin + (size_t)__builtin_ctzll(first_ends) + 1 - WORD_BYTES;
        enum scrub_rule rule;
        if (byte_before(scan->text, at) == ' ' &&
            scrub_secret_end(scan->text, at, scan->place, &rule) > 0) {
            return true;
        }
    }
    return false;
}
