#include "adapters/adapter_list.h"

#include "adapters/adapter_native.h"

static const struct adapter *const ADAPTERS[] = {
    &adapter_native,
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
