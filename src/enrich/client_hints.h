/*
 * client_hints.h - what the headers Sec-CH-UA... say, over what the agent says.
 *
 * Browsers that send them have frozen their agents: the agent's version and platform are then not
 * true any more, and browsers made of Chromium call themselves Chrome there. Names are those that
 * uap-core uses. Lists are structured fields (RFC 8941); a list that is none says nothing.
 *
 *     "Chromium";v="124", "Brave";v="124", "Not-A.Brand";v="99"      Brave 124
 */
#ifndef PIPES_ENRICH_CLIENT_HINTS_H
#define PIPES_ENRICH_CLIENT_HINTS_H

#include "enrich/agent_rules.h"
#include "enrich/visitor.h"

enum hinted_form { HINTED_NONE, HINTED_DESKTOP, HINTED_MOBILE, HINTED_TABLET };

/* Browser, versions and os of *saying become what the hints say, where they say something. */
void client_hints_apply(const struct visitor_hints *hints, struct agent_saying *saying);
/* HINTED_NONE without a form factor and without "?1" for mobile. */
enum hinted_form client_hints_form(const struct visitor_hints *hints);
/* A brand says that nobody looks: HeadlessChrome. */
bool client_hints_are_headless(const struct visitor_hints *hints);

#endif
