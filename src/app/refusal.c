#include "app/refusal.h"

#include <stdatomic.h>
#include <stddef.h>

static const struct {
    unsigned status;
    size_t count; /* in struct counts */
    enum ledger_count ledger;
    const char *sentence;
} ROWS[] = {
    [REFUSAL_NOT_JSON] = {400, offsetof(struct counts, refused_not_json), LEDGER_REFUSED_NOT_JSON,
                          "this is not JSON"},
    [REFUSAL_TOO_BIG] = {413, offsetof(struct counts, refused_too_big), LEDGER_REFUSED_TOO_BIG,
                         "this is too much for one request"},
    [REFUSAL_OVERLOADED] = {503, offsetof(struct counts, refused_overloaded),
                            LEDGER_REFUSED_OVERLOADED,
                            "the events could not be kept now; send them again later"},
    [REFUSAL_SITE] = {429, offsetof(struct counts, refused_site), LEDGER_REFUSED_SITE,
                      "too many requests for this site (site-requests-max); send them again later"},
    [REFUSAL_ORIGIN] = {403, offsetof(struct counts, refused_origin), LEDGER_REFUSED_ORIGIN,
                        "pages of this origin may not send events here; the option origins names "
                        "those that may"},
    [REFUSAL_SOURCE] = {429, offsetof(struct counts, refused_source), LEDGER_REFUSED_SOURCE,
                        "too many requests from this address (source-requests-max); wait a little"},
    [REFUSAL_SITE_UNKNOWN] = {403, offsetof(struct counts, refused_site_unknown),
                              LEDGER_REFUSED_STRANGER,
                              "this site is not served here; sections [site NAME] name those that "
                              "are"},
    [REFUSAL_KEY] = {403, offsetof(struct counts, refused_key), LEDGER_REFUSED_STRANGER,
                     "events of this site need its key, or a page of its origins"},
};

static enum net_verdict answer(const struct refusals *refusals, struct exchange *x,
                               enum refusal why, const char *sentence)
{
    struct http_reply *reply = exchange_reply(x);
    char *counts = (char *)refusals->counts;
    atomic_fetch_add((_Atomic uint64_t *)(void *)(counts + ROWS[why].count), 1);
    request_account_refused(&refusals->account, ROWS[why].ledger);
    http_reply_error(reply, ROWS[why].status, sentence);
    if (ROWS[why].status == 503) {
        http_reply_header(reply, "Retry-After", VIEW_LITERAL("5"));
    }
    return NET_DONE;
}

enum net_verdict refusal_answer(const struct refusals *refusals, struct exchange *x,
                                enum refusal why)
{
    return answer(refusals, x, why, ROWS[why].sentence);
}

enum net_verdict refusal_of(const struct refusals *refusals, struct exchange *x, enum status status,
                            const struct fault *fault)
{
    if (status == STATUS_BAD_INPUT) {
        return answer(refusals, x, REFUSAL_NOT_JSON, fault->text);
    }
    if (status == STATUS_TOO_BIG || status == STATUS_NO_MEMORY) {
        return answer(refusals, x, REFUSAL_TOO_BIG, fault->text);
    }
    return refusal_answer(refusals, x, REFUSAL_OVERLOADED);
}
