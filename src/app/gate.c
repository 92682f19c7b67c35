#include "app/gate.h"

#include "base/json.h"

#include <stdatomic.h>

static const struct http_head *head_of(const struct gate_pass *pass)
{
    return exchange_request(pass->x)->head;
}

/* In the body where the protocol has one, in the query, or as the name of Basic's user. */
static struct view key_of(const struct gate_pass *pass)
{
    struct view query = pass->inbound->query;
    if (pass->batch->write_key.len > 0) {
        return pass->batch->write_key;
    }
    while (query.len > 0) {
        struct view parameter = view_cut(&query, '&');
        struct view name = view_cut(&parameter, '=');
        if (view_is(name, "key")) {
            return parameter;
        }
    }
    struct view authorization = http_header(head_of(pass), "authorization");
    return authorization.len > 0 ? sites_basic_key(authorization, pass->arena) : view_make(NULL, 0);
}

static enum gate_verdict verdict_of(enum sites_verdict verdict)
{
    static const enum gate_verdict OF[] = {
        [SITES_OK] = GATE_OPEN,
        [SITES_UNKNOWN] = GATE_UNKNOWN_SITE,
        [SITES_WRONG_KEY] = GATE_WRONG_KEY,
        [SITES_WRONG_ORIGIN] = GATE_WRONG_ORIGIN,
    };
    return OF[verdict];
}

/* The whole request as one piece, with the reason. */
static enum gate_verdict put_aside(struct gate_pass *pass, enum gate_verdict why)
{
    static const char *const REASONS[] = {
        [GATE_UNKNOWN_SITE] = SITES_REASON_SITE,
        [GATE_WRONG_KEY] = SITES_REASON_KEY,
        [GATE_WRONG_ORIGIN] = SITES_REASON_ORIGIN,
    };
    struct batch *batch = pass->batch;
    struct buf text;
    struct view raw = pass->inbound->body;
    if (pass->inbound->method == INBOUND_GET) {
        buf_init(&text, HTTP_HEAD_BYTES_MAX * 2);
        json_append_string(&text, pass->inbound->query);
        raw = arena_copy(pass->arena, buf_view(&text));
        buf_free(&text);
    }
    struct batch_reject *reject = arena_alloc(pass->arena, sizeof(*reject));
    if (!reject || !raw.at) {
        return GATE_NO_MEMORY;
    }
    *reject = (struct batch_reject){raw, REASONS[why]};
    batch->event_count = 0;
    batch->rejects = reject;
    batch->reject_count = 1;
    batch->envelope = view_make(NULL, 0);
    return GATE_OPEN;
}

/* Each site that the request has events of pays for a request; as a rule it is one. */
static enum gate_verdict pay(const struct gate *gate, struct gate_pass *pass,
                             const struct site *rules, struct view name)
{
    const struct settings *settings = pass->settings;
    uint32_t most = rules->requests ? rules->requests : settings->site_requests;
    struct guard_source source = {pass->client, name};
    if (most > 0 && !guard_site(gate->guard, most, name, &pass->wait_ms)) {
        return GATE_SITE_BUSY;
    }
    return rules->source_requests == 0 ||
                   guard_source_of_site(gate->guard, settings, rules->source_requests, &source,
                                        &pass->wait_ms)
               ? GATE_OPEN
               : GATE_SOURCE_BUSY;
}

static enum gate_verdict admit(const struct gate *gate, struct gate_pass *pass,
                               struct sites_caller *caller)
{
    const struct sites *sites = &pass->settings->sites;
    const struct site *rules;
    enum gate_verdict verdict = verdict_of(sites_admit(sites, caller, &rules));
    if (verdict != GATE_OPEN) {
        return verdict;
    }
    return pay(gate, pass, rules, rules->name.len > 0 ? rules->name : caller->site);
}

