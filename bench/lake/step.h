/*
 * step.h - one thing that a visitor did, as small as can be: rows are made of it later.
 */
#ifndef PIPES_BENCH_STEP_H
#define PIPES_BENCH_STEP_H

#include <stdbool.h>
#include <stdint.h>

enum step_kind {
    STEP_PAGE,
    STEP_LIST_VIEWED,
    STEP_PRODUCT_VIEWED,
    STEP_PRODUCT_ADDED,
    STEP_CHECKOUT_STARTED,
    STEP_ORDER_COMPLETED,
    STEP_SEARCH,
    STEP_SEARCH_TYPO, /* the same by a release that spelt it wrong */
    STEP_CLICK,
    STEP_ENGAGEMENT,
    STEP_IMPRESSION,
    STEP_FORM,
    STEP_ERROR,
    STEP_VITALS,
    STEP_IDENTIFY,
    STEP_ALIAS,
    STEP_RENEWED, /* by a server: it knows users, not browsers */
    STEP_DRIFT,   /* any name, any properties */
    STEP_KINDS
};

struct step_kind_row {
    const char *type;
    const char *name; /* NULL: none */
};
extern const struct step_kind_row step_kinds[STEP_KINDS];

struct step {
    int64_t time_ms;
    int64_t received_ms;
    uint32_t id; /* the same for what is sent again */
    uint32_t visitor;
    uint32_t session;
    uint32_t load;
    uint32_t view;
    uint32_t number; /* of STEP_DRIFT and, per site, STEP_IDENTIFY: which one it is */
    uint16_t session_index;
    uint16_t seq;
    uint16_t page;
    uint16_t from_page; /* where the visitor came from; STEP_NO_PAGE: elsewhere */
    uint8_t kind;
    uint8_t cart; /* things in it */
    bool has_user : 1;
    bool is_renamed : 1; /* it is the new user_id */
    bool is_repeat : 1;
};
enum { STEP_NO_PAGE = UINT16_MAX };

#endif
