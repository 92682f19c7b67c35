#include "privacy/scrub_byte.h"
#include "privacy/scrub_groups.h"
#include "privacy/scrub_passes.h"
#include "privacy/scrub_words.h"

/* One number under the eye of all who know a kind of it. */
struct number {
    struct view text;
    size_t at;
    const struct scrub_place *place;
    struct scrub_groups groups;
    bool is_bare; /* no joint: one group */
};

/* --- cards --- */

static unsigned prefix(const struct scrub_groups *groups, size_t len)
{
    unsigned value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value * 10 + (unsigned)(groups->digits[i] - '0');
    }
    return value;
}

static bool is_within(unsigned value, unsigned low, unsigned high)
{
    return value >= low && value <= high;
}

/* First digits and lengths as the networks give them out. */
static bool is_issued(const struct scrub_groups *groups, size_t len)
{
    unsigned two = prefix(groups, 2);
    unsigned three = prefix(groups, 3);
    unsigned four = prefix(groups, 4);
    switch (len) {
    case 14:
        return two == 36 || two == 38 || two == 39 || is_within(three, 300, 305);
    case 15:
        return two == 34 || two == 37;
    case 16:
        return two / 10 == 4 || is_within(two, 51, 55) || is_within(four, 2221, 2720) ||
               is_within(four, 2200, 2204) || four == 6011 || is_within(three, 644, 649) ||
               two == 65 || two == 62 || two == 81 || two == 60 || two == 50 ||
               is_within(two, 56, 58) || two == 67 || two == 63 || is_within(four, 3528, 3589);
    case 19:
        return two / 10 == 4 || two == 62 || two == 65 || two == 67;
    default:
        return false;
    }
}

/* The check of ISO/IEC 7812. */
static bool has_check_digit(const char *digits, size_t len)
{
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned value = (unsigned)(digits[len - 1 - i] - '0');
        value = i % 2 == 1 ? 2 * value : value;
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

/* A full stop may follow, a decimal point not. */
static bool may_end(struct view text, size_t at)
{
    at += byte_at(text, at) == '.' && !byte_is_digit(byte_at(text, at + 1));
    return at >= text.len || (!byte_is_run(text.at[at]) && text.at[at] != '=');
}

static size_t card_of(const struct number *number, size_t count)
{
    const struct scrub_groups *groups = &number->groups;
    size_t len = groups->totals[count - 1];
    size_t end = groups->ends[count - 1];
    return is_issued(groups, len) && has_check_digit(groups->digits, len) &&
                   may_end(number->text, end)
               ? end
               : 0;
}

/* A number that is not written in groups is as likely somebody's id: the word before decides, and
 * in addresses it stays. Diners' 14 digits are as long as many shops' ids, too. */
static size_t bare_card_end(const struct number *number)
{
    if (number->place->where == SCRUB_IN_URL || card_of(number, 1) == 0) {
        return 0;
    }
    enum scrub_word word = scrub_word_before(number->text, number->at, number->place);
    bool may_be =
        word == SCRUB_WORD_CARD || (number->groups.sizes[0] > 14 && word != SCRUB_WORD_ID);
    return may_be ? number->groups.ends[0] : 0;
}

static size_t card_end(const struct number *number)
{
    static const struct {
        const char *sizes;
        size_t count;
    } SHAPES[] = {{"\4\4\4\4\3", 5}, {"\4\4\4\4", 4}, {"\4\6\5", 3}, {"\4\6\4", 3}};
    size_t end = 0;
    for (size_t i = 0; i < sizeof(SHAPES) / sizeof(SHAPES[0]) && end == 0; i++) {
        if (scrub_groups_are(&number->groups, SHAPES[i].sizes, " -+")) {
            end = card_of(number, SHAPES[i].count);
        }
    }
    return end > 0 ? end : bare_card_end(number);
}

/* --- national ids of digits --- */

static uint64_t value_of(const char *digits, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value * 10 + (uint64_t)(digits[i] - '0');
    }
    return value;
}

static bool is_ssn(const struct scrub_groups *groups)
{
    unsigned area = prefix(groups, 3);
    return scrub_groups_are(groups, "\3\2\4", "-") && area != 0 && area != 666 && area < 900 &&
           value_of(groups->digits + 3, 2) != 0 && value_of(groups->digits + 5, 4) != 0;
}

/* One check digit of Brazil's CPF, of the digits before it. */
static unsigned cpf_digit(const char *digits, size_t len)
{
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += (unsigned)(digits[i] - '0') * (unsigned)(len + 1 - i);
    }
    return sum * 10 % 11 % 10;
}

