/*
 * referrer_table.h - the rows of referrer_list.h, in the order of their domains' bytes.
 */
#ifndef PIPES_ENRICH_REFERRER_TABLE_H
#define PIPES_ENRICH_REFERRER_TABLE_H

#include "enrich/referrer_list.h"

extern const struct referrer_row referrer_table[];
extern const size_t referrer_table_count;

#endif
