/*
 * deploy_host.h - what the targets that run on this machine itself have in common: program, user,
 * folders, configuration, and Caddy in front.
 */
#ifndef PIPES_APP_DEPLOY_HOST_H
#define PIPES_APP_DEPLOY_HOST_H

#include "app/deploy.h"

#define DEPLOY_DATA "/var/lib/pipes"
#define DEPLOY_INI "/etc/pipes/pipes.ini"
#define DEPLOY_CADDYFILE "/etc/pipes/Caddyfile"
#define DEPLOY_USER "pipes"

/* The options: where data are, and what stands in front. */
enum status deploy_host_settle(struct deploy *deploy, struct fault *fault) MUST_CHECK;
/* Whether Caddy stands in front: there is a domain, and no certificate of one's own. */
bool deploy_host_has_caddy(const struct deploy *deploy);
/* The program, unless a package or `make install` put it there; where it is then. */
const char *deploy_host_program(struct deploy *deploy);
/* Every file and folder that the service reads besides its own, until one is refused. */
typedef enum status deploy_see_file(struct deploy *deploy, const char *path, struct fault *fault);
enum status deploy_host_each_file(struct deploy *deploy, deploy_see_file *see, struct fault *fault)
    MUST_CHECK;
/* User, folders, configuration, Caddyfile, and Caddy itself when it is not there. */
enum status deploy_host_files(struct deploy *deploy, struct fault *fault) MUST_CHECK;
/* The other way round; what a package brought stays. */
void deploy_host_remove(struct deploy *deploy);
/* Where PATH has a command; NULL: nowhere. */
const char *deploy_host_find(struct deploy *deploy, const char *command);

#endif
