#include "bench/lake/row_properties.h"

#include "bench/lake/random.h"

static uint32_t product_of(const struct step *step)
{
    return step->page >= SHOP_PRODUCT ? (uint32_t)step->page - SHOP_PRODUCT : 0;
}

static void append_price(struct buf *out, uint32_t cents, bool is_text)
{
    const char *quote = is_text ? "\"" : "";
    buf_append_format(out, "\"price\":%s%u.%02u%s", quote, cents / 100, cents % 100, quote);
}

static void append_product(const struct row_subject *subject, struct buf *out,
                           struct random *random)
{
    const struct step *step = subject->step;
    uint32_t product = product_of(step);
    bool is_added = step->kind == STEP_PRODUCT_ADDED;
    bool is_text = is_added && drift_has_text_price(step, subject->start_ms);
    buf_append_format(out, "{\"product_id\":\"SKU-%05u\",", product);
    append_price(out, world_price_cents(subject->world, product), is_text);
    buf_append_format(out, ",\"currency\":\"EUR\",\"category\":\"%s\"",
                      subject->world->words[product % CATEGORIES]);
    if (is_added) {
        buf_append_format(out, ",\"quantity\":%u,\"color\":\"%s\"", 1 + random_heavy(random, 3),
                          random_chance(random, 0.5) ? "terracotta" : "white");
    } else {
        buf_append_format(out, ",\"in_stock\":%s,\"rating\":%u.%u",
                          random_chance(random, 0.9) ? "true" : "\"soon\"",
                          3 + random_below(random, 2), random_below(random, 10));
        if (drift_has_variant(step, subject->start_ms)) {
            buf_append_format(out, ",\"variant\":\"%c\"", subject->visitor->index % 2 ? 'a' : 'b');
        }
        if (drift_has_legacy_sku(step, subject->start_ms)) {
            buf_append_format(out, ",\"legacy_sku\":%u", product + 70000);
        }
    }
    buf_append_byte(out, '}');
}

static void append_order(const struct row_subject *subject, struct buf *out, struct random *random)
{
    const struct world *world = subject->world;
    uint32_t order = subject->step->id;
    uint32_t cents = world_order_cents(world, order, subject->step->cart);
    buf_append_format(out, "{\"order_id\":\"o-%08x\",\"revenue\":%u.%02u,\"tax\":%u.%02u,",
                      (uint32_t)random_next(random), cents / 100, cents % 100, cents / 600,
                      cents / 6 % 100);
    buf_append_text(out, random_chance(random, 0.2) ? "\"coupon\":\"SPRING10\"," : "");
    buf_append_text(out, "\"currency\":\"EUR\",\"products\":[");
    for (uint32_t i = 0; i < subject->step->cart; i++) {
        uint32_t product = world_order_product(world, order, i);
        buf_append_format(out, "%s{\"product_id\":\"SKU-%05u\",", i > 0 ? "," : "", product);
        append_price(out, world_price_cents(world, product), false);
        buf_append_text(out, ",\"quantity\":1}");
    }
    buf_append_text(out, "]}");
}

static void append_list(const struct row_subject *subject, struct buf *out, struct random *random)
{
    uint32_t category = (uint32_t)subject->step->page - SHOP_CATEGORY;
    buf_append_format(out, "{\"list\":\"%s\",\"product_ids\":[", subject->world->words[category]);
    for (uint32_t i = 0; i < 8; i++) {
        buf_append_format(out, "%s\"SKU-%05u\"", i > 0 ? "," : "", random_heavy(random, PRODUCTS));
    }
    buf_append_text(out, "]}");
}

static void append_search(const struct row_subject *subject, struct buf *out, struct random *random)
{
    buf_append_text(out, "{\"query\":\"");
    world_append_words(subject->world, out, random_next(random), 1 + random_below(random, 4));
    buf_append_format(out, "\",\"results\":%u,\"filters\":[\"%s\"]}", random_heavy(random, 300),
                      random_chance(random, 0.7) ? "in-stock" : "new");
}

static void append_click(const struct row_subject *subject, struct buf *out, struct random *random)
{
    static const char *const PATHS[] = {"main>ul#products>li>a",
                                        "button#add",
                                        "header>nav>a",
                                        "main>section.grid>article>a.card__link",
                                        "footer>div.columns>ul>li>a",
                                        "div#cookie-banner>button.accept",
                                        "main>form#filters>label>input"};
    static const char *const TAGS[] = {"a", "button", "a", "a", "a", "button", "input"};
    uint32_t which = random_heavy(random, 7);
    buf_append_format(out, "{\"path\":\"%s\",\"tag\":\"%s\",\"text\":\"", PATHS[which],
                      TAGS[which]);
    world_append_words(subject->world, out, random_next(random), 1 + random_below(random, 3));
    buf_append_format(out, "\",\"x\":%u,\"y\":%u}", random_below(random, 1400),
                      random_below(random, 900));
}

