#include "enrich/agent_rules.h"

#include "enrich/agent_table.h"
#include "enrich/visitor.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { WORD_BITS = 64, WORDS = AGENT_RULES_MAX / WORD_BITS, HEAD_BYTES = 3, GROUPS = 10 };

struct agent_rules {
    size_t count;
    /* Compiled when first tried, by whoever tries first; NULL before. Never changed afterwards. */
    _Atomic(pcre2_code *) codes[];
};

struct agent_matcher {
    struct agent_rules *rules;
    pcre2_match_data *data;
    pcre2_match_context *limits;
    uint64_t candidates[WORDS]; /* rules whose texts the agent holds */
    char small[VISITOR_AGENT_BYTES_MAX];
    struct view agent;
    unsigned tries;
    unsigned groups; /* that the last match set, the whole included */
};

enum status agent_rules_create(struct agent_rules **rules, struct fault *fault)
{
    struct agent_rules *made = calloc(1, sizeof(*made) + agent_rule_count * sizeof(made->codes[0]));
    *rules = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the rules of agents");
    }
    made->count = agent_rule_count;
    return STATUS_OK;
}

void agent_rules_destroy(struct agent_rules *rules)
{
    for (size_t i = 0; rules && i < rules->count; i++) {
        pcre2_code_free(rules->codes[i]);
    }
    free(rules);
}

enum status agent_matcher_create(struct agent_matcher **matcher, struct agent_rules *rules,
                                 struct fault *fault)
{
    struct agent_matcher *made = calloc(1, sizeof(*made));
    *matcher = made;
    if (made) {
        made->rules = rules;
        made->data = pcre2_match_data_create(GROUPS, NULL);
        made->limits = pcre2_match_context_create(NULL);
    }
    if (!made || !made->data || !made->limits) {
        agent_matcher_destroy(made);
        *matcher = NULL;
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read agents");
    }
    pcre2_set_match_limit(made->limits, AGENT_STEPS_MAX);
    return STATUS_OK;
}

void agent_matcher_destroy(struct agent_matcher *matcher)
{
    if (matcher) {
        pcre2_match_data_free(matcher->data);
        pcre2_match_context_free(matcher->limits);
        free(matcher);
    }
}

static void mark(struct agent_matcher *matcher, size_t rule)
{
    matcher->candidates[rule / WORD_BITS] |= UINT64_C(1) << rule % WORD_BITS;
}

static void mark_rules_of(struct agent_matcher *matcher, const struct agent_literal *literal)
{
    for (size_t i = 0; i < literal->count; i++) {
        mark(matcher, agent_literal_rules[literal->first + i]);
    }
}

/* As headOf() in tools/agent_rules. */
static size_t head_of(const char *bytes)
{
    uint32_t word = (uint32_t)(unsigned char)bytes[0] | (uint32_t)(unsigned char)bytes[1] << 8 |
                    (uint32_t)(unsigned char)bytes[2] << 16;
    return (word * 0x9e3779b1u) >> 20;
}

static void mark_at(struct agent_matcher *matcher, struct view rest)
{
    size_t head = head_of(rest.at);
    for (size_t i = agent_heads[head]; i < agent_heads[head + 1]; i++) {
        const struct agent_literal *literal = &agent_literals[i];
        if (literal->len <= rest.len && memcmp(literal->text, rest.at, literal->len) == 0) {
            mark_rules_of(matcher, literal);
        }
    }
}

