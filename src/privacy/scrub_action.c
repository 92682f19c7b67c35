#include "privacy/scrub_action.h"

#include "privacy/scrub_byte.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

static const char PREFIX[] = "hashed_";
enum { PREFIX_BYTES = sizeof(PREFIX) - 1, HASHED_BYTES = (SCRUB_HASH_BYTES - PREFIX_BYTES) / 2 };

/* Of these only letters and digits tell one from another, not how they are grouped. */
static bool is_grouped(enum scrub_rule rule)
{
    return rule == SCRUB_CARD || rule == SCRUB_PHONE || rule == SCRUB_IBAN ||
           rule == SCRUB_NATIONAL_ID;
}

/* The same thing written in another way gives the same bytes. */
static struct view normal(enum scrub_rule rule, struct view value, char *to)
{
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        char byte = value.at[i];
        bool is_escaped_at = rule == SCRUB_EMAIL && byte == '%' && i + 2 < value.len &&
                             value.at[i + 1] == '4' && value.at[i + 2] == '0';
        if (is_escaped_at) {
            to[len++] = '@';
            i += 2;
        } else if (rule == SCRUB_EMAIL) {
            to[len++] = byte_lower(byte);
        } else if (!is_grouped(rule) || byte_is_alnum(byte)) {
            to[len++] = byte;
        }
    }
    return view_make(to, len);
}

static struct view hash(const uint8_t key[SCRUB_KEY_BYTES], enum scrub_rule rule, struct view value,
                        struct arena *arena)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *copy = arena_alloc(arena, value.len + SCRUB_HASH_BYTES);
    if (!copy) {
        return view_make(NULL, 0);
    }
    struct view text = normal(rule, value, copy);
    char *out = copy + value.len;
    if (!HMAC(EVP_sha256(), key, SCRUB_KEY_BYTES, (const unsigned char *)text.at, text.len, sum,
              &len)) {
        return view_make(scrub_mask, scrub_mask_len);
    }
    memcpy(out, PREFIX, PREFIX_BYTES);
    for (size_t i = 0; i < HASHED_BYTES; i++) {
        out[PREFIX_BYTES + 2 * i] = (char)('a' + (sum[i] >> 4));
        out[PREFIX_BYTES + 2 * i + 1] = (char)('a' + (sum[i] & 15));
    }
    return view_make(out, SCRUB_HASH_BYTES);
}

struct view scrub_action_apply(const struct scrub_treatment *treatment, enum scrub_rule rule,
                               struct view value, struct arena *arena)
{
    uint8_t key[SCRUB_KEY_BYTES];
    switch ((enum scrub_action)treatment->actions[rule]) {
    case SCRUB_DROP:
        return view_make("", 0);
    case SCRUB_HASH:
        if (treatment->key && treatment->key(treatment->self, key)) {
            struct view hashed = hash(key, rule, value, arena);
            OPENSSL_cleanse(key, sizeof(key));
            return hashed;
        }
        break;
    case SCRUB_MASK:
        break;
    }
    return view_make(scrub_mask, scrub_mask_len);
}

bool scrub_action_is_done(struct view value)
{
    if (value.len == scrub_mask_len && memcmp(value.at, scrub_mask, scrub_mask_len) == 0) {
        return true;
    }
    if (value.len != SCRUB_HASH_BYTES || memcmp(value.at, PREFIX, PREFIX_BYTES) != 0) {
        return false;
    }
    size_t i = PREFIX_BYTES;
    while (i < value.len && value.at[i] >= 'a' && value.at[i] <= 'p') {
        i++;
    }
    return i == value.len;
}
