#include "app/deploy_service.h"

#include "app/deploy_command.h"
#include "app/hand_over.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum { PAUSE_MS = 50, SHOWN_BYTES_MAX = 1 << 16, PATH_BYTES = 1024, STATUS_BYTES = 256 };
static const char REFUSED[] = "hand-over failed";

/* What systemctl(1) shows of a service. */
struct shown {
    bool is_active;
    bool is_unit_newer; /* a file of its unit was changed since it was started */
    uint64_t pid;
    char status[STATUS_BYTES]; /* what it said of itself last */
};

static bool is_any_newer(struct view paths, int64_t since_s)
{
    while (paths.len > 0) {
        char path[PATH_BYTES];
        struct stat facts;
        struct view one = view_cut(&paths, ' ');
        snprintf(path, sizeof(path), "%.*s", VIEW_ARG(one));
        if (one.len > 0 && stat(path, &facts) == 0 && facts.st_mtim.tv_sec > since_s) {
            return true;
        }
    }
    return false;
}

/* "Name=value", a line each; of what is not said the careful answer is taken. */
static void read_shown(struct shown *shown, struct view text)
{
    struct view unit = view_make(NULL, 0);
    struct view drop_ins = unit;
    uint64_t entered_s = 0;
    *shown = (struct shown){0};
    while (text.len > 0) {
        struct view value = view_cut(&text, '\n');
        struct view name = view_cut(&value, '=');
        if (view_is(name, "ActiveState")) {
            shown->is_active = view_is(value, "active");
        } else if (view_is(name, "MainPID")) {
            (void)view_to_uint64(value, &shown->pid);
        } else if (view_is(name, "StatusText")) {
            snprintf(shown->status, sizeof(shown->status), "%.*s", VIEW_ARG(value));
        } else if (view_is(name, "FragmentPath")) {
            unit = value;
        } else if (view_is(name, "DropInPaths")) {
            drop_ins = value;
        } else if (view_is(name, "ActiveEnterTimestamp") && view_starts_with(value, "@")) {
            (void)view_to_uint64(view_part(value, 1, value.len), &entered_s);
        }
    }
    shown->is_unit_newer =
        is_any_newer(unit, (int64_t)entered_s) || is_any_newer(drop_ins, (int64_t)entered_s);
}

static enum status show(const char *unit, struct shown *shown, struct fault *fault)
{
    const char *const words[] = {
        "systemctl",
        "show",
        "--timestamp=unix",
        "--property=ActiveState,MainPID,StatusText,FragmentPath,DropInPaths,ActiveEnterTimestamp",
        unit,
        NULL};
    struct buf text;
    buf_init(&text, SHOWN_BYTES_MAX);
    enum status status = deploy_command_read(words, &text, fault);
    read_shown(shown, status == STATUS_OK ? buf_view(&text) : view_make(NULL, 0));
    buf_free(&text);
    return status;
}

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

/* Until another process is the service, or the one that runs refuses. */
static enum status wait_for_another(const char *unit, const struct shown *before,
                                    struct fault *fault)
{
    struct shown now = *before;
    for (int waited_ms = 0; waited_ms < HAND_OVER_READY_MS + 5000; waited_ms += PAUSE_MS) {
        enum status status = show(unit, &now, fault);
        if (status != STATUS_OK || (now.pid != before->pid && now.pid != 0)) {
            return status;
        }
        if (view_starts_with(view_from_text(now.status), REFUSED) &&
            strcmp(now.status, before->status) != 0) {
            return fault_set(fault, STATUS_BUSY, "%s", now.status);
        }
        pause_a_little();
    }
    return fault_set(fault, STATUS_BUSY, "no other process took over");
}

/* It answers what came, and empties its journal. */
static enum status wait_for_end(uint64_t pid, struct fault *fault)
{
    for (int waited_ms = 0; waited_ms < HAND_OVER_LOCK_MS; waited_ms += PAUSE_MS) {
        if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) {
            return STATUS_OK;
        }
        pause_a_little();
    }
    return fault_set(fault, STATUS_BUSY, "the process before, %llu, does not end",
                     (unsigned long long)pid);
}

static enum status hand_over(const char *unit, const struct shown *before, struct fault *fault)
{
    const char *const words[] = {"systemctl",     "kill", "--kill-who=main",
                                 "--signal=USR2", unit,   NULL};
    enum status status = deploy_command_run(words, fault);
    status = status == STATUS_OK ? wait_for_another(unit, before, fault) : status;
    return status == STATUS_OK ? wait_for_end(before->pid, fault) : status;
}

static enum status restart(const char *unit, const char *why, int out_fd, struct fault *fault)
{
    const char *const words[] = {"systemctl", "restart", unit, NULL};
    dprintf(out_fd, "           (%s)\n", why);
    return deploy_command_run(words, fault);
}

enum status deploy_service_renew(const char *unit, int out_fd, struct fault *fault)
{
    struct shown before;
    struct fault why = {0};
    enum status status = show(unit, &before, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!before.is_active || before.pid == 0) {
        return restart(unit, "it did not run: started", out_fd, fault);
    }
    if (before.is_unit_newer) {
        return restart(unit, "its unit has changed: restarted", out_fd, fault);
    }
    if (hand_over(unit, &before, &why) == STATUS_OK) {
        dprintf(out_fd, "           (a new process has taken over; no request failed)\n");
        return STATUS_OK;
    }
    dprintf(out_fd, "           (%s; the log says why: journalctl -u %s)\n", why.text, unit);
    return restart(unit, "so it is restarted", out_fd, fault);
}
