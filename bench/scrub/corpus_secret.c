#include "scrub/corpus_base.h"
#include "scrub/corpus_ids.h"

#include <stdio.h>
#include <string.h>

/* --- the secrets --- */

static void email(struct corpus *corpus, char *out, size_t room)
{
    static const char *const NAMES[] = {"ann",     "bob.lee", "maria-jose", "jürgen",
                                        "o'brien", "x",       "li.wei",     "a_b+shop",
                                        "info",    "Ann.Lee", "kim99",      "1234"};
    static const char *const HOSTS[] = {"example.com",   "mail.example.co.uk", "laden.example",
                                        "163.com",       "müller.example",     "EXAMPLE.ORG",
                                        "a-b.example.io"};
    static const char *const SIGNS[] = {"@", "@", "@", "%40"};
    snprintf(out, room, "%s%u%s%s", PICK(corpus, NAMES), corpus_below(corpus, 10000),
             PICK(corpus, SIGNS), PICK(corpus, HOSTS));
}

static void phone(struct corpus *corpus, char *out, size_t room)
{
    static const char *const PATTERNS[] = {"+43 \\6\\64 #######",
                                           "+43\\6\\64#######",
                                           "+43 1 #######",
                                           "+4\\9 30 ########",
                                           "+4\\9 (0) 1\\71 #######",
                                           "+1 415 555 ####",
                                           "+1-212-555-####",
                                           "+1 (415) 555-####",
                                           "(415) 555-####",
                                           "415-555-####",
                                           "212.555.####",
                                           "1-415-555-####",
                                           "+44 20 \\7### ####",
                                           "+44 \\7### ######",
                                           "+33 \\6 ## ## ## ##",
                                           "0\\6 ## ## ## ##",
                                           "01.##.##.##.##",
                                           "0\\6\\64 #######",
                                           "0\\6\\64/#######",
                                           "030 #######",
                                           "+8\\6 138 #### ####",
                                           "+\\91 \\98### #####",
                                           "+55 11 \\9####-####",
                                           "+81 3-####-####",
                                           "+\\61 4## ### ###",
                                           "0043 \\6\\64 #######",
                                           "004\\9 30 ########",
                                           "020 \\7### ####",
                                           "0\\7### ######",
                                           "+3\\9 34\\7 #######",
                                           "+4\\6 \\70-### ## ##",
                                           "+41 \\7\\9 ### ## ##"};
    corpus_fill(corpus, PICK(corpus, PATTERNS), out, room);
}

static void web_token(struct corpus *corpus, char *out, size_t room)
{
    static const char *const PATTERNS[] = {
        "eyJ\\hbGciOiJIUzI1NiJ\\9.eyJzdWIiOi***********************.*************************",
        "eyJ0eX\\AiOiJKV1QiLCJ\\hbGciOiJSUzI1NiJ\\9.eyJ************************"};
    corpus_fill(corpus, PICK(corpus, PATTERNS), out, room);
}

static void bearer(struct corpus *corpus, char *out, size_t room)
{
    static const char *const PATTERNS[] = {"hhhhhhhhhhhhhhh#hhhhhhhhhhhhhhhh",
                                           "****************#*******",
                                           "***********#****************************",
                                           "***********#************\\=\\=", "aaaaaaaaaaaaaaa9#"};
    corpus_fill(corpus, PICK(corpus, PATTERNS), out, room);
}

static void secret(struct corpus *corpus, char *out, size_t room)
{
    static const char *const PATTERNS[] = {
        "sk_live_A9**********************",
        "sk_test_A9**********************",
        "g\\hp_A9**********************************",
        "git\\hub_p\\at_A9********************_***********",
        "glp\\at-A9******************",
        "xoxb-############-############-A9**********************",
        "\\AKI\\A^^^^^^^^^^^^^^^9",
        "\\AIz\\aA9*********************************",
        "npm_A9**********************************",
        "w\\hsec_A9******************************",
        "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
        "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"};
    corpus_fill(corpus, PICK(corpus, PATTERNS), out, room);
}

