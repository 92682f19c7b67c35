#include "adapters/adapter_list.h"

#include "adapters/adapter_ancestor.h"
#include "adapters/adapter_native.h"
#include "adapters/adapter_pixel.h"

static const struct adapter *const ADAPTERS[] = {
    &adapter_native, &adapter_pixel, &adapter_ancestor, /* last: its paths are the widest */
};

const struct adapter *adapter_find(const struct inbound *inbound)
{
    for (size_t i = 0; i < sizeof(ADAPTERS) / sizeof(ADAPTERS[0]); i++) {
        if (ADAPTERS[i]->match(inbound)) {
            return ADAPTERS[i];
        }
    }
    return NULL;
}

const struct adapter *adapter_named(struct view name)
{
    for (size_t i = 0; i < sizeof(ADAPTERS) / sizeof(ADAPTERS[0]); i++) {
        if (view_is(name, ADAPTERS[i]->name)) {
            return ADAPTERS[i];
        }
    }
    return NULL;
}
