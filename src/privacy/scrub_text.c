#include "privacy/scrub_text.h"

#include "privacy/scrub_names.h"
#include "privacy/scrub_rules.h"

enum {
    OPAQUE_BYTES_MIN = 32,
    DOMAIN_BYTES_MAX = 255,
    WEB_TOKEN_HEAD_MIN = 5, /* of its first part, without "eyJ" */
    WEB_TOKEN_HEAD_MAX = 999,
    CARD_DIGITS_MIN = 14,
    CARD_DIGITS_MAX = 19,
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static bool is_name_byte(char byte)
{
    return is_letter(byte) || is_digit(byte) || byte == '_' || byte == '-';
}

/* What e-mail addresses and web tokens are made of, percent-encoded or not. */
static bool is_run_byte(char byte)
{
    return is_name_byte(byte) || byte == '.' || byte == '%' || byte == '+' || byte == '@' ||
           byte == '\'' || (unsigned char)byte >= 0x80;
}

static bool is_same_letter(char byte, char lower)
{
    return (byte | 0x20) == lower;
}

static struct view mask(void)
{
    return view_make(scrub_mask, scrub_mask_len);
}

/* The escape at `at` of the byte whose hex digits these are, however often its percent sign was
 * escaped itself (%40, %2540, %252540): its length, or 0. The low digit is in lower case. */
static size_t escape_len(struct view text, size_t at, const char digits[2])
{
    size_t i = at;
    if (i >= text.len || text.at[i] != '%') {
        return 0;
    }
    i++;
    while (i + 1 < text.len && text.at[i] == '2' && text.at[i + 1] == '5') {
        i += 2;
    }
    bool is_it = i + 1 < text.len && text.at[i] == digits[0] &&
                 (text.at[i + 1] == digits[1] ||
                  (digits[1] >= 'a' && is_same_letter(text.at[i + 1], digits[1])));
    return is_it ? i + 2 - at : 0;
}

/* --- parameters --- */

/* Where the name begins that ends before `end`; user[mail]= ends with its bracket. */
static struct view name_before(struct view text, size_t end)
{
    for (;;) {
        if (end > 0 && text.at[end - 1] == ']') {
            end--;
        } else if (end > 2 && text.at[end - 3] == '%' && text.at[end - 2] == '5' &&
                   is_same_letter(text.at[end - 1], 'd')) {
            end -= 3;
        } else {
            break;
        }
    }
    size_t begin = end;
    while (begin > 0 && is_name_byte(text.at[begin - 1])) {
        begin--;
    }
    bool is_segment = begin > 0 && text.at[begin - 1] == '/';
    return is_segment ? view_make(NULL, 0) : view_make(text.at + begin, end - begin);
}

static bool ends_value(char byte, enum scrub_where where)
{
    return byte == '&' || byte == '#' || byte == '?' ||
           (where == SCRUB_TEXT && (unsigned char)byte <= ' ');
}

static size_t value_end(struct view text, size_t at, enum scrub_where where)
{
    while (at < text.len && !ends_value(text.at[at], where)) {
        at++;
    }
    return at;
}

/* 0: neither letter nor digit. */
static int kind_of(char byte)
{
    if (is_digit(byte)) {
        return 1;
    }
    return !is_letter(byte) ? 0 : (byte & 0x20) ? 2 : 3;
}

/* Long, and its letters and digits change all the time as no word and no hex number does. */
static bool is_opaque(struct view value)
{
    size_t changes = 0;
    size_t counts[4] = {0};
    int last = 0;
    for (size_t i = 0; i < value.len; i++) {
        int kind = kind_of(value.at[i]);
        if (kind == 0 && !is_name_byte(value.at[i]) && value.at[i] != '.' && value.at[i] != '~') {
            return false;
        }
        counts[kind]++;
        changes += kind != 0 && last != 0 && kind != last;
        last = kind;
    }
    return value.len >= OPAQUE_BYTES_MIN && counts[1] > 1 && counts[2] > 1 && counts[3] > 1 &&
           changes >= value.len / 3;
}

/* The value at `at` if it is nothing but a value: no name and value itself, nothing escaped. */
static struct view bare_value(struct view text, size_t at, enum scrub_where where)
{
    size_t end = at;
    while (end < text.len && !ends_value(text.at[end], where) && text.at[end] != '=' &&
           text.at[end] != '%') {
        end++;
    }
    bool is_all = end == text.len || ends_value(text.at[end], where);
    return is_all ? view_make(text.at + at, end - at) : view_make(NULL, 0);
}

void scrub_parameters(struct scrub_edit *edit, enum scrub_where where)
{
    struct view text = edit->in;
    for (size_t i = 0; i < text.len;) {
        size_t sign = text.at[i] == '=' ? 1 : escape_len(text, i, "3d");
        if (sign == 0) {
            i++;
            continue;
        }
        struct view name = name_before(text, i);
        i += sign;
        if (name.len == 0) {
            continue;
        }
        size_t end;
        if (scrub_name_is_secret(name, SCRUB_PARAMETER)) {
            end = value_end(text, i, where);
        } else {
            struct view value = bare_value(text, i, where);
            end = is_opaque(value) ? i + value.len : i;
        }
        if (end > i) {
            scrub_edit_replace(edit, i, end, mask());
            i = end;
        }
    }
}

/* --- userinfo --- */

void scrub_userinfo(struct scrub_edit *edit)
{
    struct view text = edit->in;
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (text.at[i] != ':' || text.at[i + 1] != '/' || text.at[i + 2] != '/') {
            continue;
        }
        size_t begin = i + 3;
        size_t behind = begin; /* the last @ */
        size_t at = begin;
        for (; at < text.len; at++) {
            char byte = text.at[at];
            if (byte == '/' || byte == '?' || byte == '#' || (unsigned char)byte <= ' ') {
                break;
            }
            behind = byte == '@' ? at + 1 : behind;
        }
        if (behind > begin) {
            scrub_edit_replace(edit, begin, behind, view_make(NULL, 0));
        }
        i = at - 2; /* a colon before what ended it may begin the next */
    }
}