static void opaque(struct corpus *corpus, char *out, size_t room)
{
    static const char *const PATTERNS[] = {
        "****************************************", "*******************************************",
        "********************_***********************-*******************",
        "*******************************************************************************"};
    corpus_fill(corpus, PICK(corpus, PATTERNS), out, room);
}

static void place(struct corpus *corpus, char *out, size_t room)
{
    static const char *const JOINTS[] = {",", ", ", " "};
    static const char *const DECIMALS[] = {"####", "######", "###############"};
    char first[64];
    char second[64];
    const char *decimals = PICK(corpus, DECIMALS);
    corpus_fill(corpus, decimals, first, sizeof(first));
    corpus_fill(corpus, decimals, second, sizeof(second));
    snprintf(out, room, "%s%u.%s%s%s%u.%s", corpus_below(corpus, 4) ? "" : "-",
             1 + corpus_below(corpus, 89), first, PICK(corpus, JOINTS),
             corpus_below(corpus, 4) ? "" : "-", corpus_below(corpus, 179), second);
}

/* What any name that says secret may have as its value. */
static void value(struct corpus *corpus, char *out, size_t room)
{
    static const char *const PATTERNS[] = {"aaaa####", "******", "************", "Ah-9######",
                                           "hhhhhhhhhhhhhhhh"};
    corpus_fill(corpus, PICK(corpus, PATTERNS), out, room);
}

/* --- what is around them --- */

static const char *const TEXTS[] = {"%s",
                                    "Contact %s please",
                                    "Thanks! %s",
                                    "It is %s, as I said.",
                                    "(%s)",
                                    "number: %s\n",
                                    "%s; and more",
                                    "<b>%s</b>",
                                    "Line one\n%s\nline three",
                                    "\"%s\" is mine"};
static const char *const DOCUMENTS[] = {"{\"note\":\"%s\",\"n\":1.50}",
                                        "{\"a\":{\"b\":[{\"text\":\"say %s, yes\"}]},\"x\":null}",
                                        "[\"%s\",2,3]", "{\"message\":\"a\\n%s\\nb\",\"ok\":true}",
                                        "{\"q\":\"\\\"%s\\\"\",\"page\":2}"};
static const char *const URLS[] = {
    "https://shop.example/u/%s/edit", "https://shop.example/?u=%s&b=1",
    "https://shop.example/#/u/%s?tab=2", "https://shop.example/a?next=%%2Fu%%3Fx%%3D1&q=%s"};
static const char *const PARAMETERS[] = {
    "token",       "access_token", "api_key", "code",         "password",
    "sid",         "phone",        "apikey",  "email",        "X-Amz-Signature",
    "reset_token", "PHPSESSID",    "otp",     "client_secret"};
static const char *const KEYS[] = {
    "password", "accessToken", "api_key",       "phone", "customerPhone", "first_name", "secret",
    "ssn",      "cvc",         "authorization", "email", "billing_phone", "csrf_token", "iban"};

static void put(struct corpus_sample *sample, const char *around)
{
    char *at = sample->text;
    for (; *around; around++) {
        if (around[0] == '%' && around[1] == 's') {
            at = stpcpy(at, sample->secret);
            around++;
        } else {
            around += around[0] == '%';
            *at++ = *around;
        }
    }
    *at = 0;
}

