/*
 * page_policy.h - what a Content-Security-Policy says to one request of a page (CSP Level 3).
 *
 * A policy is one serialized policy: what stands in a header between commas, or in a meta element.
 * A page may have several; each must allow what is to happen.
 *
 *     struct page_policy_question question = {.kind = PAGE_POLICY_CONNECT, .url = endpoint, .page =
 * page}; answer = page_policy_ask(policy, &question); if (!answer.is_allowed) { ...
 * answer.directive, answer.sources ... }
 */
#ifndef PIPES_SITE_PAGE_POLICY_H
#define PIPES_SITE_PAGE_POLICY_H

#include "base/view.h"

enum page_policy_kind {
    PAGE_POLICY_SCRIPT,  /* a script element with an address */
    PAGE_POLICY_INLINE,  /* a script element with a text */
    PAGE_POLICY_CONNECT, /* fetch, beacon */
    PAGE_POLICY_IMAGE,
};

struct page_policy_question {
    enum page_policy_kind kind;
    struct view page;      /* whole addresses, both */
    struct view url;       /* empty for an inline script */
    struct view nonce;     /* of the element; empty: none */
    struct view hashes[3]; /* "sha256-...", of the text or as its integrity says; or empty */
};

struct page_policy_answer {
    bool is_allowed;
    struct view directive; /* that decides; empty: none does, all is allowed */
    struct view sources;
};

struct page_policy_answer page_policy_ask(struct view policy,
                                          const struct page_policy_question *question);
/* The value of a directive; false when the policy has none of that name. */
bool page_policy_find(struct view policy, const char *name, struct view *value);
/* Whether an address lies under a source expression: 'self', *.example, https://example:443/a/. */
bool page_policy_matches(struct view source, struct view url, struct view page);

#endif