static bool is_cpf(const struct scrub_groups *groups)
{
    const char *digits = groups->digits;
    return scrub_groups_are(groups, "\3\3\3", ".") && groups->count > 3 && groups->sizes[3] == 2 &&
           groups->joints[3] == '-' && cpf_digit(digits, 9) == (unsigned)(digits[9] - '0') &&
           cpf_digit(digits, 10) == (unsigned)(digits[10] - '0');
}

static bool is_nir(const char *digits)
{
    uint64_t month = value_of(digits + 3, 2);
    return (digits[0] == '1' || digits[0] == '2') && month >= 1 && month <= 12 &&
           97 - value_of(digits, 13) % 97 == value_of(digits + 13, 2);
}

/* China's 18: a region, a date, and a check digit that may be an X. */
static bool is_chinese(const char *digits, char last)
{
    static const uint8_t WEIGHTS[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    uint64_t year = value_of(digits + 6, 4);
    uint64_t month = value_of(digits + 10, 2);
    uint64_t day = value_of(digits + 12, 2);
    unsigned sum = 0;
    for (size_t i = 0; i < 17; i++) {
        sum += WEIGHTS[i] * (unsigned)(digits[i] - '0');
    }
    return digits[0] >= '1' && digits[0] <= '8' && year >= 1900 && year < 2050 && month >= 1 &&
           month <= 12 && day >= 1 && day <= 31 && "10X98765432"[sum % 11] == last;
}

static size_t chinese_end(const struct number *number)
{
    const struct scrub_groups *groups = &number->groups;
    size_t end = groups->ends[0];
    char last = byte_at(number->text, end) == 'x' ? 'X' : byte_at(number->text, end);
    if (groups->sizes[0] == 18 && is_chinese(groups->digits, groups->digits[17])) {
        return end;
    }
    return groups->sizes[0] == 17 && last == 'X' && is_chinese(groups->digits, 'X') ? end + 1 : 0;
}

/* Spain's DNI with its points; without them it is like many product codes. */
static size_t dni_end(const struct number *number)
{
    const struct scrub_groups *groups = &number->groups;
    if (!scrub_groups_are(groups, "\2\3\3", ".")) {
        return 0;
    }
    size_t at = groups->ends[2] + 1;
    if (byte_at(number->text, at - 1) != '-') {
        return 0;
    }
    char right = "TRWAGMYFPDXBNJZSQVHLCKE"[value_of(groups->digits, 8) % 23];
    return byte_lower(byte_at(number->text, at)) == (right | 0x20) ? at + 1 : 0;
}

static size_t national_end(const struct number *number)
{
    const struct scrub_groups *groups = &number->groups;
    size_t end = dni_end(number);
    bool is_id = number->is_bare && number->place->where == SCRUB_IN_URL;
    if (end == 0 && is_ssn(groups)) {
        end = groups->ends[2];
    } else if (end == 0 && is_cpf(groups)) {
        end = groups->ends[3];
    } else if (end == 0 && scrub_groups_are(groups, "\1\2\2\2\3\3\2", " ") &&
               is_nir(groups->digits)) {
        end = groups->ends[6];
    } else if (end == 0 && !is_id && groups->sizes[0] == 15 && is_nir(groups->digits)) {
        end = groups->ends[0];
    } else if (end == 0 && !is_id) {
        end = chinese_end(number);
    }
    bool is_told = number->is_bare && end > 0 &&
                   scrub_word_before(number->text, number->at, number->place) == SCRUB_WORD_ID;
    return end > 0 && !is_told && may_end(number->text, end) ? end : 0;
}

/* --- phones --- */

enum {
    PHONE_DIGITS_MIN = 8,
    PHONE_DIGITS_MAX = 15,
    NATIONAL_MIN = 10,
    NATIONAL_MAX = 12,
    NAMED_DIGITS_MIN = 10,
    NAMED_BYTES_MIN = 11
};

/* The last group up to which there are so many digits; 0: none. */
static size_t groups_within(const struct number *number, size_t min, size_t max)
{
    const struct scrub_groups *groups = &number->groups;
    for (size_t count = groups->count; count > 0; count--) {
        if (groups->totals[count - 1] >= min && groups->totals[count - 1] <= max &&
            may_end(number->text, groups->ends[count - 1])) {
            return count;
        }
    }
    return 0;
}

/* +43 664 1234567; a single point makes a decimal number of it. */
static size_t plus_end(const struct number *number)
{
    const struct scrub_groups *groups = &number->groups;
    size_t count = groups_within(number, PHONE_DIGITS_MIN, PHONE_DIGITS_MAX);
    bool is_decimal = count == 2 && groups->joints[1] == '.';
    return count > 0 && groups->digits[0] != '0' && !is_decimal ? groups->ends[count - 1] : 0;
}

static bool is_american(const struct scrub_groups *groups, size_t first)
{
    const char *digits = groups->digits + (first > 0 ? groups->totals[first - 1] : 0);
    bool has_sizes = groups->count >= first + 3 && groups->sizes[first] == 3 &&
                     groups->sizes[first + 1] == 3 && groups->sizes[first + 2] == 4;
    bool is_bracketed = has_sizes && groups->joints[first + 1] == ')';
    bool is_joined =
        has_sizes && (is_bracketed || groups->joints[first + 1] == groups->joints[first + 2]);
    return is_joined && digits[0] >= '2' && digits[3] >= '2' &&
           strchr(" -.", groups->joints[first + 2]) != NULL;
}

/* 0664 1234567, 01 23 45 67 89, 030/1234567; a date is none. */
static size_t national_phone_end(const struct number *number)
{
    const struct scrub_groups *groups = &number->groups;
    size_t count = groups_within(number, NATIONAL_MIN, NATIONAL_MAX);
    bool is_date = groups->count > 2 && groups->sizes[0] == 2 && groups->sizes[1] == 2 &&
                   groups->sizes[2] == 4;
    if (count < 2 || groups->digits[0] != '0' || groups->digits[1] == '0' || is_date ||
        groups->sizes[0] < 2 || groups->sizes[0] > 5) {
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        bool is_french = groups->joints[i] == '.' && count == 5 && groups->sizes[i] == 2;
        if (groups->sizes[i] < 2 || (groups->joints[i] == '.' && !is_french)) {
            return 0;
        }
    }
    return groups->ends[count - 1];
}

/* Behind a word that says so whatever has digits enough. */
static size_t named_phone_end(const struct number *number)
{
    size_t count = groups_within(number, NAMED_DIGITS_MIN, PHONE_DIGITS_MAX);
    char before = byte_before(number->text, number->at);
    size_t bytes = count > 0 ? number->groups.ends[count - 1] - number->at : 0;
    bool is_named =
        bytes + (number->at > 0 && (before == ' ' || before == '.')) >= NAMED_BYTES_MIN &&
        scrub_word_before(number->text, number->at, number->place) == SCRUB_WORD_PHONE;
    return is_named ? number->groups.ends[count - 1] : 0;
}

static size_t american_end(const struct number *number)
{
    const struct scrub_groups *groups = &number->groups;
    size_t first = groups->sizes[0] == 1 && groups->digits[0] == '1';
    if (!is_american(groups, first) || !may_end(number->text, groups->ends[first + 2])) {
        return 0;
    }
    bool is_told = scrub_word_before(number->text, number->at, number->place) == SCRUB_WORD_ID;
    return is_told ? 0 : groups->ends[first + 2];
}

static size_t phone_end(const struct number *number)
{
    const struct scrub_groups *groups = &number->groups;
    bool is_abroad = groups->digits[0] == '0' && groups->digits[1] == '0';
    size_t end = 0;
    if (byte_before(number->text, number->at) == '+') {
        return plus_end(number);
    }
    if (is_abroad) {
        size_t count = groups_within(number, 10, PHONE_DIGITS_MAX + 2);
        end = count > 1 && groups->digits[2] != '0' && groups->sizes[0] > 3
                  ? groups->ends[count - 1]
                  : 0;
    } else if (groups->count > 1) {
        end = american_end(number);
        end = end > 0 ? end : national_phone_end(number);
    }
    return end > 0 ? end : named_phone_end(number);
}

/* --- positions --- */

enum { PLACE_DECIMALS_MIN = 4 };

/* A decimal number with so many decimals; its whole part in *whole. */
static size_t decimal_end(struct view text, size_t at, unsigned *whole)
{
    size_t i = at + (byte_at(text, at) == '-' || byte_at(text, at) == '+');
    size_t begin = i;
    *whole = 0;
    while (byte_is_digit(byte_at(text, i)) && i - begin < 3) {
        *whole = *whole * 10 + (unsigned)(text.at[i++] - '0');
    }
    if (i == begin || byte_at(text, i) != '.') {
        return 0;
    }
    size_t point = i++;
    while (byte_is_digit(byte_at(text, i))) {
        i++;
    }
    return i - point > PLACE_DECIMALS_MIN ? i : 0;
}

/* Two of them. Where both are below 1 there is only sea: these are shares, scores, sizes. */
static size_t place_end(struct view text, size_t at)
{
    unsigned first;
    unsigned second;
    size_t end = decimal_end(text, at, &first);
    if (end == 0) {
        return 0;
    }
    size_t next = end;
    while (next - end < 3 && memchr(" ,/", byte_at(text, next), 3) && next < text.len) {
        next++;
    }
    end = next > end ? decimal_end(text, next, &second) : 0;
    bool is_on_earth = end > 0 && first <= 180 && second <= 180 && (first <= 90 || second <= 90);
    return is_on_earth && (first > 0 || second > 0) && byte_at(text, end) != '.' &&
                   !byte_is_name(byte_at(text, end))
               ? end
               : 0;
}

/* --- all of them --- */

static bool may_begin(struct view text, size_t at)
{
    char before = byte_before(text, at);
    return !byte_is_run(before) && before != '/' && before != '=' && before != '$';
}

/* Behind a plus that belongs to nothing before it; %2B is one, too. */
static bool is_behind_plus(struct view text, size_t at)
{
    return byte_before(text, at) == '+' && !byte_is_alnum(byte_before(text, at - 1));
}

static bool is_behind_escaped_plus(struct view text, size_t at)
{
    return at >= 3 && text.at[at - 3] == '%' && text.at[at - 2] == '2' &&
           byte_lower(text.at[at - 1]) == 'b';
}

static size_t escaped_phone_end(const struct number *number)
{
    size_t count = groups_within(number, PHONE_DIGITS_MIN, PHONE_DIGITS_MAX);
    return count > 0 && number->groups.digits[0] != '0' ? number->groups.ends[count - 1] : 0;
}

/* Seconds, milliseconds, microseconds, nanoseconds of these decades. */
static bool is_instant(const struct number *number)
{
    unsigned size = number->groups.sizes[0];
    return number->is_bare && number->groups.digits[0] == '1' &&
           (size == 10 || size == 13 || size == 16 || size == 19);
}

static size_t digits_end(const struct number *number, enum scrub_rule *rule)
{
    bool is_free = may_begin(number->text, number->at);
    size_t end = 0;
    if (is_free) {
        *rule = SCRUB_CARD;
        end = card_end(number);
    }
    if (end == 0 && is_free) {
        *rule = SCRUB_NATIONAL_ID;
        end = national_end(number);
    }
    if (end == 0 && (is_free || is_behind_plus(number->text, number->at))) {
        *rule = SCRUB_PHONE;
        end = phone_end(number);
    }
    if (end == 0 && is_behind_escaped_plus(number->text, number->at)) {
        *rule = SCRUB_PHONE;
        end = escaped_phone_end(number);
    }
    return end;
}

size_t scrub_number_end(struct view text, size_t at, const struct scrub_place *place,
                        enum scrub_rule *rule)
{
    *rule = SCRUB_PLACE;
    char before = byte_before(text, at);
    size_t end = byte_is_name(before) || before == '.' ? 0 : place_end(text, at);
    if (end > 0 || !byte_is_digit(text.at[at])) {
        return end;
    }
    struct number number = {.text = text, .at = at, .place = place};
    scrub_groups_read(&number.groups, text, at);
    number.is_bare = number.groups.count == 1;
    if (is_instant(&number)) {
        return 0;
    }
    return digits_end(&number, rule);
}

/* The sign, the plus or the bracket that belongs to what was found. */
static size_t with_sign(struct view text, size_t at)
{
    if (is_behind_escaped_plus(text, at)) {
        return at - 3;
    }
    char before = byte_before(text, at);
    return at > 0 && (before == '+' || before == '(') ? at - 1 : at;
}

void scrub_numbers(struct scrub_edit *edit, const struct scrub_place *place)
{
    struct view text = edit->in;
    for (size_t i = 0; i < text.len; i++) {
        bool is_sign = text.at[i] == '-' && byte_is_digit(byte_at(text, i + 1));
        bool is_first = byte_is_digit(text.at[i]) && !byte_is_digit(byte_before(text, i));
        enum scrub_rule rule;
        size_t end = is_sign || is_first ? scrub_number_end(text, i, place, &rule) : 0;
        if (end > i) {
            size_t begin = with_sign(text, i);
            scrub_edit_hit(edit, rule, begin >= edit->done ? begin : i, end);
            i = end - 1;
        }
    }
}