static void put_named(struct corpus *corpus, enum scrub_rule rule, struct corpus_sample *sample)
{
    static const char *const WAYS[] = {"https://shop.example/reset?%s=%s&step=2",
                                       "https://shop.example/#%s=%s",
                                       "see https://a.example/?x=1&%s=%s now",
                                       "https://shop.example/?next=%%2Freset%%3F%s%%3D%s&x=1"};
    static const char *const MEMBERS[] = {"{\"%s\":\"%s\",\"n\":1}", "{\"a\":[{\"%s\":\"%s\"}]}",
                                          "{\"%s\":[\"%s\"]}"};
    bool is_key = rule == SCRUB_KEY;
    const char *way = is_key ? PICK(corpus, MEMBERS) : PICK(corpus, WAYS);
    const char *name = is_key ? PICK(corpus, KEYS) : PICK(corpus, PARAMETERS);
    char around[CORPUS_SECRET_BYTES];
    const char *hole = strstr(way, "%s");
    snprintf(around, sizeof(around), "%.*s%s%s", (int)(hole - way), way, name, hole + 2);
    sample->form = is_key ? CORPUS_JSON : way[0] == 's' ? CORPUS_TEXT : CORPUS_URL;
    put(sample, around);
}

static void put_userinfo(struct corpus *corpus, struct corpus_sample *sample)
{
    static const char *const WAYS[] = {"https://ann:%s@shop.example/a?b=1",
                                       "at ftp://u:%s@h.example/x.", "https://%s@h.example:8443/"};
    const char *way = PICK(corpus, WAYS);
    sample->form = way[0] == 'a' ? CORPUS_TEXT : CORPUS_URL;
    put(sample, way);
}

static void put_bearer(struct corpus *corpus, struct corpus_sample *sample)
{
    static const char *const WAYS[] = {"Authorization: Bearer %s", "bearer %s sent",
                                       "failed with Basic %s\n", "{\"header\":\"Bearer %s\"}"};
    const char *way = PICK(corpus, WAYS);
    sample->form = way[0] == '{' ? CORPUS_JSON : CORPUS_TEXT;
    put(sample, way);
}

/* By how it looks, wherever it stands; what has spaces stands in no address, nor what needs a word
 * before it to be told from an id. */
static void put_anywhere(struct corpus *corpus, enum scrub_rule rule, struct corpus_sample *sample)
{
    bool in_urls = rule == SCRUB_EMAIL || rule == SCRUB_WEB_TOKEN || rule == SCRUB_OPAQUE ||
                   rule == SCRUB_SECRET || rule == SCRUB_IBAN;
    bool may = in_urls && !strchr(sample->secret, ' ');
    sample->form = (enum corpus_form)(corpus_below(corpus, 3));
    sample->form = sample->form == CORPUS_URL && !may ? CORPUS_TEXT : sample->form;
    put(sample, sample->form == CORPUS_TEXT   ? PICK(corpus, TEXTS)
                : sample->form == CORPUS_JSON ? PICK(corpus, DOCUMENTS)
                                              : PICK(corpus, URLS));
}

void corpus_secret(struct corpus *corpus, enum scrub_rule rule, struct corpus_sample *sample)
{
    static void (*const MAKERS[SCRUB_RULES])(struct corpus *, char *, size_t) = {
        [SCRUB_PARAMETER] = value,  [SCRUB_USERINFO] = value,
        [SCRUB_EMAIL] = email,      [SCRUB_WEB_TOKEN] = web_token,
        [SCRUB_OPAQUE] = opaque,    [SCRUB_CARD] = corpus_card,
        [SCRUB_KEY] = value,        [SCRUB_PHONE] = phone,
        [SCRUB_IBAN] = corpus_iban, [SCRUB_NATIONAL_ID] = corpus_national_id,
        [SCRUB_BEARER] = bearer,    [SCRUB_SECRET] = secret,
        [SCRUB_PLACE] = place,
    };
    MAKERS[rule](corpus, sample->secret, sizeof(sample->secret));
    if (rule == SCRUB_PARAMETER || rule == SCRUB_KEY) {
        put_named(corpus, rule, sample);
    } else if (rule == SCRUB_USERINFO) {
        put_userinfo(corpus, sample);
    } else if (rule == SCRUB_BEARER) {
        put_bearer(corpus, sample);
    } else {
        put_anywhere(corpus, rule, sample);
    }
}
