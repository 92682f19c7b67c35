#include "privacy/scrub_scan.h"

#include "privacy/scrub_block.h"
#include "privacy/scrub_byte.h"
#include "privacy/scrub_names.h"

enum {
    NUMBER_BYTES = 11, /* digits and joints in a row */
    WORD_BYTES = 16,   /* letters, digits and joints in a row */
    CHANGES_MIN = 11,  /* of scrub_is_opaque() */
    LONG_WORD_DIGITS = 8,
    KEY_BYTES_MAX = 64,
    CACHED_BYTES = 16,    /* of a key that is remembered */
    IBAN_BACK_BYTES = 14, /* how far before its digits an IBAN may begin */
    TOKEN_BACK_BYTES = BLOCK_BYTES + WORD_BYTES
};

#define INLINE __attribute__((always_inline)) static inline

/* Runs so far: how the steps of a run's length stood at the end of the last block. */
struct carry {
    uint64_t gaps; /* bytes of neither words nor texts: spaces and the like */
    uint64_t numbers[5];
    uint64_t words[5];
};

struct scan {
    struct view text;
    const struct scrub_place *place;
};

/* --- signs --- */

static bool is_escape_letter(char byte)
{
    return byte == 'n' || byte == 't' || byte == 'r' || byte == 'b' || byte == 'f';
}

/* In JSON the letter at `at` may be the end of \n, and what follows it the beginning of a text. */
static bool is_behind_escape(const struct scan *scan, size_t at)
{
    return scan->place->is_json && at > 0 && byte_before(scan->text, at) == '\\' &&
           is_escape_letter(byte_at(scan->text, at));
}

static bool name_may(const struct scan *scan, size_t at)
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

static bool percent_may(const struct scan *scan, size_t at)
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
static bool escape_may(const struct scan *scan, size_t at)
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
static bool at_may(const struct scan *scan, size_t at)
{
    char before = byte_before(scan->text, at);
    bool is_quote =
        scan->place->is_json && before == '"' && byte_before(scan->text, at - 1) != '\\';
    return at > 0 && before != ' ' && before != '?' && before != '#' && !is_quote;
}

static bool sign_may(const struct scan *scan, size_t at)
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

__attribute__((noinline)) static bool signs_may(const struct scan *scan, size_t begin,
                                                uint64_t signs)
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
static bool key_may(const struct scan *scan, size_t end)
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
static bool known_key_may(const struct scan *scan, size_t begin, size_t end)
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
__attribute__((noinline)) static bool keys_may(const struct scan *scan, size_t block, uint64_t keys,
                                               uint64_t quotes)
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
static bool id_may(const struct scan *scan, size_t at)
{
    enum scrub_rule rule;
    bool is_cut = at > 0 && is_behind_escape(scan, at - 1);
    return byte_is_letter(scan->text.at[at]) &&
           (scrub_id_end(scan->text, at, &rule) > 0 ||
            (is_cut && byte_is_digit(byte_at(scan->text, at + 2))));
}

static bool ids_may(const struct scan *scan, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        if (id_may(scan, i)) {
            return true;
        }
    }
    return false;
}

/* The run of digits and joints that begins at `begin`. */
static bool number_may(const struct scan *scan, size_t begin)
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

__attribute__((noinline)) static bool numbers_may(const struct scan *scan, size_t begin,
                                                  uint64_t ends)
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
__attribute__((noinline)) static bool groups_may(const struct scan *scan, size_t begin,
                                                 uint64_t ends)
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
static bool tokens_may(const struct scan *scan, size_t begin, size_t end)
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

/* Two blocks, this one above the one before. */
typedef unsigned __int128 bits;

INLINE bits joined_bits(uint64_t here, uint64_t before)
{
    return (bits)here << 64 | before;
}

INLINE int count_of(bits set)
{
    return __builtin_popcountll((uint64_t)set) + __builtin_popcountll((uint64_t)(set >> 64));
}

/* What the words of two blocks are made of. */
struct words {
    bits ends; /* of 16 bytes in a row */
    bits digits;
    bits uppers;
    bits lowers;
};

/* All bytes of the 16 that end there. */
INLINE bits members(bits ends)
{
    ends |= ends >> 1;
    ends |= ends >> 2;
    ends |= ends >> 4;
    return ends | ends >> 8;
}

/* Whether 64 bytes in a row end in this block. */
INLINE bool has_long_word(bits ends)
{
    ends &= ends << 16;
    ends &= ends << 32;
    return (uint64_t)(ends >> 64) != 0;
}

/* Where one of another kind follows a letter or a digit. */
INLINE bits changes_of(const struct words *words)
{
    bits all = words->digits | words->uppers | words->lowers;
    bits is_other = (words->digits ^ words->digits << 1) | (words->uppers ^ words->uppers << 1);
    return all & all << 1 & is_other;
}

enum word_kind { WORD_PLAIN, WORD_TOKEN, WORD_OPAQUE };

/* Plain: none of it begins, or is a part of, a secret or an id. */
INLINE enum word_kind kind_of_words(const struct words *words)
{
    if (words->uppers == 0 && !has_long_word(words->ends)) {
        return WORD_PLAIN;
    }
    bits inside = members(words->ends);
    int digits = count_of(words->digits & inside);
    int uppers = count_of(words->uppers & inside);
    if (digits > 0 && uppers > 1 && count_of(changes_of(words) & inside) >= CHANGES_MIN) {
        return WORD_OPAQUE;
    }
    bool is_hex = digits >= LONG_WORD_DIGITS && has_long_word(words->ends);
    return is_hex || (digits > 0 && uppers > 0) ? WORD_TOKEN : WORD_PLAIN;
}

