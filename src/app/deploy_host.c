#include "app/deploy_host.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const RUN_APT_UPDATE[] = {"apt-get", "update", "-q", NULL};
static const char *const RUN_APT_INSTALL[] = {
    "apt-get", "install", "-qy", "--no-install-recommends", "caddy", NULL};
static const char *const RUN_USERADD[] = {
    "useradd",   "--system",         "--user-group", "--home-dir",
    DEPLOY_DATA, "--no-create-home", "--shell",      "/usr/sbin/nologin",
    "--comment", "Pipes collector",  DEPLOY_USER,    NULL};
static const char *const RUN_USERDEL[] = {"userdel", DEPLOY_USER, NULL};

const char *deploy_host_find(struct deploy *deploy, const char *command)
{
    const char *path = getenv("PATH");
    struct view rest = view_from_text(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
    while (rest.len > 0) {
        struct view folder = view_cut(&rest, ':');
        const char *file = deploy_format(deploy, "%.*s/%s", VIEW_ARG(folder), command);
        if (file && access(file, X_OK) == 0) {
            return file;
        }
    }
    return NULL;
}

bool deploy_host_has_caddy(const struct deploy *deploy)
{
    return deploy->config.domain[0] && !deploy->config.tls_certificate[0];
}

enum status deploy_host_settle(struct deploy *deploy, struct fault *fault)
{
    if (deploy_is_flag(deploy, "data")) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "here data are kept in " DEPLOY_DATA
                         "; mount another disk there to have them elsewhere");
    }
    enum status status = deploy_check_paths(deploy, fault);
    status = status == STATUS_OK ? deploy_begin_ini(deploy, DEPLOY_INI, fault) : status;
    if (status == STATUS_OK) {
        deploy_ini_set(&deploy->ini, "data", DEPLOY_DATA);
        /* Once, to know what the file says already. */
        status = deploy_settle(deploy, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (deploy->config.domain[0]) {
        deploy_decide(deploy, "base-url",
                      deploy_format(deploy, "https://%s", deploy->config.domain));
    }
    if (deploy_host_has_caddy(deploy)) {
        deploy_decide(deploy, "listen", "127.0.0.1:8080");
        deploy_decide(deploy, "trusted-proxies", "127.0.0.1,::1");
    } else if (deploy->config.tls_certificate[0]) {
        deploy_decide(deploy, "listen", "*:443 tls");
    }
    return deploy_settle(deploy, fault);
}

const char *deploy_host_program(struct deploy *deploy)
{
    struct view path = view_from_text(deploy->program);
    if (view_starts_with(path, "/usr/")) {
        return deploy->program;
    }
    deploy_plan_copy(&deploy->plan, deploy->program, "/usr/local/bin/pipes", 0755);
    if (deploy->duckdb) {
        deploy_plan_copy(&deploy->plan, deploy->duckdb, "/usr/local/lib/pipes/libduckdb.so", 0644);
    }
    return "/usr/local/bin/pipes";
}

static void add_caddy(struct deploy *deploy)
{
    struct deploy_value values[] = {
        {"DOMAIN", deploy->config.domain},
        {"TLS", strcmp(deploy->config.certificates, "internal") == 0 ? "\n\ttls internal" : ""},
        {"UPSTREAM", deploy->config.listen},
        {NULL, NULL},
    };
    if (!deploy_host_find(deploy, "caddy")) {
        deploy_plan_run(&deploy->plan, false, RUN_APT_UPDATE);
        deploy_plan_run(&deploy->plan, false, RUN_APT_INSTALL);
    }
    deploy_write(deploy, "Caddyfile", values, DEPLOY_CADDYFILE, 0644);
}

enum status deploy_host_each_file(struct deploy *deploy, deploy_see_file *see, struct fault *fault)
{
    const struct config *config = &deploy->config;
    const char *const lists[] = {config->tls_certificate, config->tls_key, config->www,
                                 config->module, config->module_options};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct view rest = view_from_text(lists[i]);
        while (rest.len > 0 && status == STATUS_OK) {
            struct view path = view_trim(view_cut(&rest, ','));
            const char *kept = deploy_format(deploy, "%.*s", VIEW_ARG(path));
            status = kept && kept[0] ? see(deploy, kept, fault) : STATUS_OK;
        }
    }
    return status;
}

static enum status add_check(struct deploy *deploy, const char *path, struct fault *fault)
{
    (void)fault; /* it is asked when the user is there */
    deploy_plan_readable(&deploy->plan, path, DEPLOY_USER);
    return STATUS_OK;
}

enum status deploy_host_files(struct deploy *deploy, struct fault *fault)
{
    struct deploy_plan *plan = &deploy->plan;
    if (!getpwnam(DEPLOY_USER)) {
        deploy_plan_run(plan, false, RUN_USERADD);
    }
    enum status status = deploy_host_each_file(deploy, add_check, fault);
    deploy_plan_folder(plan, "/etc/pipes", 0755);
    deploy_plan_file(plan, DEPLOY_INI, 0644, deploy->ini.text);
    deploy_plan_folder(plan, DEPLOY_DATA, 0700);
    deploy_plan_owned(plan, DEPLOY_DATA, DEPLOY_USER);
    if (deploy_host_has_caddy(deploy)) {
        add_caddy(deploy);
    }
    return status;
}

void deploy_host_remove(struct deploy *deploy)
{
    struct deploy_plan *plan = &deploy->plan;
    deploy_plan_gone(plan, DEPLOY_CADDYFILE);
    deploy_plan_gone(plan, DEPLOY_INI);
    deploy_plan_gone(plan, "/etc/pipes");
    if (access("/usr/local/lib/systemd/system/pipes.service", F_OK) != 0) {
        /* Not of `make install`: it was copied there. */
        deploy_plan_gone(plan, "/usr/local/bin/pipes");
        deploy_plan_gone(plan, "/usr/local/lib/pipes/libduckdb.so");
        deploy_plan_gone(plan, "/usr/local/lib/pipes");
    }
    if (deploy->flags->with_data) {
        deploy_plan_tree_gone(plan, DEPLOY_DATA);
        deploy_plan_tree_gone(plan, "/var/lib/pipes-caddy");
        deploy_plan_run(plan, true, RUN_USERDEL);
    }
}
