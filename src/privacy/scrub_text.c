#include "privacy/scrub_text.h"

#include "privacy/scrub_scan.h"

typedef void scrub_pass(struct scrub_edit *edit, const struct scrub_place *place);

/* In this order: what is masked as a whole first, what is known by its digits alone last. */
static scrub_pass *const PASSES[] = {
    scrub_parameters, scrub_members, scrub_userinfo, scrub_secrets,
    scrub_runs,       scrub_ids,     scrub_numbers,
};

enum status scrub_text(struct scrub_job *job, const struct scrub_place *place, struct view *text)
{
    struct view scrubbed = *text;
    enum status status = STATUS_OK;
    if (!scrub_may_hold(*text, place)) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof(PASSES) / sizeof(PASSES[0]) && status == STATUS_OK; i++) {
        struct scrub_edit edit = {.job = job, .in = scrubbed};
        PASSES[i](&edit, place);
        status = scrub_edit_finish(&edit, &scrubbed);
    }
    if (status == STATUS_OK) {
        *text = scrubbed;
    }
    return status;
}
