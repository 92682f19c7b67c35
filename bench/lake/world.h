/*
 * world.h - who and what there is: three sites with their pages, products and words, and visitors.
 *
 * Nothing is kept per visitor: who somebody is follows from the seed and a number.
 *
 *     world_init(&world, seed);
 *     struct visitor visitor = world_visitor(&world, 17);
 */
#ifndef PIPES_BENCH_WORLD_H
#define PIPES_BENCH_WORLD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum site { SITE_SHOP, SITE_BLOG, SITE_APP, SITES };

enum {
    WORDS = 4096,
    WORD_BYTES = 16,
    CATEGORIES = 30,
    PRODUCTS = 2000,
    POSTS = 800,
    PROJECTS = 500,
    PAGES_MAX = 2048,   /* of a site */
    WORLD_STORIES = 16, /* the first visitors are told of in stories.h */
    WORLD_STORY_USER = 14,
};

/* Pages of the shop; products follow. */
enum shop_page {
    SHOP_HOME,
    SHOP_CART,
    SHOP_CHECKOUT,
    SHOP_THANKS,
    SHOP_SEARCH,
    SHOP_ACCOUNT,
    SHOP_CATEGORY,
    SHOP_PRODUCT = SHOP_CATEGORY + CATEGORIES,
};
enum blog_page { BLOG_HOME, BLOG_ABOUT, BLOG_POST };
enum app_page { APP_HOME, APP_SETTINGS, APP_PROJECT };

struct world {
    uint64_t seed;
    char words[WORDS][WORD_BYTES];
};

/* The two visitors of numbers 2n and 2n+1 may be two browsers of one person. */
struct visitor {
    uint32_t index;
    uint32_t person;
    enum site site;
    bool is_member; /* may say who they are */
    bool is_bot;
    bool is_test;
    bool is_renamed; /* gets another user_id one day */
    uint8_t device;
    uint8_t place;
    int64_t skew_ms; /* how far the clock is off */
};

void world_init(struct world *world, uint64_t seed);
struct visitor world_visitor(const struct world *world, uint32_t index);

const char *world_site_name(enum site site);
uint32_t world_pages(enum site site);
/* "/plants/basil-monstera-17" */
void world_append_path(const struct world *world, struct buf *out, enum site site, uint32_t page);
void world_append_title(const struct world *world, struct buf *out, enum site site, uint32_t page);
/* Words, the common ones often. */
void world_append_words(const struct world *world, struct buf *out, uint64_t from, uint32_t count);
uint32_t world_price_cents(const struct world *world, uint32_t product);
/* The products of an order of so many things, and what they cost together. */
uint32_t world_order_product(const struct world *world, uint32_t order, uint32_t index);
uint32_t world_order_cents(const struct world *world, uint32_t order, uint32_t things);

/* Ids as the tracker makes them: 128 or 64 random bits in hex. */
enum { ID_BYTES = 33 };
void world_anonymous_id(const struct world *world, uint32_t visitor, char id[ID_BYTES]);
/* The site's own: "u-7f3a90c1"; another one after the person was renamed. */
void world_user_id(const struct world *world, uint32_t person, bool is_renamed, char id[ID_BYTES]);

#endif
