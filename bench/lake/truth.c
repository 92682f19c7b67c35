#include "bench/lake/truth.h"

#include <stdlib.h>
#include <string.h>

static const int64_t HOUR_MS = 3600000;
static const int64_t DAY_MS = 86400000;
static const uint32_t NOBODY = UINT32_MAX;

const enum step_kind truth_funnel[TRUTH_FUNNEL_STEPS] = {
    STEP_PRODUCT_VIEWED,
    STEP_PRODUCT_ADDED,
    STEP_CHECKOUT_STARTED,
    STEP_ORDER_COMPLETED,
};

/* Nodes of the stitching: the visitors, then each person's first and second user_id. */
static uint32_t user_node(const struct truth *truth, uint32_t person, bool is_renamed)
{
    return truth->visitors_max + 2 * person + is_renamed;
}

enum status truth_init(struct truth *truth, int64_t start_ms, uint32_t days, uint32_t events,
                       struct fault *fault)
{
    memset(truth, 0, sizeof(*truth));
    truth->start_ms = start_ms;
    truth->days = days;
    truth->visitors_max = events + WORLD_STORIES;
    size_t bytes = 3 * (size_t)truth->visitors_max * sizeof(*truth->owners);
    truth->owners = malloc(bytes);
    if (!truth->owners) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %u events", events);
    }
    memset(truth->owners, 0xFF, bytes); /* NOBODY */
    for (size_t i = 0; i < TRUTH_DAYS_MAX * 24; i++) {
        truth->hours[i].last_visitor = NOBODY;
    }
    for (size_t i = 0; i < SITES * PAGES_MAX; i++) {
        truth->pages[i / PAGES_MAX][i % PAGES_MAX].last_visitor = NOBODY;
    }
    truth->now.visitor = truth->person.person = NOBODY;
    truth->many.visitor = 0;
    truth->few.visitor = 1;
    return STATUS_OK;
}

void truth_free(struct truth *truth)
{
    free(truth->owners);
    truth->owners = NULL;
}

/* Who stands for a node that was seen; shortens the way for the next one who asks. */
static uint32_t owner_of(struct truth *truth, uint32_t node)
{
    while (truth->owners[node] != node) {
        truth->owners[node] = truth->owners[truth->owners[node]];
        node = truth->owners[node];
    }
    return node;
}

static void note_id(struct truth *truth, uint32_t node, bool is_user)
{
    if (truth->owners[node] == NOBODY) {
        truth->owners[node] = node;
        truth->persons++;
        truth->user_ids += is_user;
    }
}

static void stitch(struct truth *truth, uint32_t a, uint32_t b)
{
    uint32_t first = owner_of(truth, a);
    uint32_t second = owner_of(truth, b);
    if (first != second) {
        truth->owners[second] = first;
        truth->persons--;
    }
}

static void add_ids(struct truth *truth, const struct visitor *visitor, const struct step *step)
{
    uint32_t user = user_node(truth, visitor->person, step->is_renamed);
    bool has_browser = step->kind != STEP_RENEWED;
    if (has_browser) {
        note_id(truth, visitor->index, false);
    }
    if (step->has_user) {
        note_id(truth, user, true);
    }
    if (step->has_user && has_browser) {
        stitch(truth, user, visitor->index);
    }
    if (step->kind == STEP_ALIAS) {
        uint32_t old = user_node(truth, visitor->person, false);
        note_id(truth, old, true);
        stitch(truth, user, old);
    }
}

static void add_funnel(struct truth *truth, const struct step *step)
{
    struct truth_now *now = &truth->now;
    for (uint32_t i = 0; i < TRUTH_FUNNEL_STEPS; i++) {
        if (step->kind != truth_funnel[i]) {
            continue;
        }
        int64_t start = i == 0 ? step->time_ms : now->starts[i - 1];
        if (start >= 0 && step->time_ms - start <= TRUTH_FUNNEL_WINDOW_MS) {
            now->starts[i] = start;
            now->funnel = i + 1 > now->funnel ? i + 1 : now->funnel;
        }
    }
}

static void end_session(struct truth *truth)
{
    struct truth_now *now = &truth->now;
    if (now->session != 0) {
        truth->sessions.bounces += now->session_views == 1;
        truth->sessions.duration_ms += (uint64_t)(now->session_last_ms - now->session_began_ms);
    }
    now->session = 0;
}

static void add_session(struct truth *truth, const struct step *step)
{
    struct truth_now *now = &truth->now;
    if (now->session != step->session) {
        end_session(truth);
        now->session = step->session;
        now->session_began_ms = step->time_ms;
        now->session_views = 0;
        truth->sessions.count++;
        truth->sessions.by_day[(step->time_ms - truth->start_ms) / DAY_MS]++;
    }
    now->session_last_ms = step->time_ms;
    now->session_views += step->kind == STEP_PAGE;
    truth->sessions.events++;
    truth->sessions.page_views += step->kind == STEP_PAGE;
}

