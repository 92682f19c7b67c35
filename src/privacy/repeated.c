#include "privacy/repeated.h"

#include "base/json.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { NAME_BYTES_MAX = 32, BLOCK = 16, WIDE_BLOCK = 64 };

#define WORD(text) VIEW_LITERAL(text)

/* In small letters, without what joins words; and what one must ask for to mean them (0: always).
 */
static const struct {
    struct view name;
    unsigned also;
} NAMES[] = {
    {WORD("ip"), 0},
    {WORD("ipaddress"), 0},
    {WORD("ipaddr"), 0},
    {WORD("ipv4"), 0},
    {WORD("ipv6"), 0},
    {WORD("clientip"), 0},
    {WORD("clientipaddress"), 0},
    {WORD("userip"), 0},
    {WORD("useripaddress"), 0},
    {WORD("remoteip"), 0},
    {WORD("remoteaddr"), 0},
    {WORD("remoteaddress"), 0},
    {WORD("xforwardedfor"), 0},
    {WORD("xrealip"), 0},
    {WORD("cfconnectingip"), 0},
    {WORD("trueclientip"), 0},
    {WORD("ua"), 0},
    {WORD("useragent"), 0},
    {WORD("useragentdata"), 0},
    {WORD("useragentstring"), 0},
    {WORD("httpuseragent"), 0},
    {WORD("rawuseragent"), 0},
    {WORD("advertisingid"), 0},
    {WORD("androidid"), 0},
    {WORD("idfa"), 0},
    {WORD("idfv"), 0},
    {WORD("gaid"), 0},
    {WORD("aaid"), 0},
    {WORD("imei"), 0},
    {WORD("userid"), REPEATED_USER_IDS},
    {WORD("distinctid"), REPEATED_USER_IDS},
    {WORD("previousid"), REPEATED_USER_IDS},
    {WORD("groupid"), REPEATED_USER_IDS},
    {WORD("traits"), REPEATED_TRAITS},
    {WORD("userproperties"), REPEATED_TRAITS},
    {WORD("anonymousid"), REPEATED_VISITOR_IDS},
    {WORD("deviceid"), REPEATED_VISITOR_IDS},
    {WORD("sessionid"), REPEATED_VISITOR_IDS},
    {WORD("sessionindex"), REPEATED_VISITOR_IDS},
    {WORD("tabid"), REPEATED_VISITOR_IDS},
};

/* A bit for each letter that one of them begins with. */
#define BIT(letter) (1U << ((letter) - 'a'))
static const uint32_t FIRST = BIT('i') | BIT('c') | BIT('u') | BIT('r') | BIT('x') | BIT('t') |
                              BIT('h') | BIT('a') | BIT('g');
static const uint32_t FIRST_ALSO = BIT('d') | BIT('p') | BIT('s');

/* The letters that follow these; device is no name, but what is in one is looked at. */
static const uint32_t SECOND[26] = {
    ['a' - 'a'] = BIT('a') | BIT('d') | BIT('n'),
    ['c' - 'a'] = BIT('f') | BIT('l'),
    ['d' - 'a'] = BIT('e') | BIT('i'),
    ['g' - 'a'] = BIT('a') | BIT('r'),
    ['h' - 'a'] = BIT('t'),
    ['i' - 'a'] = BIT('d') | BIT('m') | BIT('p'),
    ['p' - 'a'] = BIT('r'),
    ['r' - 'a'] = BIT('a') | BIT('e'),
    ['s' - 'a'] = BIT('e'),
    ['t' - 'a'] = BIT('a') | BIT('r'),
    ['u' - 'a'] = BIT('a') | BIT('s'),
    ['x' - 'a'] = BIT('f') | BIT('r'),
};

static bool is_letter(char lower)
{
    return lower >= 'a' && lower <= 'z';
}

/* By its first two bytes: most keys are none. What does not begin with two letters may be one. */
static bool may_be_name(const char *key)
{
    char first = (char)(key[0] | 0x20);
    char second = (char)(key[1] | 0x20);
    return !is_letter(first) || !is_letter(second) || (SECOND[first - 'a'] >> (second - 'a') & 1);
}

