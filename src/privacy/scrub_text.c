#include "privacy/scrub_text.h"

#include "privacy/scrub_scan.h"

typedef void scrub_pass(struct scrub_edit *edit, const struct scrub_place *place);

enum { ROUNDS_MAX = 4 };

/* In this order: what is masked as a whole first, what is known by its digits alone last. */
static scrub_pass *const PASSES[] = {
    scrub_parameters, scrub_members, scrub_userinfo, scrub_secrets,
    scrub_runs,       scrub_ids,     scrub_numbers,
};

static enum status run_passes(struct scrub_job *job, const struct scrub_place *place,
                              struct view *text)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(PASSES) / sizeof(PASSES[0]) && status == STATUS_OK; i++) {
        struct scrub_edit edit = {.job = job, .in = *text};
        PASSES[i](&edit, place);
        status = scrub_edit_finish(&edit, text);
    }
    return status;
}

/* What was put in place of something may bring together what was apart: so once more, until nothing
 * is found. Each round leaves fewer digits and signs than the one before. */
enum status scrub_text(struct scrub_job *job, const struct scrub_place *place, struct view *text)
{
    struct view scrubbed = *text;
    struct view before = {0};
    enum status status = STATUS_OK;
    if (!scrub_may_hold(*text, place)) {
        return STATUS_OK;
    }
    for (int round = 0; round < ROUNDS_MAX && status == STATUS_OK && before.at != scrubbed.at;
         round++) {
        before = scrubbed;
        status = run_passes(job, place, &scrubbed);
    }
    if (status == STATUS_OK) {
        *text = scrubbed;
    }
    return status;
}