static void end_visitor(struct truth *truth)
{
    struct truth_now *now = &truth->now;
    if (now->visitor == NOBODY) {
        return;
    }
    end_session(truth);
    for (uint32_t i = 0; i < now->funnel; i++) {
        truth->funnel[i]++;
    }
    if (now->days != 0) {
        uint32_t first = (uint32_t)__builtin_ctz(now->days);
        for (uint32_t day = first; day < truth->days; day++) {
            truth->retention[first][day - first] += now->days >> day & 1;
        }
    }
    now->visitor = NOBODY;
}

static void end_person(struct truth *truth)
{
    struct truth_person *person = &truth->person;
    if (person->is_renamed && person->visitor_count == TRUTH_USER_VISITORS &&
        person->events > truth->user.events) {
        truth->user = *person;
    }
    *person = (struct truth_person){.person = NOBODY};
}

static void begin_visitor(struct truth *truth, const struct visitor *visitor)
{
    end_visitor(truth);
    truth->now = (struct truth_now){.visitor = visitor->index};
    memset(truth->now.starts, 0xFF, sizeof(truth->now.starts)); /* -1 */
    if (truth->person.person != visitor->person) {
        end_person(truth);
        truth->person.person = visitor->person;
    }
    truth->anonymous_ids++;
}

static void add_person(struct truth *truth, const struct visitor *visitor, const struct step *step)
{
    struct truth_person *person = &truth->person;
    person->events++;
    person->events_with_user += step->has_user;
    person->is_renamed = person->is_renamed || step->kind == STEP_ALIAS;
    bool is_known =
        person->visitor_count > 0 && person->visitors[person->visitor_count - 1] == visitor->index;
    if (step->has_user && !is_known && step->kind != STEP_RENEWED) {
        person->visitors[person->visitor_count++] = visitor->index;
    }
}

static void add_time(struct truth *truth, const struct visitor *visitor, const struct step *step)
{
    struct truth_hour *hour = &truth->hours[(step->time_ms - truth->start_ms) / HOUR_MS];
    hour->events++;
    if (step->kind == STEP_RENEWED) {
        return;
    }
    hour->visitors += hour->last_visitor != visitor->index;
    hour->last_visitor = visitor->index;
    truth->now.days |= UINT32_C(1) << (step->time_ms - truth->start_ms) / DAY_MS;
}

static void add_page(struct truth *truth, const struct visitor *visitor, const struct step *step)
{
    struct truth_page *page = &truth->pages[visitor->site][step->page];
    page->views++;
    page->visitors += page->last_visitor != visitor->index;
    page->last_visitor = visitor->index;
}

static void add_analysed(struct truth *truth, const struct world *world,
                         const struct visitor *visitor, const struct step *step)
{
    add_time(truth, visitor, step);
    add_ids(truth, visitor, step);
    add_person(truth, visitor, step);
    if (step->kind == STEP_RENEWED) {
        return;
    }
    add_funnel(truth, step);
    add_session(truth, step);
    if (step->kind == STEP_PAGE) {
        add_page(truth, visitor, step);
    }
    if (step->kind == STEP_ORDER_COMPLETED) {
        truth->revenue_cents += world_order_cents(world, step->id, step->cart);
    }
}

void truth_add(struct truth *truth, const struct world *world, const struct visitor *visitor,
               const struct step *step)
{
    if (truth->now.visitor != visitor->index) {
        begin_visitor(truth, visitor);
    }
    truth->events++;
    truth->by_site[visitor->site]++;
    truth->by_kind[step->kind]++;
    truth->many.events += visitor->index == truth->many.visitor;
    truth->few.events += visitor->index == truth->few.visitor;
    drift_note(&truth->drift, world->seed, step, truth->start_ms);
    if (visitor->is_test) {
        truth->tests++;
    } else {
        add_analysed(truth, world, visitor, step);
    }
}

void truth_end(struct truth *truth)
{
    end_visitor(truth);
    end_person(truth);
}

static void note_subject(struct truth_subject *subject, const struct step *step, int64_t hour)
{
    if (step->visitor == subject->visitor && hour + 1 != subject->last_hour) {
        subject->hours++;
        subject->last_hour = hour + 1;
    }
}

void truth_note_row(struct truth *truth, const struct step *step)
{
    int64_t hour = (step->received_ms - truth->start_ms) / HOUR_MS;
    if (step->is_repeat) {
        truth->rows.repeats++;
        return;
    }
    truth->rows.by_hour[hour]++;
    note_subject(&truth->many, step, hour);
    note_subject(&truth->few, step, hour);
}
