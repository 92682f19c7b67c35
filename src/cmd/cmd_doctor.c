#include "app/doctor.h"
#include "cmd/cmd.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static bool is_flag(const struct option_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->rows[i].name, name) == 0 && strncmp(set->origins[i], "flag", 4) == 0) {
            return true;
        }
    }
    return false;
}

static int print(const struct cmd_context *context, const struct doctor *doctor)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    enum status status = strcmp(context->config->report_format, "json") == 0
                             ? doctor_append_json(doctor, &text)
                             : doctor_append_text(doctor, &text);
    cmd_write(context->out_fd, buf_view(&text));
    buf_free(&text);
    return status == STATUS_OK && doctor_mistakes(doctor) == 0 ? 0 : 1;
}

/* A page alone is looked at from anywhere; the collector of this machine when it is named, or when
 * there is nothing else to look at. */
static int run(const struct cmd_context *context)
{
    const struct option_set *options = context->options;
    const char *url = options->positional_count > 0 ? options->positionals[0] : "";
    struct doctor doctor;
    doctor_init(&doctor, context->clock);
    if (url[0]) {
        doctor_check_page(&doctor, url, context->config->endpoint);
    }
    if (!url[0] || is_flag(options, "data")) {
        const struct doctor_local local = {context->config, options};
        doctor_check_data(&doctor, &local);
    }
    int result = print(context, &doctor);
    doctor_free(&doctor);
    return result;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .summary =
        "find the common mistakes: of a page, its tag and its collector; of a collector here",
    .usage = "[URL] [--data DIR] [OPTIONS]",
    .uses = CONFIG_DOCTOR,
    .positionals = 1,
    .run = run,
};
