#include "bench/lake/world.h"

#include "bench/lake/random.h"

#include <stdio.h>

static const char *const SITE_NAMES[SITES] = {"shop", "blog", "app"};

const char *world_site_name(enum site site)
{
    return SITE_NAMES[site];
}

uint32_t world_pages(enum site site)
{
    static const uint32_t COUNTS[SITES] = {SHOP_PRODUCT + PRODUCTS, BLOG_POST + POSTS,
                                           APP_PROJECT + PROJECTS};
    return COUNTS[site];
}

/* A made-up word of two to four syllables. */
static void make_word(struct random *random, char word[WORD_BYTES])
{
    static const char *const HEADS[] = {"b", "c",  "d",  "f",  "g",  "h",  "k",  "l",  "m",
                                        "n", "p",  "r",  "s",  "t",  "v",  "w",  "z",  "st",
                                        "",  "tr", "br", "ch", "sh", "pl", "gr", "cl", "th"};
    static const char *const VOWELS[] = {"a", "e", "i", "o", "u", "ea", "ou", "ie"};
    static const char *const TAILS[] = {"", "", "", "n", "r", "s", "l", "t", "m", "nd", "ck"};
    uint32_t syllables = 1 + random_below(random, 3) + random_below(random, 2);
    size_t len = 0;
    word[0] = 0;
    for (uint32_t i = 0; i < syllables && len < WORD_BYTES - 6; i++) {
        len += (size_t)snprintf(word + len, WORD_BYTES - len, "%s%s%s",
                                HEADS[random_below(random, sizeof(HEADS) / sizeof(HEADS[0]))],
                                VOWELS[random_below(random, sizeof(VOWELS) / sizeof(VOWELS[0]))],
                                TAILS[random_below(random, sizeof(TAILS) / sizeof(TAILS[0]))]);
    }
}

void world_init(struct world *world, uint64_t seed)
{
    world->seed = seed;
    struct random random = random_of(seed, RANDOM_WORDS, 0);
    for (size_t i = 0; i < WORDS; i++) {
        make_word(&random, world->words[i]);
    }
}

static enum site draw_site(struct random *random)
{
    double draw = random_unit(random);
    return draw < 0.70 ? SITE_SHOP : draw < 0.88 ? SITE_BLOG : SITE_APP;
}

/* A shopper like any other, with an honest clock; the last two are one person's browsers. */
static struct visitor of_story(struct visitor visitor)
{
    bool is_user = visitor.index >= WORLD_STORY_USER;
    visitor.person = is_user ? WORLD_STORY_USER : visitor.index;
    visitor.is_member = visitor.is_renamed = is_user;
    visitor.site = SITE_SHOP;
    visitor.is_bot = visitor.is_test = false;
    visitor.skew_ms = 0;
    return visitor;
}

struct visitor world_visitor(const struct world *world, uint32_t index)
{
    /* What two browsers of one person have in common comes from the number of the pair. */
    struct random pair = random_of(world->seed, RANDOM_PERSON, index / 2);
    struct visitor visitor = {.index = index, .person = index, .site = draw_site(&pair)};
    bool is_member = random_chance(&pair, visitor.site == SITE_APP ? 0.8 : 0.25);
    bool has_two_browsers = is_member && random_chance(&pair, 0.3);
    visitor.is_renamed = random_chance(&pair, 0.1);
    if (has_two_browsers) {
        visitor.person = index & ~UINT32_C(1);
    }
    struct random own = random_of(world->seed, RANDOM_VISITOR, index);
    visitor.is_member = is_member && (has_two_browsers || index % 2 == 0);
    visitor.is_bot = random_chance(&own, 0.02);
    visitor.is_test = random_chance(&own, 0.005);
    visitor.device = (uint8_t)random_heavy(&own, 12);
    visitor.place = (uint8_t)random_heavy(&own, 10);
    visitor.skew_ms = random_chance(&own, 0.01) ? (int64_t)random_below(&own, 7200000) + 60000 : 0;
    return index < WORLD_STORIES ? of_story(visitor) : visitor;
}

