#include "app/erase_child.h"

#include "app/own_child.h"
#include "journal/data_folder.h"
#include "lake/erase_intent.h"
#include "lake/lake_commit.h"
#include "lake/lake_work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ANSWER_BYTES_MAX = 16 * 1024,
    READ_BYTES = 1024,
    LOOK_MS = 50, /* whether it is to stop */
    NICENESS = 19,
};

/* The child's side. */

static enum status propose(void *self, const struct erase_change *change, struct fault *fault)
{
    struct lake_work *work = self;
    struct buf text;
    buf_init(&text, LAKE_CHANGE_BYTES_MAX);
    enum status status =
        erase_change_append(&text, work->data_fd, LEDGER_BY_ERASURE, change, fault);
    status = status == STATUS_OK ? lake_work_commit(work, buf_view(&text), fault) : status;
    buf_free(&text);
    return status;
}

static enum status erase(int data_fd, const char *data, const char *library,
                         struct erase_report *report, struct fault *fault)
{
    struct erase_intent intent = {0};
    struct lake_work work;
    int lake_fd;
    enum status status = data_folder_enter(data_fd, "lake", false, &lake_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = erase_intent_load(&intent, lake_fd, fault);
    close(lake_fd);
    /* A compaction that is under way is waited for: it read rows that are to go. Whoever started
     * this one ends it when it takes too long. */
    status = status == STATUS_OK ? lake_work_wait(&work, data_fd, data, NULL, fault) : status;
    if (status == STATUS_OK) {
        struct erase_job job = {.subject = &intent.subject, .self = &work, .commit = propose};
        status = erase_lake(data_fd, library, &job, report, fault);
        lake_work_end(&work);
    }
    erase_intent_free(&intent);
    return status;
}

static void append_counts(struct buf *out, const struct erase_counts *counts)
{
    buf_append_format(out, "%llu %llu %llu %llu %llu %s\n", (unsigned long long)counts->files,
                      (unsigned long long)counts->rewritten, (unsigned long long)counts->rows,
                      (unsigned long long)counts->rows_redacted,
                      (unsigned long long)counts->unreadable, counts->unreadable_name);
}

enum status erase_child_serve(int data_fd, const char *data, const char *library, int out_fd,
                              struct fault *fault)
{
    struct erase_report report = {0};
    struct buf answer;
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    buf_init(&answer, ANSWER_BYTES_MAX);
    enum status status = erase(data_fd, data, library, &report, fault);
    if (status == STATUS_OK) {
        buf_append_text(&answer, "done\n");
        append_counts(&answer, &report.raw);
        append_counts(&answer, &report.parquet);
        append_counts(&answer, &report.quarantine);
    } else {
        buf_append_format(&answer, "failed %s\n", fault->text);
    }
    ssize_t written = write(out_fd, answer.at, answer.len);
    buf_free(&answer);
    return status == STATUS_OK && written < 0
               ? fault_set(fault, STATUS_IO, "nobody hears how it went")
               : status;
}

/* The parent's side. */

struct child {
    pid_t pid;
    int fd;
    struct buf in;
};

static enum status start(struct child *child, const struct erase_child_options *options,
                         struct fault *fault)
{
    const char *const words[] = {"pipes",       "forget",   "--child",        "--data",
                                 options->data, "--duckdb", options->library, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fault_errno(fault, errno, "cannot make a pipe");
    }
    enum status status = own_child_start(&child->pid, words, ends[1], fault);
    close(ends[1]);
    child->fd = ends[0];
    return status;
}

/* What the child said, whole. */
static enum status hear(struct child *child, const struct erase_child_options *options,
                        struct fault *fault)
{
    for (;;) {
        struct pollfd readable = {.fd = child->fd, .events = POLLIN};
        if (atomic_load(options->should_stop)) {
            return fault_set(fault, STATUS_BUSY, "it was stopped");
        }
        if (poll(&readable, 1, LOOK_MS) <= 0) {
            continue;
        }
        char *place = buf_reserve(&child->in, READ_BYTES);
        ssize_t got = place ? read(child->fd, place, READ_BYTES) : 0;
        if (got == 0) {
            return STATUS_OK;
        }
        buf_used(&child->in, got > 0 ? (size_t)got : 0);
    }
}

static bool take_counts(struct view line, struct erase_counts *counts)
{
    uint64_t *const places[] = {&counts->files, &counts->rewritten, &counts->rows,
                                &counts->rows_redacted, &counts->unreadable};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!view_to_uint64(view_cut(&line, ' '), places[i])) {
            return false;
        }
    }
    snprintf(counts->unreadable_name, sizeof(counts->unreadable_name), "%.*s", VIEW_ARG(line));
    return true;
}

static enum status take_answer(struct child *child, struct erase_report *report,
                               struct fault *fault)
{
    struct view rest = buf_view(&child->in);
    struct view line = view_cut(&rest, '\n');
    if (view_is(line, "done") && take_counts(view_cut(&rest, '\n'), &report->raw) &&
        take_counts(view_cut(&rest, '\n'), &report->parquet) &&
        take_counts(view_cut(&rest, '\n'), &report->quarantine)) {
        return STATUS_OK;
    }
    bool has_said = view_is(view_cut(&line, ' '), "failed");
    return has_said ? fault_set(fault, STATUS_IO, "%.*s", VIEW_ARG(line))
                    : fault_set(fault, STATUS_IO, "the process that erases ended in the middle");
}

enum status erase_child_run(const struct erase_child_options *options, struct erase_report *report,
                            struct fault *fault)
{
    struct child child = {.fd = -1};
    int ending;
    buf_init(&child.in, ANSWER_BYTES_MAX);
    enum status status = start(&child, options, fault);
    status = status == STATUS_OK ? hear(&child, options, fault) : status;
    if (child.pid > 0 && status != STATUS_OK) {
        kill(child.pid, SIGKILL);
    }
    while (child.pid > 0 && waitpid(child.pid, &ending, 0) < 0 && errno == EINTR) {
    }
    status = status == STATUS_OK ? take_answer(&child, report, fault) : status;
    if (child.fd >= 0) {
        close(child.fd);
    }
    buf_free(&child.in);
    return status;
}
