#include "privacy/scrub_byte.h"
#include "privacy/scrub_passes.h"

enum {
    WINDOW_BYTES = 32,
    WINDOW_CHANGES_MIN = 11,
    WINDOW_OTHER_CHANGES_MIN = 3,
    WINDOW_LETTERS_MIN = 2,
    OPAQUE_BYTES_MIN = 40,
    HEX_BYTES_MIN = 64,
    HEX_KIND_MIN = 8,
    SUM_NAME_BYTES = 16,
    BEARER_BYTES_MIN = 16,
    SERVICE_HEAD_BYTES = 48 /* of a key, within which it is a mixture */
};

/* 0: neither letter nor digit. */
static unsigned kind_of(char byte)
{
    if (byte_is_digit(byte)) {
        return 1;
    }
    return !byte_is_letter(byte) ? 0 : byte_is_upper(byte) ? 3 : 2;
}

static bool is_change(struct view run, size_t i)
{
    unsigned kind = kind_of(run.at[i]);
    unsigned before = i > 0 ? kind_of(run.at[i - 1]) : 0;
    return kind != 0 && before != 0 && kind != before;
}

/* A capital and a small letter: how a word begins in a name in camel case. */
static bool is_hump(struct view run, size_t i)
{
    return i > 0 && kind_of(run.at[i]) == 2 && kind_of(run.at[i - 1]) == 3;
}

struct window {
    unsigned counts[4]; /* by kind */
    unsigned changes;
    unsigned humps;
};

/* By 1, or out again by -1. */
static void count_byte(struct window *window, struct view run, size_t i, unsigned by)
{
    window->counts[kind_of(run.at[i])] += by;
    window->changes += is_change(run, i) ? by : 0;
    window->humps += is_hump(run, i) ? by : 0;
}

/* The changes that words begin with do not count. */
static bool is_opaque_window(const struct window *window)
{
    return window->changes >= WINDOW_CHANGES_MIN && window->counts[1] >= 1 &&
           window->counts[2] >= WINDOW_LETTERS_MIN && window->counts[3] >= WINDOW_LETTERS_MIN &&
           window->changes >= 2 * window->humps + WINDOW_OTHER_CHANGES_MIN;
}

bool scrub_is_opaque(struct view run)
{
    struct window window = {0};
    size_t begin = 0; /* of the run of letters, digits and joints */
    for (size_t i = 0; i < run.len; i++) {
        if (!byte_is_name(run.at[i]) && run.at[i] != '+' && run.at[i] != '/') {
            window = (struct window){0};
            begin = i + 1;
            continue;
        }
        count_byte(&window, run, i, 1);
        if (i - begin >= WINDOW_BYTES) {
            count_byte(&window, run, i - WINDOW_BYTES, (unsigned)-1);
        }
        if (i + 1 - begin >= WINDOW_BYTES && is_opaque_window(&window)) {
            return true;
        }
    }
    return false;
}

static size_t run_end(struct view text, size_t at, bool is_base64)
{
    while (at < text.len && (byte_is_name(text.at[at]) ||
                             (is_base64 && (text.at[at] == '+' || text.at[at] == '/')))) {
        at++;
    }
    return at;
}

/* How keys of services begin, and how many letters and digits follow at least. */
static const struct {
    struct view head;
    size_t rest_min;
} SERVICES[] = {
    {{"sk_live_", 8}, 16}, {{"sk_test_", 8}, 16}, {{"rk_live_", 8}, 16},     {{"ghp_", 4}, 30},
    {{"gho_", 4}, 30},     {{"ghs_", 4}, 30},     {{"github_pat_", 11}, 30}, {{"glpat-", 6}, 16},
    {{"xoxb-", 5}, 16},    {{"xoxp-", 5}, 16},    {{"AKIA", 4}, 16},         {{"ASIA", 4}, 16},
    {{"AIza", 4}, 30},     {{"npm_", 4}, 30},     {{"whsec_", 6}, 20},       {{"hf_", 3}, 30},
};

/* Has a capital and a digit. */
static bool is_mixed(struct view token)
{
    bool has_upper = false;
    bool has_digit = false;
    for (size_t i = 0; i < token.len && byte_is_name(token.at[i]); i++) {
        has_upper = has_upper || byte_is_upper(token.at[i]);
        has_digit = has_digit || byte_is_digit(token.at[i]);
    }
    return has_upper && has_digit;
}

static size_t service_end(struct view text, size_t at)
{
    for (size_t i = 0; i < sizeof(SERVICES) / sizeof(SERVICES[0]); i++) {
        struct view head = SERVICES[i].head;
        if (text.len - at < head.len || memcmp(text.at + at, head.at, head.len) != 0) {
            continue;
        }
        size_t end = run_end(text, at, false);
        return end - at - head.len >= SERVICES[i].rest_min &&
                       is_mixed(view_part(text, at, SERVICE_HEAD_BYTES))
                   ? end
                   : 0;
    }
    return 0;
}

