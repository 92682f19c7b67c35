/*
 * deploy_run.h - collector and Caddy in the foreground, as `pipes deploy local` set them up.
 */
#ifndef PIPES_APP_DEPLOY_RUN_H
#define PIPES_APP_DEPLOY_RUN_H

#include "app/deploy.h"

/* Says the result on out_fd once all answer; comes back when told to stop, or with the reason. */
enum status deploy_run(struct deploy *deploy, int out_fd, struct fault *fault) MUST_CHECK;

#endif
