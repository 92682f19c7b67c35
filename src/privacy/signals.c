#include "privacy/privacy_signals.h"

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

struct privacy_signals privacy_signals_read(struct view sec_gpc, struct view dnt,
                                            struct view cookie)
{
    return (struct privacy_signals){
        .is_gpc = view_is(sec_gpc, "1"),
        .is_dnt = view_is(dnt, "1"),
        .is_opted_out = has_opt_out(cookie),
    };
}

bool privacy_signals_forbid(const struct privacy_signals *signals)
{
    return signals->is_gpc || signals->is_dnt || signals->is_opted_out;
}