static bool is_joint(char byte)
{
    return byte == '_' || byte == '-' || byte == '$' || byte == ' ' || byte == '.' || byte == '@';
}

/* Whether a name, escapes resolved, is one of them. */
static bool is_name(struct view name, unsigned also)
{
    uint32_t first = also ? FIRST | FIRST_ALSO : FIRST;
    char plain[NAME_BYTES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char lower = is_letter((char)(name.at[i] | 0x20)) ? (char)(name.at[i] | 0x20) : name.at[i];
        if (is_joint(name.at[i])) {
            continue;
        }
        bool may_begin = len > 0 || (is_letter(lower) && first >> (lower - 'a') & 1);
        if (!may_begin || len == NAME_BYTES_MAX) {
            return false;
        }
        plain[len++] = lower;
    }
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (view_equal(view_make(plain, len), NAMES[i].name)) {
            return NAMES[i].also == 0 || (NAMES[i].also & also);
        }
    }
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Whether what ends before `end` (the place of a colon) is a key that may be one of them. */
static bool is_likely_key(struct view json, size_t end, unsigned also)
{
    while (end > 0 && is_blank(json.at[end - 1])) {
        end--;
    }
    if (end < 2 || json.at[end - 1] != '"') {
        return false;
    }
    size_t begin = --end;
    size_t plain = 0; /* what joins words makes a name no longer */
    while (begin > 0 && json.at[begin - 1] != '"' && plain <= NAME_BYTES_MAX) {
        begin--;
        plain += !is_joint(json.at[begin]);
    }
    struct view key = view_make(json.at + begin, end - begin);
    if (key.len > 1 && plain <= NAME_BYTES_MAX && !may_be_name(key.at)) {
        return false;
    }
    return view_find(key, '\\') < key.len || view_is(key, "device") || is_name(key, also);
}

static bool is_at(struct view text, size_t at, struct view needle)
{
    return text.len - at >= needle.len && memcmp(text.at + at, needle.at, needle.len) == 0;
}

/* What begins, or for a name ends, at a byte. */
static unsigned look_at(struct view text, size_t at, const struct repeated_search *search)
{
    if (text.at[at] == ':' && search->has_members) {
        return is_likely_key(text, at, search->also) ? REPEATED_MEMBER : 0;
    }
    for (size_t i = 0; i < REPEATED_NEEDLES; i++) {
        struct view needle = search->needles[i];
        if (needle.len >= REPEATED_NEEDLE_BYTES_MIN && is_at(text, at, needle)) {
            return REPEATED_NEEDLE;
        }
    }
    return 0;
}

/* The first byte of a needle; a colon for one that means nothing. */
static char first_of(const struct repeated_search *search, size_t i)
{
    return search->needles[i].len >= REPEATED_NEEDLE_BYTES_MIN ? search->needles[i].at[0] : ':';
}

/* Bytes that are worth a look: colons, and the first ones of needles. */
struct firsts {
    char one;
    char other;
};

static bool is_first(const struct firsts *firsts, char byte)
{
    return byte == ':' || byte == firsts->one || byte == firsts->other;
}

#if defined(__SSE2__)
static unsigned look_at_block(struct view text, size_t at, const struct firsts *firsts,
                              const struct repeated_search *search)
{
    unsigned found = 0;
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
    __m128i any = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(firsts->one)),
                               _mm_cmpeq_epi8(bytes, _mm_set1_epi8(firsts->other)));
    any = _mm_or_si128(any, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':')));
    for (unsigned mask = (unsigned)_mm_movemask_epi8(any); mask != 0; mask &= mask - 1) {
        found |= look_at(text, at + (size_t)__builtin_ctz(mask), search);
    }
    return found;
}
#endif

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx2,bmi"), always_inline)) static inline

/* 64 bytes, and a bit for each that is equal. */
struct wide {
    __m256i low;
    __m256i high;
};

WIDE uint64_t those(const struct wide *bytes, char byte)
{
    const __m256i wanted = _mm256_set1_epi8(byte);
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes->low, wanted));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes->high, wanted));
    return (uint64_t)high << 32 | low;
}

