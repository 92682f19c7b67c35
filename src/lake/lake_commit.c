#include "lake/lake_commit.h"

#include "base/clock.h"
#include "base/file.h"
#include "journal/data_folder.h"
#include "lake/lake_done.h"
#include "lake/lake_folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_BYTES = 256, WORKER_BYTES_MAX = 256, LOCK_WAIT_MS = 1000, LOCK_PAUSE_MS = 10 };
/* Where a change is made. */
struct place {
    int data_fd;
    int lake_fd;
    struct ledger_book *book; /* NULL: there is none */
};

static const char COMMIT_FILE[] = "_commit";
static const char SNAPSHOT_FILE[] = "SNAPSHOT";
static const char *const FOLDERS[] = {"raw/", "quarantine/", "events/", "manifest/", "schema/"};

static const char NOTE[] = "note ";

bool lake_change_next(struct view *change, struct lake_change_line *line)
{
    struct view text = {0};
    while ((text.len == 0 || view_starts_with(text, NOTE)) && change->len > 0) {
        text = view_cut(change, '\n');
    }
    text = view_starts_with(text, NOTE) ? view_make(NULL, 0) : text;
    struct view word = view_cut(&text, ' ');
    line->is_replace = view_is(word, "replace");
    line->from = view_cut(&text, ' ');
    line->to = text;
    return word.len > 0;
}

void lake_change_note(struct buf *change, struct view lines)
{
    while (lines.len > 0) {
        buf_append_text(change, NOTE);
        buf_append_view(change, view_cut(&lines, '\n'));
        buf_append_byte(change, '\n');
    }
}

static void take_notes(struct view change, struct buf *post)
{
    while (change.len > 0) {
        struct view line = view_cut(&change, '\n');
        if (view_starts_with(line, NOTE)) {
            buf_append_view(post, view_part(line, sizeof(NOTE) - 1, line.len));
            buf_append_byte(post, '\n');
        }
    }
}

static enum status apply_post(int data_fd, struct view post, struct ledger_book *book,
                              struct fault *fault)
{
    struct ledger_book *own = NULL;
    enum status status = STATUS_OK;
    if (!book) {
        const struct clock clock = clock_system();
        status = ledger_book_open(&own, data_fd, clock_now_ms(&clock), fault);
    }
    status = status == STATUS_OK ? ledger_book_apply(book ? book : own, post, fault) : status;
    ledger_book_close(own);
    return status;
}

static enum status post_notes(const struct place *place, struct view change, struct fault *fault)
{
    struct buf post;
    buf_init(&post, LAKE_CHANGE_BYTES_MAX);
    take_notes(change, &post);
    enum status status = buf_status(&post);
    if (status == STATUS_OK && post.len > 0) {
        status = apply_post(place->data_fd, buf_view(&post), place->book, fault);
    }
    buf_free(&post);
    return status;
}

