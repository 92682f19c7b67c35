#include "app/sender.h"

static struct view agent_of(const struct http_head *head)
{
    return view_part(http_header(head, "user-agent"), 0, VISITOR_AGENT_BYTES_MAX);
}

/* What is cut away here nobody sees any more, whoever makes facts. */
static void take_address(struct visitor *visitor, struct view text, enum policy_address cut)
{
    const struct privacy_policy policy = {.address = cut};
    visitor->has_address =
        ip_address_parse(&visitor->address, text) && policy_cut_address(&policy, &visitor->address);
}

static void read_address(struct visitor *visitor, const struct settings *settings, const char *peer,
                         const struct http_head *head)
{
    struct forwarded client;
    if (settings->trusted.count > 0 || settings->trusted.has_unix) {
        forwarded_read(&client, &settings->trusted, peer, head);
        peer = client.address;
    }
    take_address(visitor, view_from_text(peer), settings->sites.cut);
}

static struct visitor_hints hints_of(const struct http_head *head)
{
    return (struct visitor_hints){
        .brands = http_header(head, "sec-ch-ua"),
        .versions = http_header(head, "sec-ch-ua-full-version-list"),
        .mobile = http_header(head, "sec-ch-ua-mobile"),
        .platform = http_header(head, "sec-ch-ua-platform"),
        .platform_version = http_header(head, "sec-ch-ua-platform-version"),
        .form_factors = http_header(head, "sec-ch-ua-form-factors"),
    };
}

enum status sender_know(struct sender *sender, const struct exchange *x,
                        const struct settings *settings, struct arena *arena)
{
    const struct http_request *request = exchange_request(x);
    struct visitor visitor = {.agent = agent_of(request->head), .hints = hints_of(request->head)};
    read_address(&visitor, settings, request->peer, request->head);
    sender->arena = arena;
    sender->agent = visitor.agent;
    sender->cut = settings->sites.cut;
    return enrich_list_know(&visitor, &sender->tools, &sender->facts, arena);
}

enum status sender_facts(const struct sender *sender, const struct event *event, struct facts *room,
                         const struct facts **facts)
{
    const struct event_told *told = &event->told;
    struct view agent = view_part(told->agent, 0, VISITOR_AGENT_BYTES_MAX);
    bool is_own = agent.len > 0 ? view_equal(agent, sender->agent) : told->address.len == 0;
    *facts = &sender->facts;
    if (is_own || !sender->arena) {
        return STATUS_OK;
    }
    struct visitor visitor = {.agent = agent};
    take_address(&visitor, told->address, sender->cut);
    *facts = room;
    return enrich_list_know(&visitor, &sender->tools, room, sender->arena);
}