/* Where a needle may begin, by two bytes of it; at the block's end by one. */
WIDE uint64_t begins(const struct wide *bytes, struct view needle)
{
    const uint64_t last = UINT64_C(1) << 63;
    return needle.len < REPEATED_NEEDLE_BYTES_MIN
               ? 0
               : those(bytes, needle.at[0]) & (those(bytes, needle.at[1]) >> 1 | last);
}

/* Colons behind a quote. One that has blanks before it is looked at from there, which is seldom. */
WIDE bool has_member(struct view text, size_t at, const struct wide *bytes, unsigned also)
{
    uint64_t quotes = those(bytes, '"');
    for (uint64_t left = those(bytes, ':'); left != 0; left &= left - 1) {
        size_t colon = (size_t)__builtin_ctzll(left);
        uint64_t before = quotes & ((left & -left) - 1);
        bool is_behind = colon > 0 && before >> (colon - 1) != 0;
        uint64_t opening = is_behind ? before & ~(UINT64_C(1) << (colon - 1)) : 0;
        size_t begin = opening == 0 ? 0 : 64 - (size_t)__builtin_clzll(opening);
        bool is_plain = opening != 0 && begin + 2 < colon;
        bool may = is_plain ? may_be_name(text.at + at + begin) : true;
        if (may && is_likely_key(text, at + colon, also)) {
            return true;
        }
    }
    return false;
}

WIDE unsigned look_at_wide(struct view text, size_t at, const struct repeated_search *search)
{
    const struct wide bytes = {
        _mm256_loadu_si256((const __m256i *)(const void *)(text.at + at)),
        _mm256_loadu_si256((const __m256i *)(const void *)(text.at + at + WIDE_BLOCK / 2)),
    };
    unsigned found =
        search->has_members && has_member(text, at, &bytes, search->also) ? REPEATED_MEMBER : 0;
    for (size_t i = 0; i < REPEATED_NEEDLES; i++) {
        struct view needle = search->needles[i];
        for (uint64_t left = begins(&bytes, needle); left != 0; left &= left - 1) {
            size_t place = at + (size_t)__builtin_ctzll(left);
            found |= is_at(text, place, needle) ? REPEATED_NEEDLE : 0;
        }
    }
    return found;
}

/* Of a text that has a block at least; the last one ends where the text does. */
__attribute__((target("avx2,bmi"))) static unsigned look_wide(struct view text,
                                                              const struct repeated_search *search)
{
    unsigned found = 0;
    size_t at = 0;
    for (; at + WIDE_BLOCK <= text.len; at += WIDE_BLOCK) {
        found |= look_at_wide(text, at, search);
    }
    return at < text.len ? found | look_at_wide(text, text.len - WIDE_BLOCK, search) : found;
}

unsigned repeated_look(struct view text, const struct repeated_search *search)
{
    return text.len >= WIDE_BLOCK && __builtin_cpu_supports("avx2")
               ? look_wide(text, search)
               : repeated_look_portably(text, search);
}
#else
unsigned repeated_look(struct view text, const struct repeated_search *search)
{
    return repeated_look_portably(text, search);
}
#endif

/* 16 bytes at a time, the last of them once more where they do not end with the text. */
unsigned repeated_look_portably(struct view text, const struct repeated_search *search)
{
    const struct firsts firsts = {first_of(search, 0), first_of(search, 1)};
    size_t at = 0;
    unsigned found = 0;
#if defined(__SSE2__)
    for (; at + BLOCK <= text.len; at += BLOCK) {
        found |= look_at_block(text, at, &firsts, search);
    }
    if (at < text.len && text.len >= BLOCK) {
        return found | look_at_block(text, text.len - BLOCK, &firsts, search);
    }
#endif
    for (; at < text.len; at++) {
        found |= is_first(&firsts, text.at[at]) ? look_at(text, at, search) : 0;
    }
    return found;
}

struct stripping {
    const struct json *doc;
    struct arena *arena;
    unsigned also;
    char *to;
    bool is_over; /* the arena refused */
    bool has_removed;
};

static bool is_repeated(struct stripping *stripping, json_value key, bool is_device)
{
    struct view name;
    if (json_text(stripping->doc, key, stripping->arena, &name) != STATUS_OK) {
        stripping->is_over = true;
        return true;
    }
    return is_name(name, stripping->also) || (is_device && view_is(name, "id"));
}

