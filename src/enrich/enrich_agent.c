#include "enrich/enrich_agent.h"

#include "enrich/agent_reader.h"

static struct view text_of(const struct agent_text *text)
{
    return view_make(text->text, text->len);
}

/* What was found stays only until the next question: facts stay as long as the request. */
static enum status know(const struct visitor *visitor, const struct enrich_tools *tools,
                        struct facts *facts, struct arena *arena)
{
    bool is_unknown = visitor->is_told && visitor->agent.len == 0;
    const struct agent_found *found = tools->agents && !is_unknown
                                          ? agent_reader_ask(tools->agents, visitor, tools->now_ms)
                                          : NULL;
    if (!found) {
        facts->is_known = false;
        return STATUS_OK;
    }
    struct agent_found *mine = arena_alloc(arena, sizeof(*mine));
    if (!mine) {
        return STATUS_NO_MEMORY;
    }
    *mine = *found;
    facts->browser = text_of(&mine->browser);
    facts->browser_version = text_of(&mine->browser_version);
    facts->os = text_of(&mine->os);
    facts->os_version = text_of(&mine->os_version);
    facts->device_kind = mine->device_kind;
    facts->bot_reasons |= mine->bot_reasons;
    return STATUS_OK;
}

const struct enricher enrich_agent = {.name = "agent", .know = know};
