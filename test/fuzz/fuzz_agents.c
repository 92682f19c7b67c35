/*
 * Hostile agents and client hints: what is found of them are short texts that need no escape, and
 * the same ones when it is asked again.
 */
#include "enrich/agent_reader.h"
#include "enrich/referrer_list.h"
#include "enrich/same_site.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct agent_text *text)
{
    if (text->len > AGENT_TEXT_BYTES) {
        abort();
    }
    for (size_t i = 0; i < text->len; i++) {
        char byte = text->text[i];
        if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\') {
            abort();
        }
    }
}

/* Lines: the agent, then the hints. */
static struct visitor visitor_of(struct view rest)
{
    struct visitor visitor = {.agent = view_cut(&rest, '\n')};
    visitor.hints.brands = view_cut(&rest, '\n');
    visitor.hints.versions = view_cut(&rest, '\n');
    visitor.hints.mobile = view_cut(&rest, '\n');
    visitor.hints.platform = view_cut(&rest, '\n');
    visitor.hints.platform_version = view_cut(&rest, '\n');
    visitor.hints.form_factors = rest;
    return visitor;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct agent_rules *rules;
    static struct agent_reader *reader;
    static int64_t now_ms;
    struct fault fault;
    if (!reader && (agent_rules_create(&rules, &fault) != STATUS_OK ||
                    agent_reader_create(&reader, rules, 1, &fault) != STATUS_OK)) {
        return 0;
    }
    struct view bytes = view_make((const char *)data, size);
    struct visitor visitor = visitor_of(bytes);
    now_ms += 1000;
    const struct agent_found *found = agent_reader_ask(reader, &visitor, now_ms);
    if (!found || found != agent_reader_ask(reader, &visitor, now_ms)) {
        abort();
    }
    check(&found->browser);
    check(&found->browser_version);
    check(&found->os);
    check(&found->os_version);
    referrer_list_find(bytes);
    same_site(visitor.agent, bytes);
    return 0;
}