/* What a request's events name: nothing, where it has none. */
static enum gate_verdict admit_events(const struct gate *gate, struct gate_pass *pass,
                                      struct sites_caller *caller)
{
    struct batch *batch = pass->batch;
    struct view last = {0};
    for (size_t i = 0; i < batch->event_count; i++) {
        struct view named = event_text(&batch->events[i], COLUMN_SITE);
        caller->site = named.len == 0 && caller->key.len == 0
                           ? view_from_text(gate->rules.completion.site)
                           : named;
        if (i > 0 && view_equal(caller->site, last)) {
            continue;
        }
        last = caller->site;
        enum gate_verdict verdict = admit(gate, pass, caller);
        if (verdict != GATE_OPEN) {
            return verdict;
        }
    }
    return GATE_OPEN;
}

/* Events that came with a key and without a site are of the key's site. */
static void name_site(struct gate_pass *pass, const struct sites_caller *caller)
{
    const struct site *rules;
    struct sites_caller by_key = {.key = caller->key, .origin = caller->origin};
    if (caller->key.len == 0 || pass->settings->sites.count == 0 ||
        sites_admit(&pass->settings->sites, &by_key, &rules) != SITES_OK) {
        return;
    }
    for (size_t i = 0; i < pass->batch->event_count; i++) {
        if (event_text(&pass->batch->events[i], COLUMN_SITE).len == 0) {
            event_set_string(&pass->batch->events[i], COLUMN_SITE, rules->name);
        }
    }
}

enum gate_verdict gate_admit(const struct gate *gate, struct gate_pass *pass)
{
    const struct sites *sites = &pass->settings->sites;
    bool has_sites = sites->count > 0;
    if (!has_sites && pass->settings->site_requests == 0) {
        return GATE_OPEN;
    }
    struct sites_caller caller = {
        .key = has_sites ? key_of(pass) : view_make(NULL, 0),
        .origin = has_sites ? http_header(head_of(pass), "origin") : view_make(NULL, 0),
    };
    enum gate_verdict verdict = admit_events(gate, pass, &caller);
    bool is_stranger =
        verdict == GATE_UNKNOWN_SITE || verdict == GATE_WRONG_KEY || verdict == GATE_WRONG_ORIGIN;
    if (is_stranger && sites->quarantines) {
        return put_aside(pass, verdict);
    }
    if (verdict == GATE_OPEN) {
        name_site(pass, &caller);
    }
    return verdict;
}

enum net_verdict gate_refuse(const struct gate_pass *pass, const struct refusals *refusals,
                             enum gate_verdict verdict)
{
    static const enum refusal WHY[] = {
        [GATE_SITE_BUSY] = REFUSAL_SITE,
        [GATE_SOURCE_BUSY] = REFUSAL_SOURCE,
        [GATE_UNKNOWN_SITE] = REFUSAL_SITE_UNKNOWN,
        [GATE_WRONG_KEY] = REFUSAL_KEY,
        [GATE_WRONG_ORIGIN] = REFUSAL_ORIGIN,
        [GATE_NO_MEMORY] = REFUSAL_TOO_BIG,
    };
    enum net_verdict answered = refusal_answer(refusals, pass->x, WHY[verdict]);
    if (verdict == GATE_SITE_BUSY || verdict == GATE_SOURCE_BUSY) {
        http_reply_retry_after(exchange_reply(pass->x), pass->wait_ms);
    }
    return answered;
}

/* --- what was said --- */

static void count_reasons(const struct gate *gate, const struct gate_pass *pass)
{
    struct counts *counts = gate->counts;
    _Atomic uint64_t *const PLACES[POLICY_VERDICTS] = {
        [POLICY_NO_GPC] = &counts->dropped_gpc,
        [POLICY_NO_DNT] = &counts->dropped_dnt,
        [POLICY_NO_OPT_OUT] = &counts->dropped_opt_out,
        [POLICY_NO_DENIED] = &counts->dropped_denied,
        [POLICY_NO_CONSENT] = &counts->dropped_no_consent,
    };
    for (size_t i = POLICY_KEEP + 1; i < POLICY_VERDICTS; i++) {
        if (pass->reasons[i] > 0) {
            atomic_fetch_add(PLACES[i], pass->reasons[i]);
            atomic_fetch_add(&counts->dropped_signal, pass->reasons[i]);
            atomic_fetch_add(&counts->received, pass->reasons[i]);
        }
    }
    atomic_fetch_add(&counts->dropped_forgotten, pass->forgotten.event_count);
    atomic_fetch_add(&counts->received, pass->forgotten.event_count);
}

