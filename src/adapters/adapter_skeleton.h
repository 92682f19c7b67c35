/*
 * adapter_skeleton.h - the smallest adapter there is, to copy from.
 *
 * Copy both files, rename, add a row to adapter_list.c, put cases into test/golden/NAME/ and a
 * test beside the others. An adapter is finished when its golden cases are.
 */
#ifndef PIPES_ADAPTERS_ADAPTER_SKELETON_H
#define PIPES_ADAPTERS_ADAPTER_SKELETON_H

#include "adapters/adapter.h"

extern const struct adapter adapter_skeleton;

#endif
