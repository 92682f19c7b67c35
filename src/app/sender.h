/*
 * sender.h - who sent a request, and what facts that gives for its events.
 *
 * Address, agent and hints are read from the exchange when facts are made and are kept nowhere. An
 * event whose payload tells of another visitor (event->told) gets facts of what it tells:
 *
 *   agent told, the same as the sender's     the sender's facts (a browser's own library)
 *   agent told, another one                  made of that agent, and of the address if it is told
 *   address alone told                       made of that address, without agent
 *
 * never the server's own address or agent beside the visitor's.
 *
 *     struct sender sender = {.tools = {..}};
 *     sender_know(&sender, x, client, &arena);                   before the adapter
 *     sender_facts(&sender, &event, &room, &facts);              each event; room is its memory
 *
 * A zeroed sender is nobody: of its events nothing is known at all.
 */
#ifndef PIPES_APP_SENDER_H
#define PIPES_APP_SENDER_H

#include "app/settings.h"
#include "enrich/enrich_list.h"
#include "net/server.h"

struct sender {
    struct enrich_tools tools; /* given */
    struct arena *arena;       /* of the request; NULL: nobody sent it */
    struct view agent;         /* of the exchange */
    enum policy_address cut;   /* given: what of an address facts may be made of */
    struct facts facts;
};

/* Views are of the head; `client` is its address (forwarded_client()). */
void sender_read(struct visitor *visitor, const struct http_head *head, const char *client);
/* From what the exchange lends: not longer than it. Faults as enrich_list_know(). */
enum status sender_know(struct sender *sender, const struct exchange *x, const char *client,
                        struct arena *arena) MUST_CHECK;
/* *facts become those for this event: the sender's, or `room` filled from what it tells. Faults as
 * enrich_list_know(). */
enum status sender_facts(const struct sender *sender, const struct event *event, struct facts *room,
                         const struct facts **facts) MUST_CHECK;

#endif