static char small_of(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

static void find_candidates(struct agent_matcher *matcher)
{
    size_t len = matcher->agent.len;
    memset(matcher->candidates, 0, sizeof(matcher->candidates));
    for (size_t i = 0; i < len; i++) {
        matcher->small[i] = small_of(matcher->agent.at[i]);
    }
    for (size_t i = 0; i + HEAD_BYTES <= len; i++) {
        mark_at(matcher, view_make(matcher->small + i, len - i));
    }
    for (const uint16_t *rule = agent_always; *rule != agent_rule_count; rule++) {
        mark(matcher, *rule);
    }
}

/* NULL without memory. Bytes, not characters: agents are of no encoding. */
static pcre2_code *compile(const struct agent_rule *rule)
{
    int error;
    size_t offset;
    uint32_t flags = PCRE2_DOLLAR_ENDONLY | (rule->ignores_case ? PCRE2_CASELESS : 0);
    return pcre2_compile((PCRE2_SPTR)rule->pattern, PCRE2_ZERO_TERMINATED, flags, &error, &offset,
                         NULL);
}

static const pcre2_code *code_of(struct agent_rules *rules, size_t rule)
{
    pcre2_code *code = atomic_load_explicit(&rules->codes[rule], memory_order_acquire);
    if (code) {
        return code;
    }
    pcre2_code *made = compile(&agent_rule_table[rule]);
    if (!made || atomic_compare_exchange_strong(&rules->codes[rule], &code, made)) {
        return made;
    }
    pcre2_code_free(made); /* another thread was quicker */
    return code;
}

static bool matches(struct agent_matcher *matcher, size_t rule)
{
    const pcre2_code *code = code_of(matcher->rules, rule);
    matcher->tries++;
    int groups = code ? pcre2_match(code, (PCRE2_SPTR)matcher->agent.at, matcher->agent.len, 0, 0,
                                    matcher->data, matcher->limits)
                      : 0;
    matcher->groups = groups > 0 ? (unsigned)groups : 0;
    return groups > 0;
}

/* The first that matches from rule `from` on and before rule `end`, or `end`. */
static size_t first_match(struct agent_matcher *matcher, size_t from, size_t end)
{
    for (size_t word = from / WORD_BITS; word * WORD_BITS < end; word++) {
        for (uint64_t left = matcher->candidates[word]; left != 0; left &= left - 1) {
            size_t rule = word * WORD_BITS + (size_t)__builtin_ctzll(left);
            if (rule < from) {
                continue;
            }
            if (rule >= end || matcher->tries >= AGENT_TRIES_MAX) {
                return end;
            }
            if (matches(matcher, rule)) {
                return rule;
            }
        }
    }
    return end;
}

/* Of the last match; empty when it took no part. */
static struct view group(const struct agent_matcher *matcher, uint32_t number)
{
    const size_t *bounds = pcre2_get_ovector_pointer(matcher->data);
    bool is_set = number < matcher->groups && bounds[2 * number] != PCRE2_UNSET;
    return is_set ? view_part(matcher->agent, bounds[2 * number],
                              bounds[2 * number + 1] - bounds[2 * number])
                  : view_make(NULL, 0);
}

static void append(struct agent_value *value, struct view bytes)
{
    struct view fits = view_part(bytes, 0, sizeof(value->text) - value->len);
    if (fits.len > 0) {
        memcpy(value->text + value->len, fits.at, fits.len);
        value->len += fits.len;
    }
}

/* Without blanks at both ends. */
static void trim(struct agent_value *value)
{
    struct view rest = view_trim(view_make(value->text, value->len));
    memmove(value->text, rest.len > 0 ? rest.at : value->text, rest.len);
    value->len = rest.len;
}

static void fill(const struct agent_matcher *matcher, const char *form, uint32_t otherwise,
                 struct agent_value *value)
{
    value->len = 0;
    if (!form) {
        append(value, group(matcher, otherwise));
    }
    for (; form && *form; form++) {
        if (form[0] == '$' && form[1] >= '1' && form[1] <= '9') {
            append(value, group(matcher, (uint32_t)(form[1] - '0')));
            form++;
        } else {
            append(value, view_make(form, 1));
        }
    }
    trim(value);
}

/* True when a rule matched; version may be NULL. */
static bool read_section(struct agent_matcher *matcher, enum agent_section section,
                         struct agent_value *family, struct agent_value *version)
{
    size_t from = section == 0 ? 0 : agent_section_ends[section - 1];
    size_t end = agent_section_ends[section];
    size_t found = first_match(matcher, from, end);
    if (found == end) {
        return false;
    }
    if (family) {
        fill(matcher, agent_rule_table[found].family, 1, family);
    }
    if (version) {
        fill(matcher, agent_rule_table[found].version, 2, version);
    }
    return true;
}

void agent_matcher_read(struct agent_matcher *matcher, struct view agent,
                        struct agent_saying *saying)
{
    memset(saying, 0, sizeof(*saying));
    matcher->agent = view_part(agent, 0, VISITOR_AGENT_BYTES_MAX);
    matcher->tries = 0;
    if (matcher->agent.len == 0) {
        return;
    }
    find_candidates(matcher);
    /* Crawlers first: whoever makes a string that needs all tries is not to hide there. */
    saying->is_crawler = read_section(matcher, AGENT_CRAWLER, NULL, NULL);
    read_section(matcher, AGENT_BROWSER, &saying->browser, &saying->browser_version);
    read_section(matcher, AGENT_OS, &saying->os, &saying->os_version);
    read_section(matcher, AGENT_DEVICE, &saying->device, NULL);
    saying->tries = matcher->tries;
}