__attribute__((noinline)) static bool words_may(const struct scan *scan, size_t begin,
                                                enum word_kind kind)
{
    size_t back = begin > TOKEN_BACK_BYTES ? begin - TOKEN_BACK_BYTES : 0;
    size_t window = begin > BLOCK_BYTES ? begin - BLOCK_BYTES : 0;
    struct view both = view_part(scan->text, window, begin + BLOCK_BYTES - window);
    return (kind == WORD_OPAQUE && scrub_is_opaque(both)) ||
           tokens_may(scan, back, begin + BLOCK_BYTES);
}

/* What begins with a word before it. */
__attribute__((noinline)) static bool bearers_may(const struct scan *scan, size_t begin,
                                                  uint64_t first_ends)
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

/* --- the look at all --- */

/* Bits where `step` more bytes of a run end; `last`: the same of the block before, which this one
 * becomes. */
INLINE uint64_t longer(uint64_t runs, uint64_t *last, unsigned step)
{
    uint64_t ends = runs & (runs << step | *last >> (64 - step));
    *last = runs;
    return ends;
}

INLINE uint64_t first_of_each(uint64_t ends, uint64_t *last)
{
    uint64_t firsts = ends & ~(ends << 1 | *last >> 63);
    *last = ends;
    return firsts;
}

typedef void detail_fn(const char *at, struct scrub_detail *detail);

/* The last bytes of a text, with zeros behind them. */
struct tail {
    char bytes[BLOCK_BYTES + 1];
};

INLINE const char *tail_of(struct tail *tail, struct view text, size_t begin)
{
    memset(tail, 0, sizeof(*tail));
    memcpy(tail->bytes, text.at + begin, text.len - begin);
    return tail->bytes;
}

INLINE enum word_kind look_at_words(const struct scan *scan, size_t begin, bits ends,
                                    detail_fn *detail)
{
    struct tail tail;
    struct scrub_detail here;
    struct scrub_detail before = {0};
    bool is_last = scan->text.len - begin <= BLOCK_BYTES;
    detail(is_last ? tail_of(&tail, scan->text, begin) : scan->text.at + begin, &here);
    if (begin > 0) {
        detail(scan->text.at + begin - BLOCK_BYTES, &before);
    }
    if ((here.digits | before.digits) == 0) {
        return WORD_PLAIN;
    }
    const struct words words = {
        ends,
        joined_bits(here.digits, before.digits),
        joined_bits(here.uppers, before.uppers),
        joined_bits(here.lowers, before.lowers),
    };
    return kind_of_words(&words);
}

INLINE bool block_may(const struct scan *scan, size_t begin, const struct scrub_block *block,
                      struct carry *carry, detail_fn *detail)
{
    uint64_t numbers = longer(block->numbers, &carry->numbers[0], 1);
    numbers = longer(numbers, &carry->numbers[1], 2);
    numbers = longer(numbers, &carry->numbers[2], 4);
    numbers = longer(numbers, &carry->numbers[3], 3);
    numbers = first_of_each(numbers, &carry->numbers[4]);
    uint64_t gaps = block->numbers & ~block->words;
    uint64_t groups = gaps & (gaps << 5 | carry->gaps >> 59) & (gaps << 10 | carry->gaps >> 54);
    carry->gaps = gaps;
    uint64_t words = longer(block->words, &carry->words[0], 1);
    words = longer(words, &carry->words[1], 2);
    words = longer(words, &carry->words[2], 4);
    words = longer(words, &carry->words[3], 8);
    uint64_t words_before = carry->words[4];
    uint64_t first_words = first_of_each(words, &carry->words[4]);
    if (words != 0) {
        enum word_kind kind = look_at_words(scan, begin, joined_bits(words, words_before), detail);
        if (kind != WORD_PLAIN && words_may(scan, begin, kind)) {
            return true;
        }
    }
    return (block->signs != 0 && signs_may(scan, begin, block->signs)) ||
           (block->keys != 0 && keys_may(scan, begin, block->keys, block->quotes)) ||
           (numbers != 0 && numbers_may(scan, begin, numbers)) ||
           (groups != 0 && groups_may(scan, begin, groups)) ||
           (first_words != 0 && bearers_may(scan, begin, first_words));
}

bool scrub_may_hold_portably(struct view text, const struct scrub_place *place)
{
    const struct scan scan = {text, place};
    struct carry carry = {0};
    struct scrub_block block;
    struct tail tail;
    for (size_t at = 0; at < text.len; at += BLOCK_BYTES) {
        bool is_last = text.len - at <= BLOCK_BYTES;
        block_portable(is_last ? tail_of(&tail, text, at) : text.at + at, &block);
        if (block_may(&scan, at, &block, &carry, detail_portable)) {
            return true;
        }
    }
    return false;
}

#if defined(__x86_64__)
__attribute__((target("avx2,popcnt,bmi"))) static bool
may_hold_wide(struct view text, const struct scrub_place *place)
{
    const struct scan scan = {text, place};
    struct carry carry = {0};
    struct scrub_block block;
    struct tail tail;
    for (size_t at = 0; at < text.len; at += BLOCK_BYTES) {
        bool is_last = text.len - at <= BLOCK_BYTES;
        block_wide(is_last ? tail_of(&tail, text, at) : text.at + at, &block);
        if (block_may(&scan, at, &block, &carry, detail_wide)) {
            return true;
        }
    }
    return false;
}

bool scrub_may_hold(struct view text, const struct scrub_place *place)
{
    return __builtin_cpu_supports("avx2") ? may_hold_wide(text, place)
                                          : scrub_may_hold_portably(text, place);
}
#else
bool scrub_may_hold(struct view text, const struct scrub_place *place)
{
    return scrub_may_hold_portably(text, place);
}
#endif
