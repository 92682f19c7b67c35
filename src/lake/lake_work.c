#include "lake/lake_work.h"

#include "base/clock.h"
#include "base/file.h"
#include "journal/data_folder.h"
#include "lake/lake_commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char WORK_FILE[] = "WORK";
static const char PROPOSAL_FILE[] = "_proposal";
static const char ANSWER_FILE[] = "_answer";
enum { PAUSE_MS = 10, SNAPSHOT_WAIT_MS = 600000, ANSWER_BYTES_MAX = 4096 };

/* It has not yet signed in the moment after it took the lock. */
static void name_the_worker(int fd, char name[LAKE_TOKEN_BYTES])
{
    ssize_t got = pread(fd, name, LAKE_TOKEN_BYTES - 1, 0);
    name[got > 0 ? got : 0] = 0;
    name[strcspn(name, "-\n")] = 0;
    if (!name[0]) {
        memcpy(name, "unknown", sizeof("unknown"));
    }
}

static enum status lock_at_once(int fd, struct fault *fault)
{
    char name[LAKE_TOKEN_BYTES];
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return STATUS_OK;
    }
    if (errno != EWOULDBLOCK) {
        return fault_errno(fault, errno, "cannot lock lake/%s", WORK_FILE);
    }
    name_the_worker(fd, name);
    return fault_set(fault, STATUS_BUSY,
                     "another process works on the lake's files (id %s): wait for its end", name);
}

static enum status lock_when_free(int fd, const struct logger *log, struct fault *fault)
{
    char name[LAKE_TOKEN_BYTES];
    enum status status = lock_at_once(fd, fault);
    if (status != STATUS_BUSY) {
        return status;
    }
    name_the_worker(fd, name);
    if (log) {
        logger_info(log, "lake", "waits for process %s, which works on the lake's files", name);
    }
    while (flock(fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            return fault_errno(fault, errno, "cannot lock lake/%s", WORK_FILE);
        }
    }
    return STATUS_OK;
}

/* With lake/SNAPSHOT locked, so that no commit of an older proposal is under way. */
static enum status sign(struct lake_work *work, struct fault *fault)
{
    snprintf(work->token, sizeof(work->token), "%ld-%lld", (long)getpid(),
             (long long)clock_stopwatch_ns());
    struct view token = view_from_text(work->token);
    if (ftruncate(work->fd, 0) != 0 || fchmod(work->fd, FILE_MODE) != 0) {
        return fault_errno(fault, errno, "cannot write lake/%s", WORK_FILE);
    }
    enum status status = file_write_at(work->fd, token, 0, fault);
    unlinkat(work->lake_fd, PROPOSAL_FILE, 0);
    unlinkat(work->lake_fd, ANSWER_FILE, 0);
    return status;
}

