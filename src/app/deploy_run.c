#include "app/deploy_run.h"

#include "app/deploy_host.h"
#include "app/foreground.h"

#include <stdio.h>
#include <stdlib.h>

enum { RESULT_BYTES_MAX = 1 << 20 };

static enum status start_collector(struct deploy *deploy, struct foreground *group,
                                   struct fault *fault)
{
    const char *program = view_starts_with(view_from_text(deploy->program), "/usr/")
                              ? deploy->program
                              : "/usr/local/bin/pipes";
    const char *const words[] = {"setpriv",
                                 "--reuid=" DEPLOY_USER,
                                 "--regid=" DEPLOY_USER,
                                 "--clear-groups",
                                 "--no-new-privs",
                                 program,
                                 "serve",
                                 "--config",
                                 DEPLOY_INI,
                                 NULL};
    return foreground_start(group, "pipes serve", words, fault);
}

/* As the same user, but with the right to the ports of HTTP and HTTPS. */
static enum status start_caddy(struct deploy *deploy, struct foreground *group, struct fault *fault)
{
    const char *caddy = deploy_host_find(deploy, "caddy");
    if (!caddy) {
        return fault_set(fault, STATUS_NOT_FOUND, "there is no caddy; install it");
    }
    const char *const words[] = {"setpriv",
                                 "--reuid=" DEPLOY_USER,
                                 "--regid=" DEPLOY_USER,
                                 "--clear-groups",
                                 "--no-new-privs",
                                 "--inh-caps=-all,+net_bind_service",
                                 "--ambient-caps=-all,+net_bind_service",
                                 caddy,
                                 "run",
                                 "--adapter",
                                 "caddyfile",
                                 "--config",
                                 DEPLOY_CADDYFILE,
                                 NULL};
    setenv("XDG_DATA_HOME", "/var/lib/pipes-caddy", 1);
    setenv("XDG_CONFIG_HOME", "/var/lib/pipes-caddy", 1);
    setenv("HOME", "/var/lib/pipes-caddy", 1);
    return foreground_start(group, "caddy", words, fault);
}

static enum status say(const struct deploy *deploy, int out_fd, struct fault *fault)
{
    struct buf text;
    buf_init(&text, RESULT_BYTES_MAX);
    buf_append_byte(&text, '\n');
    enum status status = deploy_append_result(deploy, &text);
    if (status == STATUS_OK) {
        dprintf(out_fd, "%.*s\nIt runs until Ctrl-C.\n", (int)text.len, text.at);
    } else {
        fault_set(fault, status, "no memory for the tag");
    }
    buf_free(&text);
    return status;
}

enum status deploy_run(struct deploy *deploy, int out_fd, struct fault *fault)
{
    struct foreground group;
    foreground_open(&group);
    enum status status = start_collector(deploy, &group, fault);
    status = status == STATUS_OK ? deploy_wait(DEPLOY_DATA, DEPLOY_HEALTH_MS, fault) : status;
    if (status == STATUS_OK && deploy_host_has_caddy(deploy)) {
        status = start_caddy(deploy, &group, fault);
    }
    status = status == STATUS_OK ? say(deploy, out_fd, fault) : status;
    if (status != STATUS_OK) {
        foreground_stop(&group);
        return status;
    }
    return foreground_wait(&group, fault);
}
