#include "privacy/scrub_scan.h"

#include "privacy/scrub_block.h"
#include "privacy/scrub_look.h"

enum {
    CHANGES_MIN = 11, /* of scrub_is_opaque() */
    LONG_WORD_DIGITS = 8,
};

#define INLINE __attribute__((always_inline)) static inline

/* Runs so far: how the steps of a run's length stood at the end of the last block. */
struct carry {
    uint64_t gaps; /* bytes of neither words nor texts: spaces and the like */
    uint64_t numbers[5];
    uint64_t words[5];
};

/* --- words --- */

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

/* Plain: none of it begins, or is a part of, a secret or an id. */
INLINE enum scrub_word_kind kind_of_words(const struct words *words)
{
    if (words->uppers == 0 && !has_long_word(words->ends)) {
        return SCRUB_WORD_IS_PLAIN;
    }
    bits inside = members(words->ends);
    int digits = count_of(words->digits & inside);
    int uppers = count_of(words->uppers & inside);
    if (digits > 0 && uppers > 1 && count_of(changes_of(words) & inside) >= CHANGES_MIN) {
        return SCRUB_WORD_IS_OPAQUE;
    }
    bool is_hex = digits >= LONG_WORD_DIGITS && has_long_word(words->ends);
    return is_hex || (digits > 0 && uppers > 0) ? SCRUB_WORD_IS_TOKEN : SCRUB_WORD_IS_PLAIN;
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

INLINE enum scrub_word_kind look_at_words(const struct scrub_look *scan, size_t begin, bits ends,
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
        return SCRUB_WORD_IS_PLAIN;
    }
    const struct words words = {
        ends,
        joined_bits(here.digits, before.digits),
        joined_bits(here.uppers, before.uppers),
        joined_bits(here.lowers, before.lowers),
    };
    return kind_of_words(&words);
}

INLINE bool block_may(const struct scrub_look *scan, size_t begin, const struct scrub_block *block,
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
        enum scrub_word_kind kind =
            look_at_words(scan, begin, joined_bits(words, words_before), detail);
        if (kind != SCRUB_WORD_IS_PLAIN && scrub_look_words(scan, begin, kind)) {
            return true;
        }
    }
    return (block->signs != 0 && scrub_look_signs(scan, begin, block->signs)) ||
           (block->keys != 0 && scrub_look_keys(scan, begin, block->keys, block->quotes)) ||
           (numbers != 0 && scrub_look_numbers(scan, begin, numbers)) ||
           (groups != 0 && scrub_look_groups(scan, begin, groups)) ||
           (first_words != 0 && scrub_look_bearers(scan, begin, first_words));
}

bool scrub_may_hold_portably(struct view text, const struct scrub_place *place)
{
    const struct scrub_look scan = {text, place};
    struct carry carry = {0};
    struct scrub_block block;
    struct tail tail;
    for (size_t at = 0; at < text.len; at += BLOCK_BYTES) {
        bool is_last = text.len - at <= BLOCK_BYTES;
        block_lanes(is_last ? tail_of(&tail, text, at) : text.at + at, &block);
        if (block_may(&scan, at, &block, &carry, detail_lanes)) {
            return true;
        }
    }
    return false;
}

#if defined(__x86_64__)
__attribute__((target("avx2,popcnt,bmi"))) static bool
may_hold_wide(struct view text, const struct scrub_place *place)
{
    const struct scrub_look scan = {text, place};
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