static enum status open_lock(struct lake_work *work, int data_fd, const char *data_path,
                             struct fault *fault)
{
    *work = (struct lake_work){.data_fd = data_fd, .data_path = data_path, .lake_fd = -1, .fd = -1};
    enum status status = data_folder_enter(data_fd, "lake", true, &work->lake_fd, fault);
    if (status == STATUS_OK) {
        work->fd = openat(work->lake_fd, WORK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
        status =
            work->fd >= 0 ? STATUS_OK : fault_errno(fault, errno, "cannot open lake/%s", WORK_FILE);
    }
    return status;
}

/* `status` is what became of the lock. */
static enum status begin(struct lake_work *work, enum status status, struct fault *fault)
{
    int snapshot_fd = -1;
    if (status == STATUS_OK) {
        status = lake_snapshot_lock(work->lake_fd, false, SNAPSHOT_WAIT_MS, &snapshot_fd, fault);
    }
    if (status == STATUS_OK) {
        status = sign(work, fault);
        close(snapshot_fd);
    }
    if (status != STATUS_OK) {
        lake_work_end(work);
    }
    return status;
}

enum status lake_work_begin(struct lake_work *work, int data_fd, const char *data_path,
                            struct fault *fault)
{
    enum status status = open_lock(work, data_fd, data_path, fault);
    status = status == STATUS_OK ? lock_at_once(work->fd, fault) : status;
    return begin(work, status, fault);
}

enum status lake_work_wait(struct lake_work *work, int data_fd, const char *data_path,
                           const struct logger *log, struct fault *fault)
{
    enum status status = open_lock(work, data_fd, data_path, fault);
    status = status == STATUS_OK ? lock_when_free(work->fd, log, fault) : status;
    return begin(work, status, fault);
}

void lake_work_end(struct lake_work *work)
{
    if (work->fd >= 0) {
        close(work->fd);
    }
    if (work->lake_fd >= 0) {
        close(work->lake_fd);
    }
    work->fd = work->lake_fd = -1;
}

/* Nobody serves: this process holds data/LOCK for the moment that it takes. STATUS_BUSY: somebody
 * does. */
static enum status commit_alone(struct lake_work *work, struct view change, struct fault *fault)
{
    struct data_folder data;
    enum status status = data_folder_open(&data, work->data_path, DATA_FOLDER_WRITE, fault);
    if (status == STATUS_OK) {
        do {
            status = lake_commit(data.fd, change, view_make(NULL, 0), NULL, fault);
        } while (status == STATUS_BUSY);
        data_folder_close(&data);
    }
    return status;
}

static enum status propose(struct lake_work *work, struct view change, struct fault *fault)
{
    struct buf text;
    buf_init(&text, LAKE_CHANGE_BYTES_MAX);
    buf_append_format(&text, "worker %s\n", work->token);
    buf_append_view(&text, change);
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(work->lake_fd, PROPOSAL_FILE, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

/* STATUS_END: there is none yet. */
static enum status read_answer(struct lake_work *work, struct fault *fault)
{
    struct buf text;
    buf_init(&text, ANSWER_BYTES_MAX);
    enum status status = file_read(work->lake_fd, ANSWER_FILE, &text, fault);
    struct view said = buf_view(&text);
    if (status == STATUS_OK && !view_is(view_cut(&said, ' '), work->token)) {
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        unlinkat(work->lake_fd, ANSWER_FILE, 0);
        if (!view_starts_with(said, "done")) {
            status = fault_set(fault, STATUS_BAD_INPUT, "%.*s", VIEW_ARG(said));
        }
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_END : status;
}

enum status lake_work_commit(struct lake_work *work, struct view change, struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    enum status status = commit_alone(work, change, fault);
    if (status != STATUS_BUSY) {
        return status;
    }
    status = propose(work, change, fault);
    while (status == STATUS_OK && (status = read_answer(work, fault)) == STATUS_END) {
        nanosleep(&pause, NULL);
        /* Who was asked may be gone. */
        bool is_taken_back = false;
        struct data_folder data;
        if (data_folder_open(&data, work->data_path, DATA_FOLDER_WRITE, NULL) == STATUS_OK) {
            is_taken_back = unlinkat(work->lake_fd, PROPOSAL_FILE, 0) == 0;
            data_folder_close(&data);
        }
        status = STATUS_OK;
        if (is_taken_back) {
            return lake_work_commit(work, change, fault);
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status answer(int lake_fd, struct view token, enum status status,
                          const struct fault *fault, struct fault *own)
{
    struct buf text;
    buf_init(&text, ANSWER_BYTES_MAX);
    buf_append_view(&text, token);
    if (status == STATUS_OK) {
        buf_append_text(&text, " done");
    } else {
        buf_append_format(&text, " refused: %s", fault->text);
    }
    enum status written = buf_status(&text);
    written =
        written == STATUS_OK ? file_replace(lake_fd, ANSWER_FILE, buf_view(&text), own) : written;
    buf_free(&text);
    /* Last: while it stands its worker waits, and whoever takes over answers once more. */
    if (written == STATUS_OK && unlinkat(lake_fd, PROPOSAL_FILE, 0) != 0 && errno != ENOENT) {
        written = fault_errno(own, errno, "cannot remove lake/%s", PROPOSAL_FILE);
    }
    return written;
}

static enum status serve_one(const struct lake_work_hand *hand, int lake_fd, struct view proposal,
                             struct buf *carried, struct fault *fault)
{
    struct view token = view_cut(&proposal, '\n');
    struct view word = view_cut(&token, ' ');
    if (!view_is(word, "worker") || token.len == 0) {
        unlinkat(lake_fd, PROPOSAL_FILE, 0);
        return fault_set(fault, STATUS_BAD_INPUT, "lake/%s names no worker", PROPOSAL_FILE);
    }
    enum status status = lake_commit(hand->data_fd, proposal, token, hand->book, fault);
    if (status == STATUS_BUSY) {
        return status;
    }
    if (status == STATUS_OK && carried) {
        buf_append_view(carried, proposal);
    }
    struct fault own = {0};
    enum status answered = answer(lake_fd, token, status, fault, &own);
    return status == STATUS_OK && answered != STATUS_OK ? fault_set(fault, answered, "%s", own.text)
                                                        : status;
}

enum status lake_work_serve(const struct lake_work_hand *hand, struct buf *carried,
                            struct fault *fault)
{
    int lake_fd = -1;
    struct buf proposal;
    buf_init(&proposal, LAKE_CHANGE_BYTES_MAX);
    enum status status = data_folder_enter(hand->data_fd, "lake", false, &lake_fd, fault);
    status = status == STATUS_OK ? file_read(lake_fd, PROPOSAL_FILE, &proposal, fault) : status;
    if (status == STATUS_OK) {
        status = serve_one(hand, lake_fd, buf_view(&proposal), carried, fault);
    }
    buf_free(&proposal);
    if (lake_fd >= 0) {
        close(lake_fd);
    }
    return status == STATUS_NOT_FOUND ? STATUS_END : status;
}
