#include "privacy/scrub_byte.h"
#include "privacy/scrub_passes.h"

enum {
    DOMAIN_BYTES_MAX = 255,
    WEB_TOKEN_HEAD_MIN = 5, /* of its first part, without "eyJ" */
    WEB_TOKEN_HEAD_MAX = 999,
};

/* Behind the last @ before the address's path; `begin`: there is none. *end: where that is over. */
static size_t userinfo_end(struct view text, size_t begin, size_t *end)
{
    size_t behind = begin;
    size_t at = begin;
    for (; at < text.len; at++) {
        char byte = text.at[at];
        if (byte == '/' || byte == '?' || byte == '#' || (unsigned char)byte <= ' ') {
            break;
        }
        behind = byte == '@' ? at + 1 : behind;
    }
    *end = at;
    return behind;
}

void scrub_userinfo(struct scrub_edit *edit, const struct scrub_place *place)
{
    struct view text = edit->in;
    (void)place;
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (text.at[i] != ':' || text.at[i + 1] != '/' || text.at[i + 2] != '/') {
            continue;
        }
        size_t end;
        size_t behind = userinfo_end(text, i + 3, &end);
        if (behind > i + 3) {
            scrub_edit_hit(edit, SCRUB_USERINFO, i + 3, behind);
        }
        i = end - 2; /* a colon before what ended it may begin the next */
    }
}

/* logo@2x.png is a picture. */
static bool is_density(struct view run, size_t at)
{
    return byte_is_digit(byte_at(run, at)) && byte_lower(byte_at(run, at + 1)) == 'x' &&
           byte_at(run, at + 2) == '.';
}

/* Whether a name with a dot and two letters follows. */
static bool is_domain(struct view run, size_t at)
{
    if (is_density(run, at)) {
        return false;
    }
    for (size_t i = at; i < run.len && i - at <= DOMAIN_BYTES_MAX && run.at[i] != '@'; i++) {
        if (i > at && run.at[i] == '.' && byte_is_letter(byte_at(run, i + 1)) &&
            byte_is_letter(byte_at(run, i + 2))) {
            return true;
        }
    }
    return false;
}

static bool has_address(struct view run)
{
    for (size_t i = 1; i < run.len; i++) {
        size_t sign = run.at[i] == '@' ? 1 : scrub_escape_len(run, i, "40");
        if (sign > 0 && is_domain(run, i + sign)) {
            return true;
        }
    }
    return false;
}

static bool is_eyj(struct view run, size_t at)
{
    return byte_lower(byte_at(run, at)) == 'e' && byte_lower(byte_at(run, at + 1)) == 'y' &&
           byte_lower(byte_at(run, at + 2)) == 'j';
}

/* eyJ, the rest of a part, a dot, and eyJ again. */
static bool has_web_token(struct view run)
{
    for (size_t dot = 0; dot < run.len; dot++) {
        if (run.at[dot] != '.' || !is_eyj(run, dot + 1)) {
            continue;
        }
        for (size_t i = dot; i > 0 && byte_is_name(run.at[i - 1]); i--) {
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

void scrub_runs(struct scrub_edit *edit, const struct scrub_place *place)
{
    struct view text = edit->in;
    (void)place;
    for (size_t i = 0; i < text.len; i++) {
        size_t begin = i;
        while (i < text.len && byte_is_run(text.at[i])) {
            i++;
        }
        struct view run = view_part(text, begin, i - begin);
        if (has_address(run)) {
            scrub_edit_hit(edit, SCRUB_EMAIL, begin, i);
        } else if (has_web_token(run)) {
            scrub_edit_hit(edit, SCRUB_WEB_TOKEN, begin, i);
        }
    }
}