void world_append_words(const struct world *world, struct buf *out, uint64_t from, uint32_t count)
{
    struct random random = {from};
    for (uint32_t i = 0; i < count; i++) {
        buf_append_text(out, i > 0 ? " " : "");
        buf_append_text(out, world->words[random_heavy(&random, WORDS)]);
    }
}

/* What a page is called: words that are its own. */
static void append_name(const struct world *world, struct buf *out, enum site site, uint32_t page,
                        const char *between)
{
    struct random random = random_of(world->seed, RANDOM_PAGE, (uint64_t)site * PAGES_MAX + page);
    uint32_t count = 2 + random_below(&random, 2) + (site == SITE_BLOG ? 3 : 0);
    for (uint32_t i = 0; i < count; i++) {
        buf_append_text(out, i > 0 ? between : "");
        buf_append_text(out, world->words[random_below(&random, WORDS)]);
    }
}

static void append_shop_path(const struct world *world, struct buf *out, uint32_t page)
{
    static const char *const FIXED[SHOP_CATEGORY] = {"/",       "/cart",   "/checkout",
                                                     "/thanks", "/search", "/account"};
    if (page < SHOP_CATEGORY) {
        buf_append_text(out, FIXED[page]);
        return;
    }
    buf_append_text(out, page < SHOP_PRODUCT ? "/category/" : "/plants/");
    append_name(world, out, SITE_SHOP, page, "-");
    if (page >= SHOP_PRODUCT) {
        buf_append_format(out, "-%u", page - SHOP_PRODUCT);
    }
}

void world_append_path(const struct world *world, struct buf *out, enum site site, uint32_t page)
{
    if (site == SITE_SHOP) {
        append_shop_path(world, out, page);
    } else if (site == SITE_BLOG) {
        buf_append_text(out, page == BLOG_HOME ? "/" : page == BLOG_ABOUT ? "/about" : "/posts/");
        if (page >= BLOG_POST) {
            append_name(world, out, site, page, "-");
            buf_append_format(out, "-%u", page);
        }
    } else if (page < APP_PROJECT) {
        buf_append_text(out, page == APP_HOME ? "/" : "/settings");
    } else {
        buf_append_format(out, "/projects/%08x",
                          (uint32_t)random_id(world->seed, RANDOM_PAGE, page));
    }
}

void world_append_title(const struct world *world, struct buf *out, enum site site, uint32_t page)
{
    static const char *const TAILS[SITES] = {" | Leaf & Pot", " - The Leaf", " - Planner"};
    append_name(world, out, site, page, " ");
    buf_append_text(out, TAILS[site]);
}

uint32_t world_price_cents(const struct world *world, uint32_t product)
{
    struct random random = random_of(world->seed, RANDOM_PRODUCT, product);
    return 190 + 10 * random_heavy(&random, 2000) + (random_chance(&random, 0.3) ? 9 : 0);
}

uint32_t world_order_product(const struct world *world, uint32_t order, uint32_t index)
{
    struct random random = random_of(world->seed, RANDOM_ORDER, (uint64_t)order * 16 + index);
    return random_heavy(&random, PRODUCTS);
}

uint32_t world_order_cents(const struct world *world, uint32_t order, uint32_t things)
{
    uint32_t cents = 0;
    for (uint32_t i = 0; i < things; i++) {
        cents += world_price_cents(world, world_order_product(world, order, i));
    }
    return cents;
}

void world_anonymous_id(const struct world *world, uint32_t visitor, char id[ID_BYTES])
{
    struct random random = random_of(world->seed, RANDOM_VISITOR, visitor);
    uint64_t high = random_mix(random.state ^ 0x5A);
    uint64_t low = random_mix(random.state ^ 0xA5);
    snprintf(id, ID_BYTES, "%016llx%016llx", (unsigned long long)high, (unsigned long long)low);
}

void world_user_id(const struct world *world, uint32_t person, bool is_renamed, char id[ID_BYTES])
{
    uint64_t drawn = random_id(world->seed, RANDOM_PERSON, (uint64_t)person + (1ULL << 40));
    /* The lower bits are the number: no two people are alike. */
    snprintf(id, ID_BYTES, "%s%06x%08x", is_renamed ? "cus-" : "u-",
             (unsigned)(drawn >> 40) & 0xFFFFFF, person);
}
