#include "journal/segment_name.h"

#include <stdio.h>

void segment_name(uint32_t number, char name[SEGMENT_NAME_BYTES])
{
    snprintf(name, SEGMENT_NAME_BYTES, "%010u.seg", number);
}