static void append_error(const struct row_subject *subject, struct buf *out, struct random *random)
{
    buf_append_text(out, "{\"message\":\"TypeError: cannot read properties of undefined (");
    buf_append_text(out, subject->world->words[random_heavy(random, 60)]);
    buf_append_format(out,
                      ")\",\"source\":\"https://shop.example/assets/app.%08x.js\",\"line\":1,"
                      "\"column\":%u,\"count\":%u}",
                      random_heavy(random, 5) * 2654435761U, random_below(random, 90000),
                      1 + random_heavy(random, 5));
}

static void append_measures(const struct row_subject *subject, struct buf *out,
                            struct random *random)
{
    switch (subject->step->kind) {
    case STEP_ENGAGEMENT:
        buf_append_format(out,
                          "{\"engaged_ms\":%u,\"depth\":%u,\"scrolls\":%u,\"clicks\":%u,\"keys\":%u"
                          ",\"touches\":%u,\"pointer_px\":%u}",
                          (uint32_t)random_wait_ms(random, 14000), random_below(random, 101),
                          random_heavy(random, 60), random_heavy(random, 8),
                          random_heavy(random, 30), random_heavy(random, 9),
                          random_heavy(random, 20000));
        break;
    case STEP_VITALS:
        buf_append_format(out, "{\"ttfb\":%u,\"fcp\":%u,\"lcp\":%u,\"cls\":0.%03u,\"inp\":%u}",
                          (uint32_t)random_wait_ms(random, 180) + 20,
                          (uint32_t)random_wait_ms(random, 600) + 200,
                          (uint32_t)random_wait_ms(random, 1100) + 300, random_heavy(random, 400),
                          8 * (1 + random_heavy(random, 60)));
        break;
    default: /* STEP_IMPRESSION */
        buf_append_format(out, "{\"element\":\"banner-%u\",\"visible_ms\":%u,\"ratio\":0.%02u}",
                          random_heavy(random, 40), 1000 + (uint32_t)random_wait_ms(random, 2500),
                          50 + random_below(random, 50));
    }
}

static void append_small(const struct row_subject *subject, struct buf *out, struct random *random)
{
    switch (subject->step->kind) {
    case STEP_PAGE:
        buf_append_format(out, "{\"navigation\":\"%s\"}",
                          subject->visitor->site == SITE_APP && subject->step->seq > 1 ? "push"
                                                                                       : "load");
        break;
    case STEP_CHECKOUT_STARTED:
        buf_append_format(out, "{\"items\":%u}", subject->step->cart);
        break;
    case STEP_FORM:
        buf_append_format(out, "{\"form\":\"checkout\",\"fields\":%u}",
                          4 + random_below(random, 3));
        break;
    case STEP_RENEWED:
        buf_append_format(out, "{\"plan\":\"%s\",\"amount\":%u.50}",
                          random_chance(random, 0.3) ? "pro" : "basic",
                          4 + random_below(random, 9));
        break;
    default: /* identify, alias */
        buf_append_text(out, "{}");
    }
}

void row_append_properties(const struct row_subject *subject, struct buf *out)
{
    const struct step *step = subject->step;
    struct random random = random_of(subject->world->seed, RANDOM_ROW, step->id);
    switch (step->kind) {
    case STEP_PRODUCT_VIEWED:
    case STEP_PRODUCT_ADDED:
        append_product(subject, out, &random);
        break;
    case STEP_ORDER_COMPLETED:
        append_order(subject, out, &random);
        break;
    case STEP_LIST_VIEWED:
        append_list(subject, out, &random);
        break;
    case STEP_SEARCH:
    case STEP_SEARCH_TYPO:
        append_search(subject, out, &random);
        break;
    case STEP_CLICK:
        append_click(subject, out, &random);
        break;
    case STEP_ERROR:
        append_error(subject, out, &random);
        break;
    case STEP_ENGAGEMENT:
    case STEP_VITALS:
    case STEP_IMPRESSION:
        append_measures(subject, out, &random);
        break;
    case STEP_DRIFT: {
        struct drift_event event = drift_event_of(subject->world->seed, step->number);
        drift_append_properties(&event, out);
        break;
    }
    default:
        append_small(subject, out, &random);
    }
}

bool row_append_user_properties(const struct row_subject *subject, struct buf *out)
{
    if (subject->step->kind != STEP_IDENTIFY) {
        return false;
    }
    struct random random = random_of(subject->world->seed, RANDOM_PERSON, subject->visitor->person);
    buf_append_format(out, "{\"plan\":\"%s\",\"since\":\"202%u-%02u-11\",\"newsletter\":%s}",
                      random_chance(&random, 0.3) ? "pro" : "basic", random_below(&random, 6),
                      1 + random_below(&random, 12),
                      random_chance(&random, 0.5) ? "true" : "false");
    return true;
}
