#include "app/request_account.h"

static const struct view NO_SITE = {NULL, 0};

void request_account_refused(const struct request_account *account, enum ledger_count why)
{
    if (account->door) {
        ledger_door_count(account->door, account->worker, why);
    }
}

static struct view site_of(const struct request_counted *request, size_t event)
{
    const struct batch *batch = request->batch;
    bool has_site = event < batch->event_count && event_has(&batch->events[event], COLUMN_SITE);
    return event >= batch->event_count ? NO_SITE
           : has_site                  ? event_text(&batch->events[event], COLUMN_SITE)
                                       : request->site;
}

/* Events of one site follow one another, as a rule. */
static size_t same_site(const struct request_counted *request, size_t from)
{
    const struct batch *batch = request->batch;
    size_t count = batch->event_count + batch->reject_count;
    struct view site = site_of(request, from);
    size_t at = from + 1;
    /* What was not understood is of none, whatever an event's site is called. */
    while (at < count && (at < batch->event_count) == (from < batch->event_count) &&
           view_equal(site_of(request, at), site)) {
        at++;
    }
    return at - from;
}

/* Adds the events of a request to each site's row, under up to two names. */
static void add_events(struct ledger_tally *tally, const struct request_counted *request,
                       const enum ledger_count *names, size_t name_count)
{
    int64_t hour = part_hour(request->received_ms);
    size_t count = request->batch->event_count + request->batch->reject_count;
    for (size_t at = 0; at < count;) {
        size_t same = same_site(request, at);
        for (size_t i = 0; i < name_count; i++) {
            ledger_tally_add(tally, hour, site_of(request, at), names[i], same);
        }
        if (request->last_seq > 0) {
            ledger_tally_mark(tally, hour, site_of(request, at), request->last_seq);
        }
        at += same;
    }
}

static void add_request(struct ledger_tally *tally, const struct request_counted *request,
                        enum ledger_count name)
{
    ledger_tally_add(tally, part_hour(request->received_ms), NO_SITE, name, 1);
}

void request_account_dropped(const struct request_account *account,
                             const struct request_counted *request, enum ledger_count why)
{
    const enum ledger_count names[] = {LEDGER_RECEIVED, why, LEDGER_REPLAYED};
    if (!account->door) {
        return;
    }
    struct ledger_tally *tally = ledger_door_enter(account->door, account->worker);
    if (!request->is_part && !request->is_replay) {
        add_request(tally, request, LEDGER_REQUESTS);
        add_request(tally, request, LEDGER_ANSWERED);
    }
    add_events(tally, request, names, request->is_replay ? 3 : 2);
    ledger_door_leave(account->door, account->worker);
}

void request_account_waits(const struct request_account *account,
                           const struct request_counted *request, struct ledger_tally *noted)
{
    static const enum ledger_count CAME[] = {LEDGER_RECEIVED, LEDGER_REPLAYED};
    static const enum ledger_count WAITS[] = {LEDGER_ACCEPTED};
    struct request_counted unmarked = *request;
    if (!account->door) {
        return;
    }
    unmarked.last_seq = 0;
    struct ledger_tally *tally = ledger_door_enter(account->door, account->worker);
    if (!request->is_replay) {
        add_request(tally, request, LEDGER_REQUESTS);
        add_request(noted, request, LEDGER_ANSWERED);
    }
    add_events(tally, request, CAME, request->is_replay ? 2 : 1);
    ledger_door_leave(account->door, account->worker);
    add_events(noted, &unmarked, WAITS, 1);
}

void request_account_replayed(struct ledger_tally *tally, const struct request_counted *request,
                              enum ledger_count how)
{
    const enum ledger_count names[] = {LEDGER_RECEIVED, LEDGER_REPLAYED, how};
    add_events(tally, request, names, 3);
}

void request_account_ended(const struct request_account *account, struct ledger_tally *noted,
                           enum ledger_count how)
{
    if (!account->door || noted->count == 0) {
        return;
    }
    struct ledger_tally *tally = ledger_door_enter(account->door, account->worker);
    for (size_t i = 0; i < noted->count; i++) {
        const struct ledger_row *row = &noted->rows[i];
        struct view site = view_from_text(row->site);
        if (row->counts[LEDGER_ANSWERED] > 0) {
            ledger_tally_add(tally, row->hour, site, how, row->counts[LEDGER_ANSWERED]);
        }
        /* Whether the journal has what nobody was told of is for the lake to see. */
        if (row->counts[LEDGER_ACCEPTED] > 0 && how != LEDGER_UNANSWERED) {
            ledger_tally_add(tally, row->hour, site,
                             how == LEDGER_ANSWERED ? LEDGER_ACCEPTED : LEDGER_GIVEN_UP,
                             row->counts[LEDGER_ACCEPTED]);
        }
    }
    ledger_door_leave(account->door, account->worker);
    ledger_tally_clear(noted);
}
