/*
 * signals.h - a no that the browser itself says, whatever client made the request.
 *
 * Global Privacy Control (Sec-GPC: 1), Do Not Track (DNT: 1), and the opt-out cookie
 * pipes_disabled=1 that pipes.disable() sets. Pure functions over header values.
 */
#ifndef PIPES_PRIVACY_SIGNALS_H
#define PIPES_PRIVACY_SIGNALS_H

#include "base/view.h"

#include <stdbool.h>

struct signals {
    bool is_gpc;
    bool is_dnt;
    bool is_opted_out;
};

/* Values of the headers Sec-GPC, DNT and Cookie; empty when missing. */
struct signals signals_read(struct view sec_gpc, struct view dnt, struct view cookie);

#endif
