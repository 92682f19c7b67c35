/*
 * scrub_names.h - whether the name of a parameter or of a JSON member says that its value is
 * secret.
 *
 *     scrub_name_is_secret(VIEW_LITERAL("Access-Token"), SCRUB_PARAMETER)    true
 *     scrub_name_is_secret(VIEW_LITERAL("keyword"), SCRUB_PARAMETER)         false
 */
#ifndef PIPES_PRIVACY_SCRUB_NAMES_H
#define PIPES_PRIVACY_SCRUB_NAMES_H

#include "base/view.h"

enum scrub_name_of {
    SCRUB_PARAMETER, /* of an address; rests of an escaped delimiter before it (3F, 26) do no harm
                      */
    SCRUB_KEY,
};

bool scrub_name_is_secret(struct view name, enum scrub_name_of what);

#endif
