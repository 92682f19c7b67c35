/*
 * adapter_list.h - all protocols that are spoken, and which one a request is of.
 */
#ifndef PIPES_ADAPTERS_ADAPTER_LIST_H
#define PIPES_ADAPTERS_ADAPTER_LIST_H

#include "adapters/adapter.h"

/* The first adapter whose match says yes; NULL when it is no protocol of ours. */
const struct adapter *adapter_find(const struct inbound *inbound);
/* The one of that name, or NULL. */
const struct adapter *adapter_named(struct view name);

#endif
