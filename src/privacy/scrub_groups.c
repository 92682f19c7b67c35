#include "privacy/scrub_groups.h"

#include "privacy/scrub_byte.h"

/* Behind what joins two groups: one sign, or two with a bracket among them; `at` when no group
 * follows. */
static size_t joint_end(struct view text, size_t at, char *joint)
{
    size_t end = at;
    *joint = byte_at(text, at);
    while (end < text.len && end - at < 3 && memchr(" -./()+", text.at[end], 7)) {
        bool is_bracket = text.at[end] == ')' || text.at[end] == '(';
        if (end > at && !is_bracket && *joint != ')' && *joint != '(') {
            return at;
        }
        *joint = is_bracket ? text.at[end] : *joint;
        end++;
    }
    return byte_is_digit(byte_at(text, end)) ? end : at;
}

static size_t read_group(struct scrub_groups *groups, struct view text, size_t at)
{
    size_t total = groups->count > 0 ? groups->totals[groups->count - 1] : 0;
    size_t begin = at;
    while (at < text.len && byte_is_digit(text.at[at]) && total < GROUPS_DIGITS_MAX) {
        groups->digits[total++] = text.at[at++];
    }
    groups->sizes[groups->count] = (uint8_t)(at - begin);
    groups->totals[groups->count] = (uint8_t)total;
    groups->ends[groups->count++] = at;
    return at;
}

void scrub_groups_read(struct scrub_groups *groups, struct view text, size_t at)
{
    groups->count = 0;
    at = read_group(groups, text, at);
    while (groups->count < GROUPS_MAX) {
        char joint;
        size_t next = joint_end(text, at, &joint);
        if (next == at) {
            break;
        }
        groups->joints[groups->count] = joint;
        at = read_group(groups, text, next);
    }
}

bool scrub_groups_are(const struct scrub_groups *groups, const char *sizes, const char *joints)
{
    size_t count = strlen(sizes);
    if (groups->count < count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_joined = i == 0 || (groups->joints[i] == groups->joints[1] &&
                                    strchr(joints, groups->joints[i]) != NULL);
        if (groups->sizes[i] != (uint8_t)sizes[i] || !is_joined) {
            return false;
        }
    }
    return true;
}