/* The letters and digits that end at `end`. */
static struct view word_before(struct view text, size_t end)
{
    size_t begin = end;
    while (begin > 0 && end - begin < SUM_NAME_BYTES && byte_is_alnum(text.at[begin - 1])) {
        begin--;
    }
    return view_part(text, begin, end - begin);
}

static bool names_checksum(struct view word)
{
    static const char *const SUMS[] = {"sha",       "md5",         "hash",   "digest", "checksum",
                                       "integrity", "fingerprint", "commit", "etag",   "blake"};
    for (size_t i = 0; i < sizeof(SUMS) / sizeof(SUMS[0]); i++) {
        if (view_is_ignoring_case(view_part(word, 0, strlen(SUMS[i])), SUMS[i])) {
            return true;
        }
    }
    return false;
}

/* What is said to be a checksum of something, or is part of a file's name, is none of a person's
 * secrets: sha256-..., app.....js. Behind a percent sign the first two digits are another sign's.
 */
static bool is_checksum(struct view text, size_t at, size_t end)
{
    bool is_file = byte_at(text, end) == '.' && byte_is_letter(byte_at(text, end + 1));
    char before = byte_before(text, at);
    return is_file || before == '.' || (at > 1 && names_checksum(word_before(text, at - 1)));
}

static size_t hex_end(struct view text, size_t at)
{
    size_t digits = 0;
    size_t end = at;
    while (end < text.len && byte_is_hex(text.at[end])) {
        digits += byte_is_digit(text.at[end]);
        end++;
    }
    bool is_it = end - at >= HEX_BYTES_MIN && digits >= HEX_KIND_MIN &&
                 end - at - digits >= HEX_KIND_MIN && !byte_is_name(byte_at(text, end)) &&
                 !is_checksum(text, at, end);
    return is_it ? end : 0;
}

static bool is_token_byte(char byte)
{
    return byte_is_name(byte) || byte == '.' || byte == '+' || byte == '/';
}

static bool follows_word(struct view text, size_t at, const char *word)
{
    size_t len = strlen(word);
    struct view before = at >= len ? view_part(text, at - len, len) : view_make(NULL, 0);
    return view_is_ignoring_case(before, word);
}

static size_t bearer_end(struct view text, size_t at)
{
    if (!follows_word(text, at, "bearer ") && !follows_word(text, at, "basic ")) {
        return 0;
    }
    size_t digits = 0;
    size_t end = at;
    while (end < text.len && is_token_byte(text.at[end])) {
        digits += byte_is_digit(text.at[end]);
        end++;
    }
    size_t len = end - at;
    while (end < text.len && (text.at[end] == '=' || text.at[end] == '~')) {
        end++;
    }
    return len >= BEARER_BYTES_MIN && digits > 0 ? end : 0;
}

/* A part of an address or a path goes by itself; base64, which has slashes of its own, begins where
 * no address does. */
static size_t opaque_end(struct view text, size_t at, enum scrub_where where)
{
    size_t end = run_end(text, at, false);
    struct view run = view_part(text, at, end - at);
    char before = byte_before(text, at);
    bool is_alone = where == SCRUB_IN_TEXT && !memchr("+/.:@%", before, 6);
    if ((run.len < OPAQUE_BYTES_MIN || !scrub_is_opaque(run)) && is_alone) {
        end = run_end(text, at, true);
        run = view_part(text, at, end - at);
    }
    if (run.len < OPAQUE_BYTES_MIN || !scrub_is_opaque(run)) {
        return 0;
    }
    while (byte_at(text, end) == '=') {
        end++;
    }
    return end;
}

size_t scrub_secret_end(struct view text, size_t at, const struct scrub_place *place,
                        enum scrub_rule *rule)
{
    *rule = SCRUB_BEARER;
    size_t end = byte_before(text, at) == ' ' ? bearer_end(text, at) : 0;
    if (end == 0) {
        *rule = SCRUB_SECRET;
        end = service_end(text, at);
    }
    if (end == 0) {
        end = hex_end(text, at);
    }
    if (end == 0) {
        *rule = SCRUB_OPAQUE;
        end = opaque_end(text, at, place->where);
    }
    return end;
}

void scrub_secrets(struct scrub_edit *edit, const struct scrub_place *place)
{
    struct view text = edit->in;
    for (size_t i = 0; i < text.len;) {
        enum scrub_rule rule;
        size_t end = byte_is_name(text.at[i]) ? scrub_secret_end(text, i, place, &rule) : 0;
        if (end > i) {
            scrub_edit_hit(edit, rule, i, end);
            i = end;
        }
        /* The rest of the run begins nothing new. */
        i = i < text.len && !byte_is_name(text.at[i]) ? i + 1 : run_end(text, i, false);
    }
}
