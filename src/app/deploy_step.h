/*
 * deploy_step.h - does one step of a plan (deploy_plan.h), if it is not done already.
 */
#ifndef PIPES_APP_DEPLOY_STEP_H
#define PIPES_APP_DEPLOY_STEP_H

#include "app/deploy_plan.h"

/* *is_needed becomes false when all is as it should be, and when root keeps commands from being
 * run. What a command does may be told on out_fd. */
enum status deploy_step_do(const struct deploy_step *step, const char *root, int out_fd,
                           bool *is_needed, struct fault *fault) MUST_CHECK;

#endif
