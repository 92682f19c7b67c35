#include "app/worker_tools.h"

#include "enrich/agent_reader.h"
#include "enrich/cadence.h"

enum status worker_tools_open(struct worker_tools *tools, struct agent_rules *rules, uint64_t seed,
                              struct fault *fault)
{
    *tools = (struct worker_tools){0};
    enum status status = agent_reader_create(&tools->agents, rules, seed, fault);
    status = status == STATUS_OK ? place_memory_create(&tools->places, seed, fault) : status;
    status = status == STATUS_OK ? cadence_create(&tools->cadence, seed, fault) : status;
    if (status != STATUS_OK) {
        worker_tools_close(tools);
    }
    return status;
}

void worker_tools_close(struct worker_tools *tools)
{
    agent_reader_destroy(tools->agents);
    place_memory_destroy(tools->places);
    cadence_destroy(tools->cadence);
    *tools = (struct worker_tools){0};
}

struct sender worker_tools_sender(const struct worker_tools *tools, const struct settings *settings,
                                  int64_t received_ms)
{
    const struct places *places = &settings->places;
    return (struct sender){
        .cut = settings->sites.cut,
        .tools = {
            .agents = tools->agents,
            .places = {places->countries, places->networks, places->hosting, settings->generation},
            .place_memory = tools->places,
            .cadence = tools->cadence,
            .now_ms = received_ms,
        }};
}
