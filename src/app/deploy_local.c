#include "app/deploy_host.h"

#include <unistd.h>

enum status deploy_local(struct deploy *deploy, struct fault *fault)
{
    struct deploy_plan *plan = &deploy->plan;
    if (!deploy->flags->dry_run && geteuid() != 0) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "this needs root, for it makes a user: run it with sudo, or just "
                         "`pipes serve`; --dry-run shows what it would do");
    }
    if (deploy->flags->root[0]) {
        return fault_set(fault, STATUS_BAD_INPUT, "--root is for `pipes deploy systemd`");
    }
    if (deploy->flags->remove) {
        deploy_host_remove(deploy);
        return STATUS_OK;
    }
    enum status status = deploy_host_settle(deploy, fault);
    if (status == STATUS_OK) {
        deploy_host_program(deploy);
        status = deploy_host_files(deploy, fault);
        if (deploy_host_has_caddy(deploy)) {
            deploy_plan_folder(plan, "/var/lib/pipes-caddy", 0700);
            deploy_plan_owned(plan, "/var/lib/pipes-caddy", DEPLOY_USER);
        }
    }
    return status;
}
