#include "scrub/corpus_ids.h"

#include "scrub/corpus_base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 64 };

/* Writes groups of these sizes ("\4\4\4\4") with a joint between them; the rest is the last one. */
static void put_groups(const char *signs, const char *sizes, char joint, char *out)
{
    for (; *sizes && *signs; sizes++) {
        for (int i = 0; i < *sizes && *signs; i++) {
            *out++ = *signs++;
        }
        *out++ = joint;
    }
    *--out = 0;
}

/* Fills in the last digit, so that every second one doubled sums up to tens. */
static void put_luhn(char *digits)
{
    size_t len = strlen(digits);
    for (char last = '0'; last <= '9'; last++) {
        int sum = 0;
        digits[len - 1] = last;
        for (size_t i = 0; i < len; i++) {
            int value = (digits[len - 1 - i] - '0') * (i % 2 ? 2 : 1);
            sum += value / 10 + value % 10;
        }
        if (sum % 10 == 0) {
            return;
        }
    }
}

void corpus_card(struct corpus *corpus, char *out, size_t room)
{
    static const struct {
        const char *pattern;
        const char *sizes;
    } CARDS[] = {
        {"4###############", "\4\4\4\4"},   {"51##############", "\4\4\4\4"},
        {"54##############", "\4\4\4\4"},   {"2\\6\\7#############", "\4\4\4\4"},
        {"34#############", "\4\6\5"},      {"37#############", "\4\6\5"},
        {"\\6011############", "\4\4\4\4"}, {"3\\6############", "\4\6\4"},
        {"3530############", "\4\4\4\4"},   {"\\62##############", "\4\4\4\4"},
    };
    char digits[ID_BYTES];
    unsigned which = corpus_below(corpus, sizeof(CARDS) / sizeof(CARDS[0]));
    corpus_fill(corpus, CARDS[which].pattern, digits, sizeof(digits));
    put_luhn(digits);
    unsigned way = corpus_below(corpus, 3);
    if (way == 0 && strlen(digits) > 14) {
        snprintf(out, room, "%s", digits);
    } else {
        put_groups(digits, CARDS[which].sizes, way == 1 ? '-' : ' ', out);
    }
}