enum status lake_snapshot_lock(int lake_fd, bool is_shared, int wait_ms, int *fd,
                               struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    *fd = openat(lake_fd, SNAPSHOT_FILE, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (*fd < 0 && is_shared) { /* of somebody who may only read */
        *fd = openat(lake_fd, SNAPSHOT_FILE, O_RDONLY | O_CLOEXEC);
    }
    if (*fd < 0) {
        return fault_errno(fault, errno, "cannot open lake/%s", SNAPSHOT_FILE);
    }
    for (int waited = 0;; waited += LOCK_PAUSE_MS) {
        if (flock(*fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) {
            return STATUS_OK;
        }
        if (errno != EWOULDBLOCK || waited >= wait_ms) {
            enum status status =
                errno == EWOULDBLOCK
                    ? fault_set(fault, STATUS_BUSY, "somebody else holds lake/%s", SNAPSHOT_FILE)
                    : fault_errno(fault, errno, "cannot lock lake/%s", SNAPSHOT_FILE);
            close(*fd);
            *fd = -1;
            return status;
        }
        nanosleep(&pause, NULL);
    }
}

/* A name within one of the lake's folders, and nothing that leads out of it. */
static bool is_inside(struct view name)
{
    bool is_one = false;
    for (size_t i = 0; i < sizeof(FOLDERS) / sizeof(FOLDERS[0]); i++) {
        is_one |= view_starts_with(name, FOLDERS[i]) && name.len > strlen(FOLDERS[i]);
    }
    for (size_t i = 0; i < name.len && is_one; i++) {
        bool is_start = i == 0 || name.at[i - 1] == '/';
        is_one = (unsigned char)name.at[i] > ' ' && !(is_start && name.at[i] == '.') &&
                 !(is_start && name.at[i] == '/');
    }
    return is_one && name.len < NAME_BYTES;
}

static size_t folder_len(struct view name)
{
    size_t len = name.len;
    while (len > 0 && name.at[len - 1] != '/') {
        len--;
    }
    return len;
}

static void to_text(struct view name, char text[NAME_BYTES])
{
    snprintf(text, NAME_BYTES, "%.*s", VIEW_ARG(name));
}

static bool is_there(int lake_fd, struct view name)
{
    char text[NAME_BYTES];
    to_text(name, text);
    return faccessat(lake_fd, text, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_sound(int lake_fd, const struct lake_change_line *line)
{
    if (!is_inside(line->from) || !is_there(lake_fd, line->from)) {
        return false;
    }
    if (!line->is_replace) {
        return line->to.len == 0;
    }
    size_t folder = folder_len(line->from);
    return is_inside(line->to) && folder == folder_len(line->to) &&
           memcmp(line->from.at, line->to.at, folder) == 0 && folder < line->from.len &&
           line->from.at[folder] == '_';
}

/* Whether the names of parts that go are not needed any more. */
static bool may_go(const struct lake_done *done, struct view name)
{
    struct part_name part;
    enum tree tree = view_starts_with(name, "quarantine/") ? TREE_QUARANTINE : TREE_RAW;
    size_t folder = folder_len(name);
    return !part_name_parse(view_part(name, folder, name.len), &part) ||
           lake_done_covers(done, tree, &part);
}

static enum status check(int data_fd, int lake_fd, struct view change, struct fault *fault)
{
    struct lake_done done;
    struct lake_change_line line;
    enum status status = lake_done_load(&done, data_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    while (status == STATUS_OK && lake_change_next(&change, &line)) {
        if (!is_sound(lake_fd, &line)) {
            status = fault_set(fault, STATUS_BAD_INPUT, "a change of the lake cannot be made: %.*s",
                               VIEW_ARG(line.from));
        } else if (!line.is_replace && !may_go(&done, line.from)) {
            status = fault_set(fault, STATUS_BAD_INPUT,
                               "lake/%.*s is still needed to know how far its "
                               "stream is",
                               VIEW_ARG(line.from));
        }
    }
    lake_done_free(&done);
    return status;
}

static enum status sync_folder_of(int lake_fd, struct view name, struct fault *fault)
{
    char text[NAME_BYTES];
    to_text(view_part(name, 0, folder_len(name)), text);
    int fd = openat(lake_fd, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return STATUS_OK; /* removed before a crash, when nothing was in it any more */
    }
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open lake/%s", text);
    }
    enum status status = file_sync_folder(fd, fault);
    close(fd);
    return status;
}

/* What is not there any more was done before a crash. */
static enum status do_line(int lake_fd, const struct lake_change_line *line, struct fault *fault)
{
    char from[NAME_BYTES];
    char to[NAME_BYTES];
    to_text(line->from, from);
    to_text(line->to, to);
    int failed =
        line->is_replace ? renameat(lake_fd, from, lake_fd, to) : unlinkat(lake_fd, from, 0);
    return failed == 0 || errno == ENOENT
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot %s lake/%s",
                             line->is_replace ? "rename" : "remove", from);
}

/* Each once when its lines stand together. */
static enum status sync_folders(int lake_fd, struct view change, bool is_replace,
                                struct fault *fault)
{
    struct lake_change_line line;
    struct view last = {0};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && lake_change_next(&change, &line)) {
        struct view folder = view_part(line.from, 0, folder_len(line.from));
        if (line.is_replace == is_replace && !(last.at && view_equal(last, folder))) {
            status = sync_folder_of(lake_fd, line.from, fault);
            last = folder;
        }
    }
    return status;
}

/* All lines of one kind, then their folders: the first that is synced brings most file systems to
 * write down all of them. */
static enum status do_lines(int lake_fd, struct view change, bool is_replace, struct fault *fault)
{
    struct view rest = change;
    struct lake_change_line line;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && lake_change_next(&rest, &line)) {
        if (line.is_replace == is_replace) {
            status = do_line(lake_fd, &line, fault);
        }
    }
    return status == STATUS_OK ? sync_folders(lake_fd, change, is_replace, fault) : status;
}

/* When nothing needs them any more, not even a commit that is done once more. */
static void drop_folders(int lake_fd, struct view change)
{
    struct lake_change_line line;
    while (lake_change_next(&change, &line)) {
        if (!line.is_replace) {
            lake_folders_drop(lake_fd, line.from);
        }
    }
}

static enum status complete(const struct place *place, struct view change, struct fault *fault)
{
    int lake_fd = place->lake_fd;
    enum status status = do_lines(lake_fd, change, true, fault);
    status = status == STATUS_OK ? do_lines(lake_fd, change, false, fault) : status;
    status = status == STATUS_OK ? post_notes(place, change, fault) : status;
    if (status == STATUS_OK && unlinkat(lake_fd, COMMIT_FILE, 0) != 0 && errno != ENOENT) {
        status = fault_errno(fault, errno, "cannot remove lake/%s", COMMIT_FILE);
    }
    status = status == STATUS_OK ? file_sync_folder(lake_fd, fault) : status;
    if (status == STATUS_OK) {
        drop_folders(lake_fd, change);
    }
    return status;
}

/* With lake/SNAPSHOT locked. */
static enum status recover(const struct place *place, struct fault *fault)
{
    struct buf change;
    buf_init(&change, LAKE_CHANGE_BYTES_MAX);
    enum status status = file_read(place->lake_fd, COMMIT_FILE, &change, fault);
    status = status == STATUS_OK          ? complete(place, buf_view(&change), fault)
             : status == STATUS_NOT_FOUND ? STATUS_OK
                                          : status;
    buf_free(&change);
    return status;
}

/* Nothing that it takes from is there any more: it was made before, and its answer was lost. */
static bool is_made(int lake_fd, struct view change)
{
    struct lake_change_line line;
    bool is_any_left = change.len == 0;
    while (lake_change_next(&change, &line)) {
        is_any_left |= !is_inside(line.from) || is_there(lake_fd, line.from);
    }
    return !is_any_left;
}

static enum status check_worker(int lake_fd, struct view token, struct fault *fault)
{
    struct buf text;
    buf_init(&text, WORKER_BYTES_MAX);
    enum status status = token.len > 0 ? file_read(lake_fd, "WORK", &text, fault) : STATUS_OK;
    if (status == STATUS_OK && token.len > 0 && !view_equal(buf_view(&text), token)) {
        status = fault_set(fault, STATUS_BAD_INPUT, "who proposed a change of the lake is gone");
    }
    buf_free(&text);
    return status;
}

static enum status commit(const struct place *place, struct view change, struct fault *fault)
{
    int lake_fd = place->lake_fd;
    if (is_made(lake_fd, change)) {
        return STATUS_OK;
    }
    enum status status = check(place->data_fd, lake_fd, change, fault);
    status = status == STATUS_OK ? file_replace(lake_fd, COMMIT_FILE, change, fault) : status;
    return status == STATUS_OK ? complete(place, change, fault) : status;
}

enum status lake_commit(int data_fd, struct view change, struct view token,
                        struct ledger_book *book, struct fault *fault)
{
    int lake_fd = -1;
    int lock_fd = -1;
    enum status status = data_folder_enter(data_fd, "lake", false, &lake_fd, fault);
    if (status == STATUS_OK) {
        status = lake_snapshot_lock(lake_fd, false, LOCK_WAIT_MS, &lock_fd, fault);
    }
    if (status == STATUS_OK) {
        status = check_worker(lake_fd, token, fault);
        const struct place place = {data_fd, lake_fd, book};
        status = status == STATUS_OK ? recover(&place, fault) : status;
        status = status == STATUS_OK ? commit(&place, change, fault) : status;
        close(lock_fd);
    }
    if (lake_fd >= 0) {
        close(lake_fd);
    }
    return status;
}

enum status lake_commit_recover(int data_fd, struct ledger_book *book, struct fault *fault)
{
    int lake_fd = -1;
    int lock_fd = -1;
    enum status status = data_folder_enter(data_fd, "lake", false, &lake_fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK && faccessat(lake_fd, COMMIT_FILE, F_OK, 0) == 0) {
        status = lake_snapshot_lock(lake_fd, false, LOCK_WAIT_MS, &lock_fd, fault);
        if (status == STATUS_OK) {
            const struct place place = {data_fd, lake_fd, book};
            status = recover(&place, fault);
            close(lock_fd);
        }
    }
    if (lake_fd >= 0) {
        close(lake_fd);
    }
    return status;
}
