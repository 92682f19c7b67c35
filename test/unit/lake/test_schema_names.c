/* Which names look like a slip of another, and which, more important, do not. */
#include "lake/schema_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct pair {
    const char *a;
    const char *b;
};

static const struct pair ALIKE[] = {
    {"product_added", "prodcut_added"},
    {"product_added", "product_aded"},
    {"product_added", "productAdded"},
    {"product_added", "Product Added"},
    {"product_added", "product-added"},
    {"addtocart", "add_to_cart"},
    {"currency", "curency"},
    {"currency", "currrency"},
    {"price", "prise"},
    {"total", "totla"},
    {"utm_source", "utm_sorce"},
    {"order_completed", "order_compelted"},
    {"subscription", "subsciption"},
    {"subscription", "subscripton_"},
    {"URL", "url"},
    {"coupon", "coupons"},
};

static const struct pair DIFFERENT[] = {
    {"price", "price"},
    {"min_price", "max_price"},
    {"step_1", "step_2"},
    {"item1", "item2"},
    {"x", "y"},
    {"x_position", "y_position"},
    {"login", "logout"},
    {"opened", "closed"},
    {"first_name", "last_name"},
    {"start_date", "end_date"},
    {"width", "height"},
    {"price_eur", "price_usd"},
    {"cat", "car"},
    {"product_added", "added"},
    {"product_added", "product_viewed"},
    {"", ""},
    {"", "a"},
    {"___", "---"},
    {"total", "subtotal"},
    {"page", "path"},
    {"color_red", "color_blue"},
    {"2024_sales", "2025_sales"},
    {"date_paid", "rate_paid"},
    {"is_new", "is_now"},
    {"order_id", "order_ids_x"},
    {"coupon_code", "coupon"},
    {"video_played", "video_paused"},
};

static void assert_pair(const struct pair *pair, bool expected)
{
    struct view a = view_from_text(pair->a);
    struct view b = view_from_text(pair->b);
    if (schema_names_are_alike(a, b) != expected || schema_names_are_alike(b, a) != expected) {
        fail_msg("%s and %s should %sbe alike", pair->a, pair->b, expected ? "" : "not ");
    }
    /* The quick no is never a wrong one. */
    assert_true(!expected ||
                schema_names_may_be_alike(schema_names_letters(a), schema_names_letters(b)));
}

static void slips_are_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ALIKE) / sizeof(ALIKE[0]); i++) {
        assert_pair(&ALIKE[i], true);
    }
}

static void names_that_mean_to_differ_are_no_slips(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(DIFFERENT) / sizeof(DIFFERENT[0]); i++) {
        assert_pair(&DIFFERENT[i], false);
    }
}

static void long_names_and_any_bytes_are_borne(void **state)
{
    (void)state;
    char name[SCHEMA_NAMES_BYTES_MAX + 1];
    char other[SCHEMA_NAMES_BYTES_MAX + 1];
    for (size_t len = 0; len <= sizeof(name); len++) {
        memset(name, 'a', sizeof(name));
        memset(other, 'A', sizeof(other));
        bool alike = schema_names_are_alike(view_make(name, len), view_make(other, len));
        assert_int_equal(alike, len > 0 && len <= SCHEMA_NAMES_BYTES_MAX);
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        memset(name, (char)byte, sizeof(name));
        memset(other, (char)(byte + 1), sizeof(other));
        assert_false(schema_names_are_alike(view_make(name, 9), view_make(other, 9)) &&
                     byte != 'A' + 31);
    }
    /* A word at every letter, more than can be told apart. */
    assert_false(schema_names_are_alike(VIEW_LITERAL("aBcBcBcBcB_c_d_e_f_g_h_i_j_k_l_m_n_o_p"),
                                        VIEW_LITERAL("aBcBcBcBcB_c_d_e_f_g_h_i_j_k_l_m_n_o_q")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_are_seen),
        cmocka_unit_test(names_that_mean_to_differ_are_no_slips),
        cmocka_unit_test(long_names_and_any_bytes_are_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
