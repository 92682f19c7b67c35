#include "app/deploy_host.h"

#include <stdio.h>
#include <unistd.h>

#define UNIT "/etc/systemd/system/pipes.service"
#define DROP_IN_FOLDER "/etc/systemd/system/pipes.service.d"
#define DROP_IN DROP_IN_FOLDER "/ports.conf"
#define CADDY_FILE "/etc/caddy/Caddyfile"
#define CADDY_LINE "import " DEPLOY_CADDYFILE

enum { LOW_PORTS = 1024 };

static const char *const RELOAD[] = {"systemctl", "daemon-reload", NULL};
static const char *const ENABLE[] = {"systemctl", "enable", "pipes.service", NULL};
static const char *const DISABLE[] = {"systemctl", "disable", "--now", "pipes.service", NULL};
static const char *const ENABLE_CADDY[] = {"systemctl", "enable", "--now", "caddy.service", NULL};
static const char *const RELOAD_CADDY[] = {"systemctl", "reload-or-restart", "caddy.service", NULL};

/* Units that a package or `make install` brought. */
static bool has_unit(const struct deploy *deploy)
{
    static const char *const PLACES[] = {"/usr/lib/systemd/system/pipes.service",
                                         "/lib/systemd/system/pipes.service",
                                         "/usr/local/lib/systemd/system/pipes.service"};
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        char path[DEPLOY_PATH_BYTES];
        snprintf(path, sizeof(path), "%s%s", deploy->plan.root, PLACES[i]);
        if (access(path, F_OK) == 0) {
            return true;
        }
    }
    return false;
}

static bool wants_low_port(struct view addresses)
{
    while (addresses.len > 0) {
        struct view one = view_trim(view_cut(&addresses, ','));
        struct view address = view_cut(&one, ' ');
        uint64_t port = LOW_PORTS;
        size_t colon = address.len;
        while (colon > 0 && address.at[colon - 1] != ':') {
            colon--;
        }
        if (view_to_uint64(view_part(address, colon, address.len), &port) && port < LOW_PORTS) {
            return true;
        }
    }
    return false;
}

static enum status check_place(const struct deploy *deploy, struct fault *fault)
{
    bool is_only_shown = deploy->flags->dry_run || deploy->plan.root[0];
    if (!is_only_shown && access("/run/systemd/system", F_OK) != 0) {
        return fault_set(
            fault, STATUS_NOT_FOUND,
            "systemd does not run here. `pipes deploy local` runs collector and Caddy in "
            "the foreground, `pipes deploy container` makes an image; --root DIR "
            "prepares a system that is not started yet");
    }
    if (!is_only_shown && geteuid() != 0) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "this needs root: run it with sudo; --dry-run shows what it would do");
    }
    return STATUS_OK;
}

/* ProtectHome and PrivateTmp of the unit. */
static enum status check_visible(struct deploy *deploy, const char *path, struct fault *fault)
{
    static const char *const HIDDEN[] = {"/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"};
    (void)deploy;
    for (size_t i = 0; i < sizeof(HIDDEN) / sizeof(HIDDEN[0]); i++) {
        if (view_starts_with(view_from_text(path), HIDDEN[i])) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "%s: the service does not see what is below %s; put it below /srv or "
                             "/etc/pipes",
                             path, HIDDEN[i]);
        }
    }
    return STATUS_OK;
}

static void add_unit(struct deploy *deploy, const char *program)
{
    struct deploy_value values[] = {{"BINARY", program}, {NULL, NULL}};
    if (!has_unit(deploy)) {
        deploy_write(deploy, "pipes.service", values, UNIT, 0644);
    }
    if (wants_low_port(view_from_text(deploy->config.listen))) {
        deploy_write(deploy, "ports.conf", values, DROP_IN, 0644);
    } else {
        deploy_plan_gone(&deploy->plan, DROP_IN);
        deploy_plan_gone(&deploy->plan, DROP_IN_FOLDER);
    }
}

static void add_commands(struct deploy *deploy)
{
    struct deploy_plan *plan = &deploy->plan;
    deploy_plan_run(plan, false, RELOAD);
    deploy_plan_run(plan, false, ENABLE);
    deploy_plan_renew(plan, "pipes.service");
    if (deploy_host_has_caddy(deploy)) {
        deploy_plan_line(plan, CADDY_FILE, CADDY_LINE);
        deploy_plan_run(plan, false, ENABLE_CADDY);
        deploy_plan_run(plan, false, RELOAD_CADDY);
    }
}

static void plan_removal(struct deploy *deploy)
{
    struct deploy_plan *plan = &deploy->plan;
    deploy_plan_run(plan, true, DISABLE);
    deploy_plan_gone(plan, UNIT);
    deploy_plan_gone(plan, DROP_IN);
    deploy_plan_gone(plan, DROP_IN_FOLDER);
    deploy_plan_run(plan, true, RELOAD);
    deploy_plan_cut_line(plan, CADDY_FILE, CADDY_LINE);
    if (deploy_host_find(deploy, "caddy")) {
        deploy_plan_run(plan, true, RELOAD_CADDY);
    }
    deploy_host_remove(deploy);
}

enum status deploy_systemd(struct deploy *deploy, struct fault *fault)
{
    enum status status = check_place(deploy, fault);
    if (status == STATUS_OK && deploy->flags->remove) {
        plan_removal(deploy);
        return STATUS_OK;
    }
    status = status == STATUS_OK ? deploy_host_settle(deploy, fault) : status;
    status = status == STATUS_OK ? deploy_host_each_file(deploy, check_visible, fault) : status;
    if (status == STATUS_OK) {
        const char *program = deploy_host_program(deploy);
        status = deploy_host_files(deploy, fault);
        add_unit(deploy, program);
        add_commands(deploy);
    }
    return status;
}
