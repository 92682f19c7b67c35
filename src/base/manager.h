/*
 * manager.h - tells the service manager how a service is (sd_notify(3)): systemd, or whoever set
 * NOTIFY_SOCKET.
 *
 *     manager_tell("READY=1");
 *     manager_tell("MAINPID=%lld", (long long)pid);       another process is the service now
 */
#ifndef PIPES_BASE_MANAGER_H
#define PIPES_BASE_MANAGER_H

/* Without a manager, and when it does not listen, nothing happens. */
void manager_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
