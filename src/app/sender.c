#include "app/sender.h"

static struct view agent_of(const struct http_head *head)
{
    return view_part(http_header(head, "user-agent"), 0, VISITOR_AGENT_BYTES_MAX);
}

/* What is cut away here nobody sees any more, whoever makes facts. */
static void cut_address(struct visitor *visitor, enum policy_address cut)
{
    const struct privacy_policy policy = {.address = cut};
    if (visitor->has_address) {
        visitor->address_bits = (uint8_t)policy_cut_address(&policy, &visitor->address);
        visitor->has_address = visitor->address_bits > 0;
    }
}

/* Browsers that send any send the first. */
static struct visitor_hints hints_of(const struct http_head *head)
{
    struct view brands = http_header(head, "sec-ch-ua");
    if (brands.len == 0) {
        return (struct visitor_hints){0};
    }
    return (struct visitor_hints){
        .brands = brands,
        .versions = http_header(head, "sec-ch-ua-full-version-list"),
        .mobile = http_header(head, "sec-ch-ua-mobile"),
        .platform = http_header(head, "sec-ch-ua-platform"),
        .platform_version = http_header(head, "sec-ch-ua-platform-version"),
        .form_factors = http_header(head, "sec-ch-ua-form-factors"),
    };
}

void sender_read(struct visitor *visitor, const struct http_head *head, const char *client)
{
    *visitor = (struct visitor){
        .address_bits = IP_ADDRESS_BITS, .agent = agent_of(head), .hints = hints_of(head)};
    visitor->has_address = ip_address_parse(&visitor->address, view_from_text(client));
}

enum status sender_know(struct sender *sender, const struct exchange *x, const char *client,
                        struct arena *arena)
{
    struct visitor visitor;
    sender_read(&visitor, exchange_request(x)->head, client);
    sender->arena = arena;
    sender->agent = visitor.agent;
    cut_address(&visitor, sender->cut);
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
    struct visitor visitor = {.is_told = true, .agent = agent};
    visitor.has_address = ip_address_parse(&visitor.address, told->address);
    cut_address(&visitor, sender->cut);
    *facts = room;
    return enrich_list_know(&visitor, &sender->tools, room, sender->arena);
}
