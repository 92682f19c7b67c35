/*
 * opt_out.h - the refusal that a browser keeps because we set it: `pipes_disabled=1`, without any
 * id.
 *
 * Some browsers end in a week what a script wrote, and leave what a server set. So the tracker's
 * disable() posts an empty request to `/e?optout=DOMAIN` (the domain of the tracker's own cookies;
 * empty: none), and a page of a site may link to `/optout?domain=DOMAIN`. The tracker obeys the
 * cookie where its page is under the domain, and the collector in every request that carries it.
 *
 *     if (opt_out_is_asked(head)) {
 *         opt_out_answer(head, reply);
 *     }
 */
#ifndef PIPES_APP_OPT_OUT_H
#define PIPES_APP_OPT_OUT_H

#include "net/http_head.h"
#include "net/http_reply.h"

/* GET or HEAD of /optout, or a POST to /e that says `optout`. */
bool opt_out_is_asked(const struct http_head *head);

/* For 395 days, for the domain that was asked for where the Host is under it, else for the Host
 * alone. */
void opt_out_answer(const struct http_head *head, struct http_reply *reply);

#endif
