#include "app/deploy.h"
#include "app/deploy_run.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 64 * 1024 * 1024, TEXT_BYTES_MAX = 16 * 1024 * 1024 };

struct target {
    const char *name;
    enum status (*plan)(struct deploy *deploy, struct fault *fault);
    enum status (*run)(struct deploy *deploy, int out_fd,
                       struct fault *fault); /* NULL: by others */
    const char *data;                        /* where a collector answers then; NULL: elsewhere */
    const char *advice;                      /* when it does not */
};

static const struct target TARGETS[] = {
    {"systemd", deploy_systemd, NULL, "/var/lib/pipes", "see: journalctl -u pipes -n 50"},
    {"local", deploy_local, deploy_run, NULL, ""},
    {"container", deploy_container, NULL, NULL, ""},
    {"aws", deploy_aws, NULL, NULL, ""},
};

static const struct target *find_target(const char *name)
{
    for (size_t i = 0; i < sizeof(TARGETS) / sizeof(TARGETS[0]); i++) {
        if (strcmp(TARGETS[i].name, name) == 0) {
            return &TARGETS[i];
        }
    }
    return NULL;
}

static enum status show(const struct cmd_context *context, const struct deploy *deploy,
                        bool has_steps, struct fault *fault)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (has_steps) {
        buf_append_text(&text, "What would be done:\n\n");
        deploy_plan_show(&deploy->plan, &text);
    }
    buf_append_byte(&text, '\n');
    if (!context->config->remove) {
        deploy_append_result(deploy, &text);
    }
    enum status status = deploy->plan.is_broken ? STATUS_NO_MEMORY : buf_status(&text);
    if (status == STATUS_OK) {
        cmd_write(context->out_fd, buf_view(&text));
    } else {
        fault_set(fault, status, "no room for the plan");
    }
    buf_free(&text);
    return status;
}

static enum status carry_out(const struct cmd_context *context, const struct target *target,
                             struct deploy *deploy, struct fault *fault)
{
    enum status status = deploy_plan_do(&deploy->plan, context->out_fd, fault);
    if (status != STATUS_OK || context->config->remove) {
        return status;
    }
    if (target->run) {
        return target->run(deploy, context->out_fd, fault);
    }
    if (target->data && !deploy->plan.root[0]) {
        struct fault why = {0};
        status = deploy_wait(target->data, DEPLOY_HEALTH_MS, &why);
        if (status != STATUS_OK) {
            return fault_set(fault, status, "%.300s; %s", why.text, target->advice);
        }
        dprintf(context->out_fd, "  it answers\n");
    }
    return show(context, deploy, false, fault);
}

static int check(const struct cmd_context *context)
{
    struct fault fault = {0};
    return deploy_wait(context->config->data, 0, &fault) == STATUS_OK
               ? 0
               : cmd_fail(context, "%s", fault.text);
}

static int deploy_to(const struct cmd_context *context, const struct target *target)
{
    struct arena arena;
    struct fault fault = {0};
    struct deploy *deploy = calloc(1, sizeof(*deploy)); /* too large for a stack */
    if (!deploy) {
        return cmd_fail(context, "no memory to deploy");
    }
    arena_init(&arena, ARENA_BYTES);
    enum status status = deploy_init(deploy, context->options, context->config, &arena, &fault);
    status = status == STATUS_OK ? target->plan(deploy, &fault) : status;
    if (status == STATUS_OK) {
        status = context->config->dry_run ? show(context, deploy, true, &fault)
                                          : carry_out(context, target, deploy, &fault);
    }
    deploy_free(deploy);
    arena_free(&arena);
    free(deploy);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

static int run(const struct cmd_context *context)
{
    const char *name =
        context->options->positional_count > 0 ? context->options->positionals[0] : "";
    const struct target *target = find_target(name);
    if (strcmp(name, "check") == 0) {
        return check(context);
    }
    if (!target) {
        cmd_fail(context,
                 "deploy where to? systemd: a service of this machine; local: in the "
                 "foreground, where there is no systemd; container: an image; aws: a stack "
                 "of CloudFormation; check: whether a collector answers on --data");
        return 2;
    }
    return deploy_to(context, target);
}

const struct command cmd_deploy = {
    .name = "deploy",
    .summary = "set a collector up: as a service, in a container, in the cloud; or undo that",
    .usage = "systemd|local|container|aws|check [--dry-run] [--remove] [OPTIONS]",
    .uses = CONFIG_DEPLOY | CONFIG_SERVE,
    .positionals = 1,
    .words = "systemd|local|container|aws|check",
    .run = run,
};
