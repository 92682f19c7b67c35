#include "base/embedded.h"

struct view embedded_find(const struct embedded *table, const char *name)
{
    for (; table->name; table++) {
        if (strcmp(table->name, name) == 0) {
            return table->bytes;
        }
    }
    return view_make(NULL, 0);
}
