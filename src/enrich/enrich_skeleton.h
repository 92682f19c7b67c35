/*
 * enrich_skeleton.h - the smallest enricher there is, to copy from.
 *
 * Copy both files, rename, add a row to enrich_list.c and a test beside the others.
 */
#ifndef PIPES_ENRICH_ENRICH_SKELETON_H
#define PIPES_ENRICH_ENRICH_SKELETON_H

#include "enrich/enricher.h"

extern const struct enricher enrich_skeleton;

#endif