/* What is left of the account, the country and its two digits when divided by 97. */
static int iban_rest(const char *account, const char *country)
{
    char signs[2 * ID_BYTES];
    int rest = 0;
    snprintf(signs, sizeof(signs), "%s%s00", account, country);
    for (const char *at = signs; *at; at++) {
        int value = *at <= '9' ? *at - '0' : *at - 'A' + 10;
        rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest;
}

void corpus_iban(struct corpus *corpus, char *out, size_t room)
{
    static const char *const COUNTRIES[][2] = {
        {"DE", "##################"},
        {"AT", "################"},
        {"NL", "AAAA##########"},
        {"GB", "AAAA##############"},
        {"FR", "##########^^^^^^^^^^^##"},
        {"ES", "####################"},
        {"IT", "A##########^^^^^^^^^^^^"},
        {"BE", "############"},
        {"CH", "#####^^^^^^^^^^^^"},
        {"PL", "########################"},
        {"NO", "###########"},
        {"MT", "AAAA#####^^^^^^^^^^^^^^^^^^"},
    };
    char account[ID_BYTES];
    char signs[ID_BYTES + 8];
    const char *const *country = PICK(corpus, COUNTRIES);
    corpus_fill(corpus, country[1], account, sizeof(account));
    snprintf(signs, sizeof(signs), "%s%02d%s", country[0], 98 - iban_rest(account, country[0]),
             account);
    if (corpus_below(corpus, 2)) {
        snprintf(out, room, "%s", signs);
    } else {
        put_groups(signs, "\4\4\4\4\4\4\4\4\4", ' ', out);
    }
}

/* --- ids of nations --- */

static void american(struct corpus *corpus, char *out, size_t room)
{
    snprintf(out, room, "%03u-%02u-%04u", 1 + corpus_below(corpus, 665),
             1 + corpus_below(corpus, 99), 1 + corpus_below(corpus, 9999));
}

/* Weights fall from `weight` on to 2. */
static char brazilian_digit(const char *digits, int weight)
{
    int sum = 0;
    for (; weight > 1; weight--) {
        sum += (*digits++ - '0') * weight;
    }
    return (char)('0' + (sum % 11 < 2 ? 0 : 11 - sum % 11));
}

static void brazilian(struct corpus *corpus, char *out, size_t room)
{
    char digits[ID_BYTES];
    corpus_fill(corpus, "#########", digits, sizeof(digits));
    digits[9] = brazilian_digit(digits, 10);
    digits[10] = brazilian_digit(digits, 11);
    snprintf(out, room, "%.3s.%.3s.%.3s-%.2s", digits, digits + 3, digits + 6, digits + 9);
}

static void spanish(struct corpus *corpus, char *out, size_t room)
{
    unsigned number = 10000000 + corpus_below(corpus, 89999999);
    snprintf(out, room, "%u.%03u.%03u-%c", number / 1000000, number / 1000 % 1000, number % 1000,
             "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]);
}

static void italian(struct corpus *corpus, char *out, size_t room)
{
    static const int ODD[36] = {1,  0, 5, 7,  9,  13, 15, 17, 19, 21, 1,  0,
                                5,  7, 9, 13, 15, 17, 19, 21, 2,  4,  18, 20,
                                11, 3, 6, 8,  12, 14, 16, 10, 22, 25, 24, 23};
    char signs[ID_BYTES];
    int sum = 0;
    corpus_fill(corpus, "AAAAAA##A##A###", signs, sizeof(signs));
    signs[8] = corpus_of(corpus, "ABCDEHLMPRST");
    for (int i = 0; i < 15; i++) {
        int value = signs[i] <= '9' ? signs[i] - '0' : signs[i] - 'A' + 10;
        sum += i % 2 == 0 ? ODD[value] : value < 10 ? value : value - 10;
    }
    snprintf(out, room, "%s%c", signs, 'A' + sum % 26);
}

static void french(struct corpus *corpus, char *out, size_t room)
{
    char digits[ID_BYTES];
    snprintf(digits, sizeof(digits), "%u%02u%02u%02u%03u%03u", 1 + corpus_below(corpus, 2),
             corpus_below(corpus, 100), 1 + corpus_below(corpus, 12), 1 + corpus_below(corpus, 95),
             1 + corpus_below(corpus, 900), 1 + corpus_below(corpus, 900));
    unsigned key = 97 - (unsigned)(strtoull(digits, NULL, 10) % 97);
    snprintf(digits + 13, sizeof(digits) - 13, "%02u", key);
    if (corpus_below(corpus, 2)) {
        snprintf(out, room, "%s", digits);
    } else {
        put_groups(digits, "\1\2\2\2\3\3\2", ' ', out);
    }
}

static void chinese(struct corpus *corpus, char *out, size_t room)
{
    char digits[ID_BYTES];
    int sum = 0;
    snprintf(digits, sizeof(digits), "%06u%u%02u%02u%03u", 110000 + corpus_below(corpus, 540000),
             1940 + corpus_below(corpus, 80), 1 + corpus_below(corpus, 12),
             1 + corpus_below(corpus, 28), corpus_below(corpus, 1000));
    for (int i = 0; i < 17; i++) {
        int weight = 1;
        for (int k = 0; k < 17 - i; k++) {
            weight = weight * 2 % 11;
        }
        sum += weight * (digits[i] - '0');
    }
    snprintf(out, room, "%s%c", digits, "10X98765432"[sum % 11]);
}

void corpus_national_id(struct corpus *corpus, char *out, size_t room)
{
    static void (*const NATIONS[])(struct corpus *, char *, size_t) = {
        american, brazilian, spanish, italian, french, chinese};
    PICK(corpus, NATIONS)(corpus, out, room);
}
