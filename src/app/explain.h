/*
 * explain.h - in plain words what the resolved options mean for a person whose browser sends
 * events: what is collected, for how long, and which basis the preset is made for.
 *
 * It says what is done. Whether that is enough where a site is run is not a program's to say.
 *
 *     explain_privacy(&out, config);
 */
#ifndef PIPES_APP_EXPLAIN_H
#define PIPES_APP_EXPLAIN_H

#include "app/config.h"
#include "base/buf.h"

/* The options and, for each section [site NAME], its own. */
enum status explain_privacy(struct buf *out, const struct config *config, struct fault *fault)
    MUST_CHECK;
/* One policy, a line each: "- user ids: ..." */
void explain_policy(struct buf *out, const struct privacy_policy *policy);
/* What each rule keeps for how long, a line each. */
void explain_retention(struct buf *out, const struct config *config);
/* "395 days", "2 h", "for ever" for 0. */
void explain_duration(struct buf *out, int64_t ms);

#endif
