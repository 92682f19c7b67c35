/*
 * scrub_names.h - whether the name of a parameter or of a JSON member says that its value is
 * secret.
 *
 *     scrub_name(VIEW_LITERAL("Access-Token"), SCRUB_OF_PARAMETER)    SCRUB_NAME_SECRET
 *     scrub_name(VIEW_LITERAL("keyword"), SCRUB_OF_PARAMETER)         0
 */
#ifndef PIPES_PRIVACY_SCRUB_NAMES_H
#define PIPES_PRIVACY_SCRUB_NAMES_H

#include "base/view.h"

enum scrub_name_of {
    SCRUB_OF_PARAMETER, /* rests of an escaped delimiter before it (3F, 26) do no harm */
    SCRUB_OF_KEY,
};

enum {
    SCRUB_NAME_SECRET = 1,  /* texts */
    SCRUB_NAME_NUMBERS = 2, /* numbers, too */
    SCRUB_NAME_PLACE = 4,   /* half a position: precise numbers only */
};

/* These together, or 0. Linear in the name. */
unsigned scrub_name(struct view name, enum scrub_name_of what);

#endif
