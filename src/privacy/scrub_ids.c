#include "privacy/scrub_byte.h"
#include "privacy/scrub_passes.h"

enum { IBAN_BYTES_MIN = 15, IBAN_BYTES_MAX = 34, CODICE_BYTES = 16 };

/* Lengths by country, of the registry of ISO 13616. */
static const struct {
    char country[2];
    uint8_t len;
} IBANS[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27},
    {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
    {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20}, {"MR", 27},
    {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24}, {"PL", 28},
    {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28},
    {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20},
};

static char upper(char byte)
{
    return byte >= 'a' && byte <= 'z' ? (char)(byte & ~0x20) : byte;
}

static size_t iban_len(char first, char second)
{
    for (size_t i = 0; i < sizeof(IBANS) / sizeof(IBANS[0]); i++) {
        if (IBANS[i].country[0] == upper(first) && IBANS[i].country[1] == upper(second)) {
            return IBANS[i].len;
        }
    }
    return 0;
}

static unsigned add_sign(unsigned rest, char byte)
{
    unsigned value =
        byte_is_digit(byte) ? (unsigned)(byte - '0') : (unsigned)(upper(byte) - 'A') + 10;
    return (value < 10 ? rest * 10 + value : rest * 100 + value) % 97;
}

/* The remainder of the check; the country and its two digits count last. */
static bool is_iban(const char *signs, size_t len)
{
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        rest = add_sign(rest, signs[(i + 4) % len]);
    }
    return rest == 1;
}

/* A space or a plus may stand between groups of four (hyphens make a UUID of it). In small letters
 * it is one only when all but the country is digits: ids of that look are many. */
static size_t iban_end(struct view text, size_t at)
{
    char signs[IBAN_BYTES_MAX];
    bool is_upper = byte_is_upper(text.at[at]) && byte_is_upper(text.at[at + 1]);
    size_t want = iban_len(text.at[at], text.at[at + 1]);
    size_t len = 0;
    size_t i = at;
    for (; len < want && i < text.len; i++) {
        bool is_joint = (text.at[i] == ' ' || text.at[i] == '+') && len % 4 == 0 &&
                        byte_is_alnum(text.at[i - 1]);
        bool is_sign = is_upper || len < 2 ? byte_is_alnum(text.at[i]) : byte_is_digit(text.at[i]);
        if (is_sign) {
            signs[len++] = text.at[i];
        } else if (!is_joint) {
            return 0;
        }
    }
    return want > 0 && len == want && !byte_is_alnum(byte_at(text, i)) && is_iban(signs, len) ? i
                                                                                              : 0;
}

/* Values of the signs at odd places of a codice fiscale, as its decree has them. */
static const uint8_t CODICE_ODD[26] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                       20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};

static unsigned codice_value(char byte, bool is_odd)
{
    unsigned value = byte_is_digit(byte) ? (unsigned)(byte - '0') : (unsigned)(upper(byte) - 'A');
    return is_odd ? CODICE_ODD[value] : value;
}

static size_t codice_end(struct view text, size_t at)
{
    static const char SHAPE[] = "AAAAAA00A00A000A";
    unsigned sum = 0;
    if (text.len - at < CODICE_BYTES || byte_is_alnum(byte_at(text, at + CODICE_BYTES))) {
        return 0;
    }
    for (size_t i = 0; i < CODICE_BYTES; i++) {
        char byte = text.at[at + i];
        if (SHAPE[i] == 'A' ? !byte_is_upper(byte) : !byte_is_digit(byte)) {
            return 0;
        }
        sum += i + 1 < CODICE_BYTES ? codice_value(byte, i % 2 == 0) : 0;
    }
    bool is_month = memchr("ABCDEHLMPRST", text.at[at + 8], 12) != NULL;
    bool is_right = sum % 26 == (unsigned)(text.at[at + CODICE_BYTES - 1] - 'A');
    return is_month && is_right ? at + CODICE_BYTES : 0;
}

size_t scrub_id_end(struct view text, size_t at, enum scrub_rule *rule)
{
    if (text.len - at < IBAN_BYTES_MIN || !byte_is_letter(text.at[at]) ||
        !byte_is_letter(text.at[at + 1]) || byte_is_name(byte_before(text, at))) {
        return 0;
    }
    *rule = SCRUB_IBAN;
    if (byte_is_digit(text.at[at + 2]) && byte_is_digit(text.at[at + 3])) {
        return iban_end(text, at);
    }
    *rule = SCRUB_NATIONAL_ID;
    return codice_end(text, at);
}

void scrub_ids(struct scrub_edit *edit, const struct scrub_place *place)
{
    struct view text = edit->in;
    (void)place;
    for (size_t i = 0; i < text.len; i++) {
        enum scrub_rule rule;
        size_t end = byte_is_letter(text.at[i]) ? scrub_id_end(text, i, &rule) : 0;
        if (end > i) {
            scrub_edit_hit(edit, rule, i, end);
            i = end - 1;
        }
    }
}
