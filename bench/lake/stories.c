#include "bench/lake/stories.h"

#include "bench/lake/random.h"
#include "bench/lake/visit.h"

#include <assert.h>
#include <stddef.h>

static const int64_t HOUR_MS = 3600000;
static const int64_t DAY_MS = 86400000;

enum { STORY_STEPS_MAX = 8 };

struct story_step {
    enum step_kind kind;
    int64_t at_ms; /* since the story began; each is in a session of its own, or in the last one's
                      when less than half an hour lies between */
};

struct story {
    struct story_step steps[STORY_STEPS_MAX];
    size_t count;
    uint32_t funnel; /* what it must come to */
};

#define SECOND(n) ((n)*1000)
#define HOUR(n) ((n)*INT64_C(3600000))

static const struct story STORIES[] = {
    /* the last step at the end of the window, which belongs to it */
    {{{STEP_PRODUCT_VIEWED, 0},
      {STEP_PRODUCT_ADDED, SECOND(5)},
      {STEP_CHECKOUT_STARTED, SECOND(60)},
      {STEP_ORDER_COMPLETED, HOUR(24)}},
     4,
     4},
    /* a millisecond later */
    {{{STEP_PRODUCT_VIEWED, 0},
      {STEP_PRODUCT_ADDED, SECOND(5)},
      {STEP_CHECKOUT_STARTED, SECOND(60)},
      {STEP_ORDER_COMPLETED, HOUR(24) + 1}},
     4,
     3},
    /* an order before the checkout does not count for it */
    {{{STEP_PRODUCT_VIEWED, 0},
      {STEP_PRODUCT_ADDED, SECOND(5)},
      {STEP_ORDER_COMPLETED, SECOND(60)},
      {STEP_CHECKOUT_STARTED, SECOND(90)}},
     4,
     3},
    /* begun anew: the second view gives the window its beginning */
    {{{STEP_PRODUCT_VIEWED, 0},
      {STEP_PRODUCT_VIEWED, HOUR(1)},
      {STEP_PRODUCT_ADDED, HOUR(1) + SECOND(5)},
      {STEP_CHECKOUT_STARTED, HOUR(2)},
      {STEP_ORDER_COMPLETED, HOUR(24) + HOUR(1) / 2}},
     5,
     4},
    /* a second view behind the cart has no cart of its own */
    {{{STEP_PRODUCT_VIEWED, 0},
      {STEP_PRODUCT_ADDED, SECOND(5)},
      {STEP_PRODUCT_VIEWED, HOUR(23)},
      {STEP_CHECKOUT_STARTED, HOUR(25)},
      {STEP_ORDER_COMPLETED, HOUR(25) + SECOND(9)}},
     5,
     2},
    /* nothing but the last step */
    {{{STEP_ORDER_COMPLETED, 0}}, 1, 0},
    /* two chains, the later one longer */
    {{{STEP_PRODUCT_VIEWED, 0},
      {STEP_PRODUCT_ADDED, SECOND(5)},
      {STEP_PRODUCT_VIEWED, HOUR(30)},
      {STEP_PRODUCT_ADDED, HOUR(30) + SECOND(5)},
      {STEP_CHECKOUT_STARTED, HOUR(30) + SECOND(50)}},
     5,
     3},
};
_Static_assert(STORY_FUNNELS + sizeof(STORIES) / sizeof(STORIES[0]) <= WORLD_STORY_USER,
               "every story has a visitor");

static void tell(struct plan_making *making, const struct story *story, uint32_t index)
{
    struct visitor visitor = world_visitor(making->world, index);
    struct visit visit;
    int64_t begin_ms = making->plan->options.start_ms + 9 * HOUR_MS + index * SECOND(61);
    making->visitor = &visitor;
    visit_begin(&visit, making, &visitor, begin_ms);
    for (size_t i = 0; i < story->count; i++) {
        int64_t at_ms = begin_ms + story->steps[i].at_ms;
        if (i == 0 || at_ms - visit.now_ms > HOUR_MS / 2) {
            visit.now_ms = at_ms - 1000;
            visit_new_session(&visit);
            visit_open(&visit, SHOP_PRODUCT + index);
        }
        assert(visit.now_ms <= at_ms);
        visit.now_ms = at_ms;
        visit_emit(&visit, (int)story->steps[i].kind);
    }
    assert(making->truth->now.funnel == story->funnel || visit.is_over);
}

/* Looks at the shop without end, an hour between visits. */
static void tell_many(struct plan_making *making)
{
    struct visitor visitor = world_visitor(making->world, STORY_MANY);
    struct visit visit;
    making->visitor = &visitor;
    visit_begin(&visit, making, &visitor, making->plan->options.start_ms + HOUR_MS);
    visit.pages_mean = 12;
    visit.away_mean_ms = HOUR_MS / 2;
    uint32_t most = making->plan->options.events / 100;
    while (!visit.is_over && making->events < most) {
        visit_session(&visit);
        visit_away(&visit);
    }
}

static void tell_few(struct plan_making *making)
{
    struct visitor visitor = world_visitor(making->world, STORY_FEW);
    struct visit visit;
    making->visitor = &visitor;
    visit_begin(&visit, making, &visitor, making->plan->options.start_ms + 10 * HOUR_MS);
    visit_new_session(&visit);
    visit_open(&visit, SHOP_HOME);
}

/* Five visits, half a day apart: known from the second one on, renamed in the fourth. */
static void tell_user(struct plan_making *making, uint32_t index)
{
    struct visitor visitor = world_visitor(making->world, index);
    struct visit visit;
    making->visitor = &visitor;
    visit_begin(&visit, making, &visitor,
                making->plan->options.start_ms + 8 * HOUR_MS + index * SECOND(61));
    for (uint32_t i = 0; i < 5; i++) {
        visit_new_session(&visit);
        visit_open(&visit, SHOP_ACCOUNT);
        visit.has_user = i >= 1;
        visit.is_renamed = i >= 3;
        if (i == 1 || i == 3) {
            visit_emit(&visit, i == 1 ? STEP_IDENTIFY : STEP_ALIAS);
        }
        visit_page(&visit, SHOP_PRODUCT + index);
        visit_emit(&visit, STEP_PRODUCT_VIEWED);
        visit.now_ms += 12 * HOUR_MS;
    }
}

void stories_tell(struct plan_making *making)
{
    tell_many(making);
    tell_few(making);
    for (uint32_t i = WORLD_STORY_USER; i < STORIES_VISITORS; i++) {
        tell_user(making, i);
    }
    if (making->end_ms - making->plan->options.start_ms < 2 * DAY_MS) {
        return;
    }
    for (uint32_t i = 0; i < sizeof(STORIES) / sizeof(STORIES[0]); i++) {
        tell(making, &STORIES[i], STORY_FUNNELS + i);
    }
}