/* --- e-mail addresses and web tokens --- */

/* logo@2x.png is a picture. */
static bool is_density(struct view run, size_t at)
{
    return at + 2 < run.len && is_digit(run.at[at]) && is_same_letter(run.at[at + 1], 'x') &&
           run.at[at + 2] == '.';
}

/* Whether a name with a dot and two letters follows. */
static bool is_domain(struct view run, size_t at)
{
    if (is_density(run, at)) {
        return false;
    }
    for (size_t i = at; i < run.len && i - at <= DOMAIN_BYTES_MAX && run.at[i] != '@'; i++) {
        if (i > at && run.at[i] == '.' && i + 2 < run.len && is_letter(run.at[i + 1]) &&
            is_letter(run.at[i + 2])) {
            return true;
        }
    }
    return false;
}

static bool has_address(struct view run)
{
    for (size_t i = 1; i < run.len; i++) {
        size_t sign = run.at[i] == '@' ? 1 : escape_len(run, i, "40");
        if (sign > 0 && is_domain(run, i + sign)) {
            return true;
        }
    }
    return false;
}

static bool is_eyj(struct view run, size_t at)
{
    return at + 2 < run.len && is_same_letter(run.at[at], 'e') &&
           is_same_letter(run.at[at + 1], 'y') && is_same_letter(run.at[at + 2], 'j');
}

/* eyJ, the rest of a part, a dot, and eyJ again. */
static bool has_web_token(struct view run)
{
    for (size_t dot = 0; dot < run.len; dot++) {
        if (run.at[dot] != '.' || !is_eyj(run, dot + 1)) {
            continue;
        }
        for (size_t i = dot; i > 0 && is_name_byte(run.at[i - 1]); i--) {
            size_t head = dot - (i - 1);
            if (head > 3 + WEB_TOKEN_HEAD_MAX) {
                break;
            }
            if (head >= 3 + WEB_TOKEN_HEAD_MIN && is_eyj(run, i - 1)) {
                return true;
            }
        }
    }
    return false;
}

void scrub_runs(struct scrub_edit *edit)
{
    struct view text = edit->in;
    for (size_t i = 0; i < text.len; i++) {
        size_t begin = i;
        while (i < text.len && is_run_byte(text.at[i])) {
            i++;
        }
        struct view run = view_part(text, begin, i - begin);
        if (has_address(run) || has_web_token(run)) {
            scrub_edit_replace(edit, begin, i, mask());
        }
    }
}

/* --- card numbers --- */

/* Sums of the check (Luhn), for both cases: the digits doubled are those at even or at odd places
 * from the left, which the length decides. */
struct card {
    size_t digits;
    unsigned sums[2];
    char first;
    char second;
};

static void add_digit(struct card *card, char byte)
{
    unsigned value = (unsigned)(byte - '0');
    unsigned twice = 2 * value > 9 ? 2 * value - 9 : 2 * value;
    card->sums[0] += card->digits % 2 == 0 ? twice : value;
    card->sums[1] += card->digits % 2 == 1 ? twice : value;
    card->first = card->digits == 0 ? byte : card->first;
    card->second = card->digits == 1 ? byte : card->second;
    card->digits++;
}

/* By the lengths that the networks give out. */
static bool is_card(const struct card *card)
{
    char first = card->first;
    bool fits = card->digits == 14   ? first == '3'
                : card->digits == 15 ? first == '3' && (card->second == '4' || card->second == '7')
                : card->digits == 16 ? first >= '2' && first <= '6'
                                     : first >= '4' && first <= '6';
    return card->digits >= CARD_DIGITS_MIN && card->digits <= CARD_DIGITS_MAX && fits &&
           card->sums[card->digits % 2] % 10 == 0;
}

/* A full stop may follow, a decimal point not. */
static bool may_end_card(struct view text, size_t at)
{
    bool is_stop = at < text.len && text.at[at] == '.';
    at += is_stop;
    return at == text.len || (!is_run_byte(text.at[at]) && text.at[at] != '=');
}

/* The end of the card number that begins at `at`; `at` when it is none. */
static size_t card_end(struct view text, size_t at)
{
    struct card card = {0};
    size_t end = at;
    for (size_t i = at; i < text.len && card.digits < CARD_DIGITS_MAX; i++) {
        if (is_digit(text.at[i])) {
            add_digit(&card, text.at[i]);
            end = is_card(&card) && may_end_card(text, i + 1) ? i + 1 : end;
        } else if ((text.at[i] != ' ' && text.at[i] != '-') || !is_digit(text.at[i - 1])) {
            break;
        }
    }
    return end;
}

void scrub_cards(struct scrub_edit *edit)
{
    struct view text = edit->in;
    for (size_t i = 0; i < text.len; i++) {
        char before = i > 0 ? text.at[i - 1] : ' ';
        if (!is_digit(text.at[i]) || is_run_byte(before) || before == '/' || before == '=') {
            continue;
        }
        size_t end = card_end(text, i);
        if (end > i) {
            scrub_edit_replace(edit, i, end, mask());
            i = end - 1;
        }
    }
}
