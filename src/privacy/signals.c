#include "privacy/signals.h"

static bool has_opt_out(struct view cookies)
{
    while (cookies.len > 0) {
        struct view pair = view_trim(view_cut(&cookies, ';'));
        if (view_is(view_cut(&pair, '='), "pipes_disabled") && view_is(pair, "1")) {
            return true;
        }
    }
    return false;
}

struct signals signals_read(struct view sec_gpc, struct view dnt, struct view cookie)
{
    return (struct signals){
        .is_gpc = view_is(sec_gpc, "1"),
        .is_dnt = view_is(dnt, "1"),
        .is_opted_out = has_opt_out(cookie),
    };
}
