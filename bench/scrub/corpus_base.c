#include "scrub/corpus_base.h"

#include <string.h>

static const char DIGITS[] = "0123456789";
static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz";
static const char CAPITALS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char CODES[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char ALL[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

void corpus_init(struct corpus *corpus, uint64_t seed)
{
    corpus->state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

/* splitmix64 */
unsigned corpus_below(struct corpus *corpus, unsigned n)
{
    uint64_t z = (corpus->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (unsigned)((z ^ (z >> 31)) % n);
}

char corpus_of(struct corpus *corpus, const char *letters)
{
    return letters[corpus_below(corpus, (unsigned)strlen(letters))];
}

static char filled(struct corpus *corpus, char pattern)
{
    switch (pattern) {
    case '#':
        return corpus_of(corpus, DIGITS);
    case '9':
        return corpus_of(corpus, "123456789");
    case 'h':
        return corpus_of(corpus, "0123456789abcdef");
    case 'H':
        return corpus_of(corpus, "0123456789ABCDEF");
    case 'a':
        return corpus_of(corpus, LETTERS);
    case 'A':
        return corpus_of(corpus, CAPITALS);
    case '*':
        return corpus_of(corpus, ALL);
    case '^':
        return corpus_of(corpus, CODES);
    default:
        return pattern;
    }
}

void corpus_fill(struct corpus *corpus, const char *pattern, char *out, size_t room)
{
    size_t len = 0;
    for (; *pattern && len + 1 < room; pattern++) {
        bool is_taken = *pattern == '\\';
        pattern += is_taken;
        out[len++] = is_taken ? *pattern : filled(corpus, *pattern);
    }
    out[len] = 0;
}
