/*
 * adapter_ancestor.h - the two spellings of the project's ancestor: POST / and POST /<stage>.
 *
 *     {"anonymousId":..,"type":"page|screen|track|identity","name"|"event":..,"properties":{..},
 *      "context":{..},"sentAt":..,"messageId":..,"userId":..}
 *     {"type":"identity|page|action|transaction","anonymous_id":..,"user_id":..,"sent_at":..,
 *      "platform":..,"name"|"event":..,"properties":{..}}
 *
 * One object or an array of them. identity becomes identify, with its properties (or traits) as
 * user_properties; action and transaction become track. The stage becomes the environment. Without
 * a message id, an event that has an anonymous id and a time gets the hash of its bytes as
 * event_id: a browser that sends the very same bytes again is known again.
 */
#ifndef PIPES_ADAPTERS_ADAPTER_ANCESTOR_H
#define PIPES_ADAPTERS_ADAPTER_ANCESTOR_H

#include "adapters/adapter.h"

extern const struct adapter adapter_ancestor;

#endif
