/* segment_name.h - how a segment's file is called within its stream's folder: "0000000001.seg". */
#ifndef PIPES_JOURNAL_SEGMENT_NAME_H
#define PIPES_JOURNAL_SEGMENT_NAME_H

#include <stdint.h>

enum { SEGMENT_NAME_BYTES = 24 };

void segment_name(uint32_t number, char name[SEGMENT_NAME_BYTES]);

#endif