static void put_value(struct stripping *stripping, json_value value, bool is_device);

static void put_object(struct stripping *stripping, json_value object, bool is_device)
{
    const struct json *doc = stripping->doc;
    bool is_first = true;
    *stripping->to++ = '{';
    for (json_value key = json_first(doc, object); key != JSON_NO_VALUE;
         key = json_next(doc, key)) {
        if (is_repeated(stripping, key, is_device)) {
            stripping->has_removed = true;
            continue;
        }
        if (!is_first) {
            *stripping->to++ = ',';
        }
        is_first = false;
        stripping->to = json_put_compact(stripping->to, doc, key);
        *stripping->to++ = ':';
        put_value(stripping, json_key_value(doc, key),
                  json_text_is(doc, key, VIEW_LITERAL("device")));
    }
    *stripping->to++ = '}';
}

static void put_array(struct stripping *stripping, json_value array)
{
    const struct json *doc = stripping->doc;
    *stripping->to++ = '[';
    for (json_value at = json_first(doc, array); at != JSON_NO_VALUE; at = json_next(doc, at)) {
        if (at != json_first(doc, array)) {
            *stripping->to++ = ',';
        }
        put_value(stripping, at, false);
    }
    *stripping->to++ = ']';
}

/* As deep as the reader allows. */
static void put_value(struct stripping *stripping, json_value value, bool is_device)
{
    if (json_kind(stripping->doc, value) == JSON_OBJECT) {
        put_object(stripping, value, is_device);
    } else if (json_kind(stripping->doc, value) == JSON_ARRAY) {
        put_array(stripping, value);
    } else {
        stripping->to = json_put_compact(stripping->to, stripping->doc, value);
    }
}

enum status repeated_strip(struct view json, unsigned also, struct arena *arena, struct view *rest)
{
    struct json doc;
    *rest = view_make(NULL, 0);
    enum status status = json_parse(&doc, json, arena, NULL, NULL);
    if (status != STATUS_OK) {
        return status;
    }
    char *made = arena_alloc(arena, json.len);
    struct stripping stripping = {.doc = &doc, .arena = arena, .also = also, .to = made};
    if (made) {
        put_value(&stripping, JSON_ROOT, false);
    }
    if (!made || stripping.is_over) {
        return STATUS_NO_MEMORY;
    }
    *rest = stripping.has_removed ? view_make(made, (size_t)(stripping.to - made)) : json;
    return STATUS_OK;
}

enum status repeated_strip_query(struct view query, unsigned also, struct arena *arena,
                                 struct view *rest)
{
    char *made = arena_alloc(arena, query.len + 1);
    size_t len = 0;
    *rest = view_make(NULL, 0);
    if (!made) {
        return STATUS_NO_MEMORY;
    }
    while (query.len > 0) {
        struct view parameter = view_cut(&query, '&');
        struct view name = view_part(parameter, 0, view_find(parameter, '='));
        if (parameter.len == 0 || is_name(name, also)) {
            continue;
        }
        if (len > 0) {
            made[len++] = '&';
        }
        memcpy(made + len, parameter.at, parameter.len);
        len += parameter.len;
    }
    *rest = view_make(made, len);
    return STATUS_OK;
}

enum status repeated_mask(struct view text, struct view needle, struct arena *arena,
                          struct view *masked)
{
    *masked = text;
    if (needle.len < REPEATED_NEEDLE_BYTES_MIN || text.len < needle.len ||
        !memmem(text.at, text.len, needle.at, needle.len)) {
        return STATUS_OK;
    }
    char *made = arena_alloc(arena, text.len);
    if (!made) {
        *masked = view_make(NULL, 0);
        return STATUS_NO_MEMORY;
    }
    memcpy(made, text.at, text.len);
    const char *end = made + text.len;
    for (char *at = made; (at = memmem(at, (size_t)(end - at), needle.at, needle.len));) {
        memset(at, 'x', needle.len);
        at += needle.len;
    }
    *masked = view_make(made, text.len);
    return STATUS_OK;
}
