/*
 * places.h - the files that tell where an address is, as the options geo, geo-networks and
 * hosting-networks name them.
 *
 *     places_open(&places, config, &fault);
 *     places_close(&places);
 */
#ifndef PIPES_APP_PLACES_H
#define PIPES_APP_PLACES_H

#include "app/config.h"
#include "enrich/geo.h"
#include "enrich/hosting_list.h"

enum { PLACES_PATH_BYTES = 4096 };

struct places {
    struct geo *countries; /* NULL: none, as the next ones */
    struct geo *networks;
    struct hosting_list *hosting;
};

/* The fault names option and file; nothing is open then. */
enum status places_open(struct places *places, const struct config *config, struct fault *fault)
    MUST_CHECK;
/* Accepts zeroed ones. */
void places_close(struct places *places);

/* The file of countries that comes with the program; false when it is not there. */
bool places_find(char path[PLACES_PATH_BYTES]);

#endif
