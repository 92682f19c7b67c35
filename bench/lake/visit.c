#include "bench/lake/visit.h"

#include "bench/lake/plan_making.h"

#include <math.h>

static const int64_t MINUTE_MS = 60000;
static const int64_t HOUR_MS = 3600000;

enum { SESSIONS_MOST = 60, BATCH_MS = 1000 };

static bool draw(struct visit *visit, double probability)
{
    return random_chance(&visit->random, probability);
}

void visit_begin(struct visit *visit, struct plan_making *making, const struct visitor *visitor,
                 int64_t first_ms)
{
    *visit = (struct visit){
        .making = making,
        .visitor = visitor,
        .random = random_of(making->world->seed, RANDOM_SESSION, visitor->index),
        .now_ms = first_ms,
        .pages_mean = visitor->site == SITE_APP ? 6 : 4,
        .away_mean_ms = 22 * HOUR_MS,
    };
    double heavy = pow(1 - random_unit(&visit->random), -0.6);
    visit->sessions_left = heavy < SESSIONS_MOST ? (uint32_t)heavy : SESSIONS_MOST;
}

void visit_wait(struct visit *visit, int64_t mean_ms, int64_t most_ms)
{
    int64_t wait = random_wait_ms(&visit->random, mean_ms) + 1;
    visit->now_ms += wait < most_ms ? wait : most_ms;
}

void visit_away(struct visit *visit)
{
    visit->now_ms += 35 * MINUTE_MS + random_wait_ms(&visit->random, visit->away_mean_ms);
    visit->sessions_left -= visit->sessions_left > 0;
}

void visit_new_session(struct visit *visit)
{
    visit->session = ++visit->making->sessions;
    visit->session_index++;
    visit->load = 0;
    visit->from_page = STEP_NO_PAGE;
    visit->batch_ms = 0;
}

/* What is made within a second goes out together; some of it when there is a network again. */
static void begin_batch(struct visit *visit)
{
    struct random *random = &visit->random;
    int64_t delay = BATCH_MS + 15 + random_wait_ms(random, 80);
    if (random_chance(random, 0.01)) {
        delay += 10 * MINUTE_MS + random_wait_ms(random, HOUR_MS);
    }
    int64_t last_ms = visit->making->end_ms - 1;
    visit->batch_ms = visit->now_ms;
    visit->received_ms = visit->now_ms + delay < last_ms ? visit->now_ms + delay : last_ms;
    visit->is_repeated = random_chance(random, 0.03);
}

static void repeat(struct visit *visit, const struct step *step)
{
    /* The whole batch is sent again after the same time: drawn from what all of it has. */
    struct random random =
        random_of(visit->making->world->seed, RANDOM_REPEAT, (uint64_t)visit->batch_ms);
    int64_t delay = random_chance(&random, 0.9) ? 2000 + random_below(&random, 30000)
                                                : MINUTE_MS + random_below(&random, 10800000);
    plan_making_repeat(visit->making, step, delay);
}

void visit_emit(struct visit *visit, int kind)
{
    struct plan_making *making = visit->making;
    visit->is_over = visit->is_over || visit->now_ms >= making->end_ms - 1;
    if (visit->is_over) {
        return;
    }
    if (visit->batch_ms == 0 || visit->now_ms >= visit->batch_ms + BATCH_MS) {
        begin_batch(visit);
    }
    struct step step = {
        .time_ms = visit->now_ms,
        .received_ms = visit->received_ms,
        .visitor = visit->visitor->index,
        .session = visit->session,
        .load = visit->load,
        .view = visit->view,
        .session_index = visit->session_index,
        .seq = ++visit->seq,
        .page = visit->page,
        .from_page = visit->from_page,
        .kind = (uint8_t)kind,
        .cart = visit->cart,
        .has_user = visit->has_user,
        .is_renamed = visit->is_renamed,
    };
    if (kind == STEP_DRIFT) {
        step.number = making->drifting++;
    } else if (kind == STEP_IDENTIFY) {
        step.number = making->identified[visit->visitor->site]++;
    }
    visit->is_over = !plan_making_add(making, &step);
    if (!visit->is_over && visit->is_repeated) {
        repeat(visit, &step);
    }
    visit->now_ms += 3 + random_below(&visit->random, 40);
}

/* Of the kinds that may be anything when the schema drifts. */
static void emit_loose(struct visit *visit, int kind)
{
    visit_emit(visit, visit->making->plan->options.is_drifting ? STEP_DRIFT : kind);
}

static void leave_page(struct visit *visit)
{
    visit_wait(visit, 25000, 20 * MINUTE_MS);
    if (draw(visit, 0.6)) {
        emit_loose(visit, STEP_ENGAGEMENT);
    }
    if (draw(visit, 0.2)) {
        visit_emit(visit, STEP_VITALS);
    }
}

