/*
 * scrub_block.h - 64 bytes of text as bit masks, a bit a byte; scrub_scan.c includes it.
 *
 * Bytes are told apart by two tables of 16, one for each half of a byte: where both have the bit of
 * a class, the byte is of it. A class made of few halves holds some bytes that were not meant
 * (named below); they cost a closer look.
 */
#ifndef PIPES_PRIVACY_SCRUB_BLOCK_H
#define PIPES_PRIVACY_SCRUB_BLOCK_H

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { BLOCK_BYTES = 64 };

enum {
    CLASS_DIGIT = 1,
    CLASS_SPACE = 2,      /* space ( ) , */
    CLASS_AT = 4,         /* @ j J ` */
    CLASS_EQUALS = 8,     /* = \ < ] */
    CLASS_JOINT = 16,     /* - . / + _ [ ] ^ */
    CLASS_PERCENT = 32,   /* % + */
    CLASS_LETTER = 64,    /* a-o A-O */
    CLASS_LETTER_2 = 128, /* p-z P-Z */
    /* Numbers and what joins their groups; what tokens are made of; signs. */
    CLASSES_NUMBER = CLASS_DIGIT | CLASS_SPACE | CLASS_JOINT,
    CLASSES_WORD = CLASS_DIGIT | CLASS_JOINT | CLASS_LETTER | CLASS_LETTER_2,
    CLASSES_SIGN = CLASS_AT | CLASS_EQUALS | CLASS_PERCENT,
};

/* Classes by the lower and by the upper half of a byte. */
static const uint8_t SCRUB_LOW[16] = {
    1 | 2 | 4 | 128,  1 | 64 | 128,      1 | 64 | 128, 1 | 64 | 128,
    1 | 64 | 128,     1 | 32 | 64 | 128, 1 | 64 | 128, 1 | 64 | 128,
    1 | 2 | 64 | 128, 1 | 2 | 64 | 128,  4 | 64 | 128, 16 | 32 | 64,
    2 | 8 | 64,       8 | 16 | 64,       16 | 64,      16 | 64};
static const uint8_t SCRUB_HIGH[16] = {0, 0, 2 | 16 | 32, 1 | 8, 4 | 64, 8 | 16 | 128, 4 | 64, 128};

struct scrub_block {
    uint64_t numbers; /* CLASSES_NUMBER */
    uint64_t words;   /* CLASSES_WORD */
    uint64_t signs;   /* CLASSES_SIGN */
    uint64_t quotes;
    uint64_t keys; /* quotes with a colon behind them */
};

/* What is asked of a block only where tokens may be. */
struct scrub_detail {
    uint64_t digits;
    uint64_t uppers;
    uint64_t lowers;
};

/* A bit of each of eight bytes, the first one lowest. */
static inline uint64_t gathered(uint64_t bytes, unsigned bit)
{
    return (bytes >> bit & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56;
}

/* What the portable ways know of every byte, each a bit. */
enum {
    TRAIT_NUMBER,
    TRAIT_WORD,
    TRAIT_SIGN,
    TRAIT_QUOTE,
    TRAIT_COLON,
    TRAIT_DIGIT,
    TRAIT_UPPER,
    TRAIT_LOWER
};
extern const uint8_t scrub_traits[256];

static inline uint64_t traits_of(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    uint64_t traits = 0;
    for (unsigned i = 0; i < 8; i++) {
        traits |= (uint64_t)scrub_traits[bytes[i]] << (8 * i);
    }
    return traits;
}

/* Reads one byte more than a block. */
static inline void block_portable(const char *at, struct scrub_block *block)
{
    uint64_t colons = 0;
    *block = (struct scrub_block){0};
    for (unsigned i = 0; i < BLOCK_BYTES; i += 8) {
        uint64_t traits = traits_of(at + i);
        block->numbers |= gathered(traits, TRAIT_NUMBER) << i;
        block->words |= gathered(traits, TRAIT_WORD) << i;
        block->signs |= gathered(traits, TRAIT_SIGN) << i;
        block->quotes |= gathered(traits, TRAIT_QUOTE) << i;
        colons |= gathered(traits, TRAIT_COLON) << i;
    }
    block->keys = block->quotes & (colons >> 1 | (uint64_t)(at[BLOCK_BYTES] == ':') << 63);
}

static inline void detail_portable(const char *at, struct scrub_detail *detail)
{
    *detail = (struct scrub_detail){0};
    for (unsigned i = 0; i < BLOCK_BYTES; i += 8) {
        uint64_t traits = traits_of(at + i);
        detail->digits |= gathered(traits, TRAIT_DIGIT) << i;
        detail->uppers |= gathered(traits, TRAIT_UPPER) << i;
        detail->lowers |= gathered(traits, TRAIT_LOWER) << i;
    }
}

#if defined(__x86_64__)
#define SCRUB_WIDE __attribute__((target("avx2,popcnt,bmi"), always_inline)) static inline

SCRUB_WIDE __m256i load_wide(const char *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* A bit a byte: those that have none of the classes. */
SCRUB_WIDE uint32_t without(__m256i classes, int wanted)
{
    __m256i found = _mm256_and_si256(classes, _mm256_set1_epi8((char)wanted));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

SCRUB_WIDE __m256i table_wide(const uint8_t table[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

SCRUB_WIDE __m256i classes_wide(__m256i bytes)
{
    const __m256i half = _mm256_set1_epi8(15);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    return _mm256_and_si256(
        _mm256_shuffle_epi8(table_wide(SCRUB_LOW), _mm256_and_si256(bytes, half)),
        _mm256_shuffle_epi8(table_wide(SCRUB_HIGH), high));
}

SCRUB_WIDE uint32_t those_wide(__m256i bytes, char byte)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte)));
}

SCRUB_WIDE uint64_t joined(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

SCRUB_WIDE void block_wide(const char *at, struct scrub_block *block)
{
    __m256i first = load_wide(at);
    __m256i second = load_wide(at + 32);
    __m256i low = classes_wide(first);
    __m256i high = classes_wide(second);
    block->numbers = ~joined(without(low, CLASSES_NUMBER), without(high, CLASSES_NUMBER));
    block->words = ~joined(without(low, CLASSES_WORD), without(high, CLASSES_WORD));
    block->signs = ~joined(without(low, CLASSES_SIGN), without(high, CLASSES_SIGN));
    block->quotes = joined(those_wide(first, '"'), those_wide(second, '"'));
    block->keys = block->quotes &
                  joined(those_wide(load_wide(at + 1), ':'), those_wide(load_wide(at + 33), ':'));
}

/* A bit a byte that is one of `count` from `first` on. */
SCRUB_WIDE uint32_t from_to(__m256i bytes, char first, int count)
{
    __m256i from = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
    __m256i low = _mm256_min_epu8(from, _mm256_set1_epi8((char)(count - 1)));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, from));
}

SCRUB_WIDE void detail_wide(const char *at, struct scrub_detail *detail)
{
    __m256i low = load_wide(at);
    __m256i high = load_wide(at + 32);
    detail->digits = joined(from_to(low, '0', 10), from_to(high, '0', 10));
    detail->uppers = joined(from_to(low, 'A', 26), from_to(high, 'A', 26));
    detail->lowers = joined(from_to(low, 'a', 26), from_to(high, 'a', 26));
}
#endif

#endif
