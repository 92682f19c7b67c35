#include "app/deploy.h"
#include "site/tag.h"

#include <stdio.h>
#include <unistd.h>

enum { TEMPLATE_BYTES_MAX = 1 << 20, OPTIONS_BYTES_MAX = 4096, TAG_BYTES_MAX = 1024 };

/* What the template's parameter takes; a shell reads it as words. */
static const char OPTION_BYTES[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789=,.:/_+-";

/* Flags of serve as the instance gives them to `pipes deploy systemd`. */
static enum status append_options(struct deploy *deploy, struct buf *out, struct fault *fault)
{
    const struct option_set *set = deploy->options;
    for (size_t i = 0; i < set->count; i++) {
        const struct option_row *row = &set->rows[i];
        if (!(row->uses & CONFIG_SERVE) || strncmp(set->origins[i], "flag", 4) != 0) {
            continue;
        }
        if (strspn(set->texts[i], OPTION_BYTES) != strlen(set->texts[i])) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "--%s: a stack takes letters, digits and =,.:/_+- only", row->name);
        }
        buf_append_format(out, "%s--%s=%s", out->len > 0 ? " " : "", row->name, set->texts[i]);
    }
    return buf_status(out);
}

/* Every line but the first as far to the right as the mark stands: a block of YAML. */
static void append_block(struct buf *out, struct view text, int indent)
{
    for (bool is_first = true; text.len > 0; is_first = false) {
        struct view line = view_cut(&text, '\n');
        if (!is_first) {
            buf_append_byte(out, '\n');
            buf_append_format(out, "%*s", line.len > 0 ? indent : 0, "");
        }
        buf_append_view(out, line);
    }
}

static const char *block(struct deploy *deploy, struct view text, int indent)
{
    struct buf made;
    buf_init(&made, TEMPLATE_BYTES_MAX);
    append_block(&made, text, indent);
    buf_append_byte(&made, 0);
    const char *kept =
        buf_status(&made) == STATUS_OK ? arena_copy(deploy->arena, buf_view(&made)).at : NULL;
    deploy->plan.is_broken = deploy->plan.is_broken || !kept;
    buf_free(&made);
    return kept ? kept : "";
}

/* An output holds no more than TAG_BYTES_MAX: then the tag without the queue for early calls. */
static const char *tag_of(struct deploy *deploy)
{
    struct tag_source source = {
        .tracker = embedded_tracker,
        .base_url = "https://${Domain}",
        .bundle = &deploy->site.bundle,
    };
    struct buf tag;
    buf_init(&tag, TEMPLATE_BYTES_MAX);
    tag_append_default(&tag, &source);
    if (tag.len > TAG_BYTES_MAX || memmem(tag.at, tag.len, "${", 2) == NULL) {
        buf_clear(&tag);
        tag_append_external(&tag, &source);
    }
    const char *kept = block(deploy, buf_view(&tag), 6);
    buf_free(&tag);
    return kept;
}

static bool is_word(const char *text)
{
    return strspn(text, OPTION_BYTES) == strlen(text);
}

static enum status check(const struct deploy *deploy, struct fault *fault)
{
    const struct config *flags = deploy->flags;
    if (!is_word(flags->stack) || !is_word(flags->instance_type) || !is_word(flags->hosted_zone)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "--stack, --instance-type and --hosted-zone are single words");
    }
    if (flags->remove) {
        return STATUS_OK;
    }
    if (!flags->domain[0] || strchr(flags->domain, ':')) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "which host name shall the collector have? --domain events.example.org");
    }
    if (!flags->dry_run &&
        (!flags->package[0] || access(flags->package, R_OK) != 0 || strchr(flags->package, '\''))) {
        return fault_set(fault, STATUS_NOT_FOUND,
                         "the instance needs the Debian package of this program: --package FILE, "
                         "as `make deb` makes it");
    }
    return deploy_check_paths(deploy, fault);
}

/* Graviton machines have a g behind their generation: t4g.small, c7gn.large. */
static const char *architecture_of(const char *type)
{
    size_t at = strcspn(type, "0123456789");
    at += strspn(type + at, "0123456789");
    return type[at] == 'g' || type[0] == 'a' ? "arm64" : "amd64";
}

static const char *whole_path(struct deploy *deploy, const char *path)
{
    char folder[DEPLOY_PATH_BYTES];
    return path[0] == '/' || !getcwd(folder, sizeof(folder))
               ? path
               : deploy_format(deploy, "%s/%s", folder, path);
}

static void plan_removal(struct deploy *deploy, const char *script)
{
    struct deploy_value values[] = {{"STACK", deploy->flags->stack},
                                    {"WITH_DATA", deploy->flags->with_data ? "true" : "false"},
                                    {NULL, NULL}};
    deploy_write(deploy, "remove.sh", values, script, 0755);
    deploy_plan_run(&deploy->plan, false, (const char *[]){"sh", script, NULL});
}

static enum status add_files(struct deploy *deploy, const char *out, struct fault *fault)
{
    struct buf options;
    const struct config *flags = deploy->flags;
    buf_init(&options, OPTIONS_BYTES_MAX);
    enum status status = append_options(deploy, &options, fault);
    struct deploy_value values[] = {
        {"STACK", flags->stack},
        {"PACKAGE", whole_path(deploy, flags->package)},
        {"DOMAIN", flags->domain},
        {"HOSTED_ZONE", flags->hosted_zone},
        {"OPTIONS", block(deploy, buf_view(&options), 0)},
        {"INSTANCE_TYPE", flags->instance_type},
        {"ARCHITECTURE", architecture_of(flags->instance_type)},
        {"START", block(deploy, embedded_find(embedded_deploy, "start.sh"), 18)},
        {"TAG", tag_of(deploy)},
        {NULL, NULL},
    };
    const char *script = deploy_format(deploy, "%s/deploy.sh", out);
    deploy_plan_folder(&deploy->plan, out, 0755);
    deploy_write(deploy, "pipes.yaml", values, deploy_format(deploy, "%s/pipes.yaml", out), 0644);
    deploy_write(deploy, "deploy.sh", values, script, 0755);
    deploy_plan_run(&deploy->plan, false, (const char *[]){"sh", script, NULL});
    buf_free(&options);
    return status;
}

enum status deploy_aws(struct deploy *deploy, struct fault *fault)
{
    const char *out = deploy->flags->deploy_out;
    enum status status = check(deploy, fault);
    if (status == STATUS_OK && deploy->flags->remove) {
        plan_removal(deploy, deploy_format(deploy, "%s/remove.sh", out));
        return STATUS_OK;
    }
    /* A file that nobody has: the instance writes its own. */
    status = status == STATUS_OK ? deploy_begin_ini(deploy, "/dev/null", fault) : status;
    if (status == STATUS_OK) {
        deploy_decide(deploy, "base-url",
                      deploy_format(deploy, "https://%s", deploy->flags->domain));
        status = deploy_settle(deploy, fault);
    }
    return status == STATUS_OK ? add_files(deploy, out, fault) : status;
}
