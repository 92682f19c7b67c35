/*
 * scrub_text.h - what is looked for in a text, a pass for each: every pass is linear in the text
 * and leaves alone what it wrote itself. privacy_scrub.c runs them in this order.
 */
#ifndef PIPES_PRIVACY_SCRUB_TEXT_H
#define PIPES_PRIVACY_SCRUB_TEXT_H

#include "privacy/scrub_edit.h"

enum scrub_where {
    SCRUB_URL,  /* all of it is one address */
    SCRUB_TEXT, /* addresses may stand in it, and card numbers */
};

/* Values of parameters whose names say secret, or that look like one. */
void scrub_parameters(struct scrub_edit *edit, enum scrub_where where);
/* https://user:password@host */
void scrub_userinfo(struct scrub_edit *edit);
/* E-mail addresses and web tokens. */
void scrub_runs(struct scrub_edit *edit);
/* Card numbers. */
void scrub_cards(struct scrub_edit *edit);

#endif
