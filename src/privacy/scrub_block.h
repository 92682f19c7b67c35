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
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
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

/* --- by registers that every processor of its kind has: 16 bytes each --- */

typedef uint8_t lanes __attribute__((vector_size(16)));

#define SCRUB_INLINE __attribute__((always_inline)) static inline

SCRUB_INLINE lanes load_lanes(const char *at)
{
    lanes bytes;
    memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

SCRUB_INLINE lanes all_lanes(uint8_t byte)
{
    return (lanes){byte, byte, byte, byte, byte, byte, byte, byte,
                   byte, byte, byte, byte, byte, byte, byte, byte};
}

SCRUB_INLINE lanes lanes_are(lanes bytes, char byte)
{
    return (lanes)(bytes == all_lanes((uint8_t)byte));
}

SCRUB_INLINE lanes lanes_from_to(lanes bytes, char first, char last)
{
    return (lanes)(bytes - all_lanes((uint8_t)first) <= all_lanes((uint8_t)(last - first)));
}

/* A bit of each lane of four; the first of the first one is the lowest. */
SCRUB_INLINE uint64_t lanes_mask(const lanes sets[4])
{
#if defined(__x86_64__)
    uint64_t mask = 0;
    for (unsigned i = 4; i-- > 0;) {
        mask = mask << 16 | (unsigned)_mm_movemask_epi8((__m128i)sets[i]);
    }
    return mask;
#elif defined(__aarch64__)
    const lanes weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t low = vpaddq_u8((uint8x16_t)(sets[0] & weights), (uint8x16_t)(sets[1] & weights));
    uint8x16_t high = vpaddq_u8((uint8x16_t)(sets[2] & weights), (uint8x16_t)(sets[3] & weights));
    low = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(low, low)), 0);
#else
    uint64_t mask = 0;
    for (unsigned i = 0; i < BLOCK_BYTES; i++) {
        mask |= (uint64_t)(sets[i / 16][i % 16] & 1) << i;
    }
    return mask;
#endif
}

/* What is known of a lane, all ones or all zeros. */
struct lane_classes {
    lanes numbers[4];
    lanes words[4];
    lanes signs[4];
    lanes quotes[4];
    lanes colons[4];
};

/* The classes as the tables above have them, with all that they hold beside. */
SCRUB_INLINE void classes_of_lanes(lanes bytes, unsigned i, struct lane_classes *classes)
{
    const lanes pairs = bytes | all_lanes(1);     /* ( ) and = < and \ ] become one */
    const lanes folded = bytes | all_lanes(0x20); /* letters, and @ ` */
    const lanes edges = lanes_are(pairs, ']');    /* \ ] */
    const lanes behind_plus = lanes_from_to(bytes, '+', '9');
    const lanes brackets = lanes_from_to(bytes, '[', '_') & ~lanes_are(bytes, '\\');
    const lanes letters = lanes_from_to(folded, 'a', 'z');
    classes->numbers[i] = behind_plus | brackets | lanes_are(bytes, ' ') | lanes_are(pairs, ')');
    classes->words[i] = (behind_plus & ~lanes_are(bytes, ',')) | brackets | letters;
    classes->signs[i] = lanes_are(folded, '`') | lanes_are(folded, 'j') | lanes_are(pairs, '=') |
                        edges | lanes_are(bytes, '%') | lanes_are(bytes, '+');
    classes->quotes[i] = lanes_are(bytes, '"');
    classes->colons[i] = lanes_are(bytes, ':');
}

/* Reads one byte more than a block. */
SCRUB_INLINE void block_lanes(const char *at, struct scrub_block *block)
{
    struct lane_classes classes;
    for (unsigned i = 0; i < 4; i++) {
        classes_of_lanes(load_lanes(at + (size_t)16 * i), i, &classes);
    }
    block->numbers = lanes_mask(classes.numbers);
    block->words = lanes_mask(classes.words);
    block->signs = lanes_mask(classes.signs);
    block->quotes = lanes_mask(classes.quotes);
    uint64_t colons = lanes_mask(classes.colons);
    block->keys = block->quotes & (colons >> 1 | (uint64_t)(at[BLOCK_BYTES] == ':') << 63);
}

SCRUB_INLINE void detail_lanes(const char *at, struct scrub_detail *detail)
{
    lanes digits[4];
    lanes uppers[4];
    lanes lowers[4];
    for (unsigned i = 0; i < 4; i++) {
        const lanes bytes = load_lanes(at + (size_t)16 * i);
        digits[i] = lanes_from_to(bytes, '0', '9');
        uppers[i] = lanes_from_to(bytes, 'A', 'Z');
        lowers[i] = lanes_from_to(bytes, 'a', 'z');
    }
    detail->digits = lanes_mask(digits);
    detail->uppers = lanes_mask(uppers);
    detail->lowers = lanes_mask(lowers);
}

/* --- by AVX2 --- */

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