void visit_open(struct visit *visit, uint32_t page)
{
    /* The app changes its pages without loading. */
    if (visit->load == 0 || visit->visitor->site != SITE_APP) {
        visit->load = ++visit->making->loads;
        visit->seq = 0;
    }
    visit->view = ++visit->making->views;
    visit->page = (uint16_t)page;
    visit->now_ms += 200;
    visit_emit(visit, STEP_PAGE);
}

void visit_page(struct visit *visit, uint32_t page)
{
    if (visit->load > 0) {
        leave_page(visit);
        visit->from_page = visit->page;
    }
    visit_open(visit, page);
    if (draw(visit, 0.15)) {
        visit_wait(visit, 4000, MINUTE_MS);
        emit_loose(visit, STEP_IMPRESSION);
    }
    if (draw(visit, 0.01)) {
        visit_emit(visit, STEP_ERROR);
    }
}

static void click(struct visit *visit)
{
    visit_wait(visit, 9000, 4 * MINUTE_MS);
    emit_loose(visit, STEP_CLICK);
}

static void say_who(struct visit *visit)
{
    const struct visitor *visitor = visit->visitor;
    if (visitor->is_member && !visit->has_user && draw(visit, 0.8)) {
        visit->has_user = true;
        visit_emit(visit, STEP_IDENTIFY);
    } else if (visit->has_user && visitor->is_renamed && !visit->is_renamed && draw(visit, 0.5)) {
        visit->is_renamed = true;
        visit_emit(visit, STEP_ALIAS);
    }
}

/* By a server, hours later: no browser, no session, no page. */
static void renew_later(struct visit *visit)
{
    struct visit server = *visit;
    server.now_ms += random_below(&visit->random, 48 * 3600000);
    server.batch_ms = 0;
    if (server.now_ms < visit->making->end_ms - 1) {
        server.load = 0;
        server.seq = 0;
        visit_emit(&server, STEP_RENEWED);
        visit->is_over = visit->is_over || server.is_over;
    }
}

static void check_out(struct visit *visit)
{
    visit_page(visit, SHOP_CHECKOUT);
    visit_wait(visit, 1500, MINUTE_MS);
    visit_emit(visit, STEP_CHECKOUT_STARTED);
    if (!draw(visit, 0.55)) {
        return;
    }
    visit_wait(visit, 60000, 10 * MINUTE_MS);
    visit_emit(visit, STEP_FORM);
    say_who(visit);
    visit_page(visit, SHOP_THANKS);
    visit_emit(visit, STEP_ORDER_COMPLETED);
    visit->cart = 0;
    if (visit->has_user && draw(visit, 0.5)) {
        renew_later(visit);
    }
}

static void look_at_product(struct visit *visit)
{
    visit_page(visit, SHOP_PRODUCT + random_heavy(&visit->random, PRODUCTS));
    visit_wait(visit, 300, 5000);
    visit_emit(visit, STEP_PRODUCT_VIEWED);
    if (draw(visit, 0.4)) {
        click(visit);
    }
    if (draw(visit, 0.22)) {
        click(visit);
        visit_emit(visit, STEP_PRODUCT_ADDED);
        visit->cart = visit->cart < 9 ? (uint8_t)(visit->cart + 1) : visit->cart;
    }
}

static void search(struct visit *visit)
{
    visit_page(visit, SHOP_SEARCH);
    visit_emit(visit, draw(visit, 0.005) ? STEP_SEARCH_TYPO : STEP_SEARCH);
}

static void look_around_shop(struct visit *visit)
{
    double what = random_unit(&visit->random);
    if (what < 0.48) {
        look_at_product(visit);
    } else if (what < 0.68) {
        visit_page(visit, SHOP_CATEGORY + random_heavy(&visit->random, CATEGORIES));
        visit_wait(visit, 500, 5000);
        visit_emit(visit, STEP_LIST_VIEWED);
        click(visit);
    } else if (what < 0.78) {
        search(visit);
    } else if (visit->cart > 0 && what < 0.92) {
        check_out(visit);
    } else if (what < 0.95) {
        visit_page(visit, visit->cart > 0 ? SHOP_CART : SHOP_HOME);
    } else {
        visit_page(visit, SHOP_ACCOUNT);
        say_who(visit);
    }
}

static void look_around(struct visit *visit)
{
    enum site site = visit->visitor->site;
    if (site == SITE_SHOP) {
        look_around_shop(visit);
        return;
    }
    visit_page(visit, random_heavy(&visit->random, world_pages(site)));
    if (site == SITE_APP && draw(visit, 0.3)) {
        say_who(visit);
    }
    for (uint32_t i = site == SITE_APP ? 3 : 1; i > 0 && draw(visit, 0.6); i--) {
        click(visit);
    }
}

void visit_session(struct visit *visit)
{
    visit_new_session(visit);
    int64_t pages = 1 + random_wait_ms(&visit->random, visit->pages_mean);
    if (draw(visit, 0.4)) {
        visit_page(visit, 0);
    }
    for (int64_t i = 0; i < pages && !visit->is_over; i++) {
        look_around(visit);
    }
    leave_page(visit);
}
