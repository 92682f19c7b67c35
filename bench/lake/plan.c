#include "bench/lake/plan.h"

#include "bench/lake/plan_making.h"
#include "bench/lake/random.h"
#include "bench/lake/stories.h"
#include "bench/lake/visit.h"

#include <stdlib.h>

static const int64_t HOUR_MS = 3600000;
static const int64_t DAY_MS = 86400000;

const struct step_kind_row step_kinds[STEP_KINDS] = {
    [STEP_PAGE] = {"page", NULL},
    [STEP_LIST_VIEWED] = {"track", "product_list_viewed"},
    [STEP_PRODUCT_VIEWED] = {"track", "product_viewed"},
    [STEP_PRODUCT_ADDED] = {"track", "product_added"},
    [STEP_CHECKOUT_STARTED] = {"track", "checkout_started"},
    [STEP_ORDER_COMPLETED] = {"track", "order_completed"},
    [STEP_SEARCH] = {"track", "products_searched"},
    [STEP_SEARCH_TYPO] = {"track", "products_serached"},
    [STEP_CLICK] = {"click", NULL},
    [STEP_ENGAGEMENT] = {"engagement", NULL},
    [STEP_IMPRESSION] = {"impression", NULL},
    [STEP_FORM] = {"form", "form_submit"},
    [STEP_ERROR] = {"error", NULL},
    [STEP_VITALS] = {"vitals", NULL},
    [STEP_IDENTIFY] = {"identify", NULL},
    [STEP_ALIAS] = {"alias", NULL},
    [STEP_RENEWED] = {"track", "subscription_renewed"},
    [STEP_DRIFT] = {"track", NULL},
};

static bool append(struct plan_making *making, const struct step *step)
{
    struct plan *plan = making->plan;
    if (plan->count == plan->room) {
        size_t room = plan->room > 0 ? plan->room + plan->room / 2 : 4096;
        struct step *more = realloc(plan->steps, room * sizeof(*more));
        if (!more) {
            making->status = STATUS_NO_MEMORY;
            return false;
        }
        plan->steps = more;
        plan->room = room;
    }
    plan->steps[plan->count++] = *step;
    return true;
}

bool plan_making_add(struct plan_making *making, struct step *step)
{
    if (making->events == making->plan->options.events || making->status != STATUS_OK) {
        return false;
    }
    step->id = making->events;
    if (!append(making, step)) {
        return false;
    }
    making->events++;
    truth_add(making->truth, making->world, making->visitor, step);
    return true;
}

void plan_making_repeat(struct plan_making *making, const struct step *step, int64_t delay_ms)
{
    struct step again = *step;
    again.received_ms += delay_ms;
    again.is_repeat = true;
    if (again.received_ms < making->end_ms) {
        append(making, &again);
    }
}

/* Fewer come at night and on the weekend. */
static int64_t draw_first(struct random *random, const struct plan_options *options)
{
    for (;;) {
        uint32_t hour = random_below(random, options->days * 24);
        bool is_night = hour % 24 < 6;
        bool is_weekend = hour / 24 % 7 >= 5;
        double taken = (is_night ? 0.2 : 1.0) * (is_weekend ? 0.7 : 1.0);
        if (random_chance(random, taken)) {
            return options->start_ms + hour * HOUR_MS + random_below(random, (uint32_t)HOUR_MS);
        }
    }
}

static void add_visitor(struct plan_making *making, uint32_t index)
{
    struct visitor visitor = world_visitor(making->world, index);
    struct random random = random_of(making->world->seed, RANDOM_VISITS, index);
    struct visit visit;
    making->visitor = &visitor;
    visit_begin(&visit, making, &visitor, draw_first(&random, &making->plan->options));
    while (!visit.is_over && visit.sessions_left > 0) {
        visit_session(&visit);
        visit_away(&visit);
    }
}

enum status plan_make(struct plan *plan, const struct world *world,
                      const struct plan_options *options, struct truth *truth, struct fault *fault)
{
    *plan = (struct plan){.options = *options};
    struct plan_making making = {
        .plan = plan,
        .world = world,
        .truth = truth,
        .end_ms = options->start_ms + options->days * DAY_MS,
    };
    stories_tell(&making);
    for (uint32_t i = STORIES_VISITORS; making.events < options->events; i++) {
        if (making.status != STATUS_OK) {
            return fault_set(fault, making.status, "no memory for %u events", options->events);
        }
        add_visitor(&making, i);
    }
    truth_end(truth);
    return STATUS_OK;
}

static int compare(const void *a, const void *b)
{
    const struct step *x = a;
    const struct step *y = b;
    if (x->received_ms != y->received_ms) {
        return x->received_ms < y->received_ms ? -1 : 1;
    }
    return x->id != y->id ? (x->id < y->id ? -1 : 1) : x->is_repeat - y->is_repeat;
}

void plan_sort(struct plan *plan)
{
    qsort(plan->steps, plan->count, sizeof(*plan->steps), compare);
}

void plan_free(struct plan *plan)
{
    free(plan->steps);
    *plan = (struct plan){0};
}
