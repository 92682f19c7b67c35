#include "lake/schema_names.h"

enum { WORDS_MAX = 12, SLIPS_MAX = 2, LETTERS_DIFFER_MAX = 2 * SLIPS_MAX };

/* A name in lower case, cut where case or a separator cuts it. */
struct words {
    size_t count;
    struct view words[WORDS_MAX];
    size_t len;
    char letters[SCHEMA_NAMES_BYTES_MAX]; /* of all words */
};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char lower(char c)
{
    return is_upper(c) ? (char)(c | 0x20) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
    return c == '_' || c == '-' || c == ' ' || c == '.' || c == '/' || c == ':';
}

/* False when it has too many words. */
static bool add_letter(struct words *words, char c, bool begins)
{
    if (begins && words->count == WORDS_MAX) {
        return false;
    }
    if (begins) {
        words->words[words->count++] = view_make(words->letters + words->len, 0);
    }
    words->words[words->count - 1].len++;
    words->letters[words->len++] = lower(c);
    return true;
}

/* False when the name is too long to be compared. */
static bool split(struct view name, struct words *words)
{
    words->count = 0;
    words->len = 0;
    bool begins = true;
    if (name.len > SCHEMA_NAMES_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        bool is_hump = i > 0 && is_upper(name.at[i]) && !is_upper(name.at[i - 1]);
        if (is_separator(name.at[i])) {
            begins = true;
        } else if (!add_letter(words, name.at[i], begins || is_hump)) {
            return false;
        } else {
            begins = false;
        }
    }
    return words->len > 0;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Letters to be added, left out, changed or swapped with their neighbour (optimal string
 * alignment). */
static size_t distance(struct view a, struct view b)
{
    size_t rows[3][SCHEMA_NAMES_BYTES_MAX + 1];
    for (size_t k = 0; k <= b.len; k++) {
        rows[0][k] = k;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3];
        const size_t *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t change = before[k - 1] + (a.at[i - 1] != b.at[k - 1]);
            now[k] = least(before[k] + 1, now[k - 1] + 1, change);
            bool is_swap =
                i > 1 && k > 1 && a.at[i - 1] == b.at[k - 2] && a.at[i - 2] == b.at[k - 1];
            if (is_swap && earlier[k - 2] + 1 < now[k]) {
                now[k] = earlier[k - 2] + 1;
            }
        }
    }
    return rows[a.len % 3][b.len];
}

static bool has_digit(struct view word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (is_digit(word.at[i])) {
            return true;
        }
    }
    return false;
}

static bool is_slip(struct view a, struct view b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    size_t longer = a.len < b.len ? b.len : a.len;
    size_t allowed = shorter >= 8 ? SLIPS_MAX : shorter >= 4 ? 1 : 0;
    return longer - shorter <= allowed && a.at[0] == b.at[0] && !has_digit(a) && !has_digit(b) &&
           distance(a, b) <= allowed;
}

bool schema_names_are_alike(struct view a, struct view b)
{
    struct words left;
    struct words right;
    if (view_equal(a, b) || !split(a, &left) || !split(b, &right)) {
        return false;
    }
    if (view_equal(view_make(left.letters, left.len), view_make(right.letters, right.len))) {
        return true;
    }
    size_t differing = 0;
    size_t at = 0;
    for (size_t i = 0; i < left.count && i < right.count; i++) {
        if (!view_equal(left.words[i], right.words[i])) {
            differing++;
            at = i;
        }
    }
    return left.count == right.count && differing == 1 && is_slip(left.words[at], right.words[at]);
}

uint64_t schema_names_letters(struct view name)
{
    uint64_t letters = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_separator(name.at[i])) {
            letters |= 1ULL << ((unsigned char)lower(name.at[i]) & 63);
        }
    }
    return letters;
}

bool schema_names_may_be_alike(uint64_t letters_a, uint64_t letters_b)
{
    return __builtin_popcountll(letters_a ^ letters_b) <= LETTERS_DIFFER_MAX;
}
