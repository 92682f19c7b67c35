/*
 * adapter_native.h - the tracker's own protocol: POST /e, drawn in docs/wire.md.
 *
 *     {"v":1,"site":..,"load_id":..,"sent_at":..,"skew":..,"context":{..},"events":[{..},..]}
 *
 * A member of an event, or of the context that counts for all of them, goes to the column of its
 * name where a client may set that; all others are kept in the column `context`. What the event
 * says itself wins. event_id is load_id-seq when none was sent.
 */
#ifndef PIPES_ADAPTERS_ADAPTER_NATIVE_H
#define PIPES_ADAPTERS_ADAPTER_NATIVE_H

#include "adapters/adapter.h"

extern const struct adapter adapter_native;

#endif