static size_t count_of(const struct batch *batch)
{
    return batch->event_count + batch->reject_count;
}

void gate_count_gone(const struct gate *gate, const struct gate_pass *pass,
                     const struct request_account *account, const struct request_counted *all)
{
    struct request_counted counted = *all;
    counted.is_part = count_of(all->batch) > 0;
    count_reasons(gate, pass);
    counted.batch = &pass->forgotten;
    if (count_of(counted.batch) > 0) {
        request_account_dropped(account, &counted, LEDGER_DROPPED_FORGOTTEN);
        counted.is_part = true;
    }
    counted.batch = &pass->gone;
    if (!counted.is_part || count_of(counted.batch) > 0) {
        request_account_dropped(account, &counted, LEDGER_DROPPED_SIGNAL);
    }
}

static struct signals signals_of(const struct gate_pass *pass)
{
    return signals_read(http_header(head_of(pass), "sec-gpc"), http_header(head_of(pass), "dnt"),
                        http_header(head_of(pass), "cookie"));
}

static enum status let_go(struct gate_pass *pass, struct batch *where, const struct event *event,
                          struct fault *fault)
{
    if (!where->events) {
        where->events = arena_alloc(pass->arena, pass->batch->event_count * sizeof(*where->events));
    }
    if (!where->events) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for events that are not kept");
    }
    event_copy(&where->events[where->event_count++], event);
    return STATUS_OK;
}

/* What was not understood is of no site that is known: what the options say holds. */
static void judge_rejects(struct gate_pass *pass, const struct signals *signals)
{
    const struct privacy_policy *policy = &pass->settings->sites.fallback.policy;
    struct batch *batch = pass->batch;
    size_t kept = 0;
    for (size_t i = 0; i < batch->reject_count; i++) {
        enum policy_verdict verdict =
            policy_judge_raw(policy, signals, batch->rejects[i].raw, pass->arena);
        pass->reasons[verdict]++;
        if (verdict == POLICY_KEEP) {
            batch->rejects[kept++] = batch->rejects[i];
        }
    }
    pass->gone.reject_count = batch->reject_count - kept; /* they are counted, no more */
    batch->reject_count = kept;
}

enum status gate_judge(const struct gate *gate, struct gate_pass *pass, struct fault *fault)
{
    struct batch *batch = pass->batch;
    const struct signals signals = signals_of(pass);
    size_t kept = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->event_count && status == STATUS_OK; i++) {
        struct event *event = &batch->events[i];
        const struct site *site = event_rules_site(&gate->rules, event);
        enum policy_verdict verdict = policy_judge(&site->policy, &signals, event, pass->arena);
        if (verdict != POLICY_KEEP) {
            status = let_go(pass, &pass->gone, event, fault);
            pass->reasons[verdict]++;
        } else if (event_rules_forgot(&gate->rules, event)) {
            status = let_go(pass, &pass->forgotten, event, fault);
        } else if (kept++ < i) {
            event_copy(&batch->events[kept - 1], event);
        }
    }
    batch->event_count = kept;
    judge_rejects(pass, &signals);
    return status;
}

/* --- what is left --- */

enum status gate_clean(const struct gate *gate, struct gate_pass *pass, struct fault *fault)
{
    struct batch *batch = pass->batch;
    int64_t now_ms = pass->inbound->received_ms;
    struct event_rules_of of = {
        .request = {.moment = {now_ms, now_ms},
                    .address = event_rules_no_loopback(view_from_text(pass->client)),
                    .agent = http_header(head_of(pass), "user-agent")},
        .sender = &pass->sender,
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->event_count && status == STATUS_OK; i++) {
        status = event_rules_apply(&gate->rules, &of, &batch->events[i], pass->arena, fault);
    }
    for (size_t i = 0; i < batch->reject_count && status == STATUS_OK; i++) {
        status =
            event_rules_apply_raw(&gate->rules, &of, &batch->rejects[i].raw, pass->arena, fault);
    }
    return status;
}
