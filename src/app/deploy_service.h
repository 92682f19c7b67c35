/*
 * deploy_service.h - a service of systemd takes on what is new on the disk: program, options, unit.
 *
 *     it does not run, or its unit is newer than it is    systemctl restart
 *     else a hand-over (hand_over.h): no request fails    systemctl kill --signal=USR2
 *     that the running process refuses, and says why      systemctl restart
 *
 * A restart alone sees what the manager applies itself: rights, limits, addresses.
 */
#ifndef PIPES_APP_DEPLOY_SERVICE_H
#define PIPES_APP_DEPLOY_SERVICE_H

#include "base/status.h"

/* Says on out_fd which way it was. Once it went well, the process before has ended. */
enum status deploy_service_renew(const char *unit, int out_fd, struct fault *fault) MUST_CHECK;

#endif
