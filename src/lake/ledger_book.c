#include "lake/ledger_book.h"

#include "base/file.h"
#include "journal/data_folder.h"
#include "lake/lake_hour.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_HOURS = 4, HOURS_MAX = 1 << 20, SMALL_FILE_BYTES = 256 };
static const char OPEN_FILE[] = "OPEN";
static const char SINCE_FILE[] = "SINCE";
static const char *const TREE_PATHS[TREES] = {"lake/raw", "lake/quarantine"};

struct ledger_book {
    pthread_mutex_t lock;
    int data_fd;
    int ledger_fd;
    struct ledger_hour kept[KEPT_HOURS]; /* in memory as on disk; hour 0 with no name: free */
    uint64_t used[KEPT_HOURS];           /* 0: free */
    uint64_t uses;
};

static bool has_hours(int data_fd, const char *path)
{
    struct lake_hours hours = {0};
    struct fault ignored;
    int fd = openat(data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_listed = fd >= 0 && lake_hours_list(&hours, fd, &ignored) == STATUS_OK;
    bool has = is_listed && hours.count > 0;
    if (fd >= 0) {
        close(fd);
    }
    lake_hours_free(&hours);
    return has;
}

/* A ledger that is begun later than the lake says since when. */
static enum status begin_folder(struct ledger_book *book, int64_t now_ms, struct fault *fault)
{
    struct stat facts;
    bool is_new = fstatat(book->data_fd, "ledger", &facts, 0) != 0 && errno == ENOENT;
    enum status status = data_folder_enter(book->data_fd, "ledger", true, &book->ledger_fd, fault);
    bool is_late = is_new && (has_hours(book->data_fd, TREE_PATHS[TREE_RAW]) ||
                              has_hours(book->data_fd, "lake/events"));
    if (status == STATUS_OK && is_late) {
        char text[32];
        int len = snprintf(text, sizeof(text), "%lld\n", (long long)part_hour(now_ms));
        status = file_replace(book->ledger_fd, SINCE_FILE, view_make(text, (size_t)len), fault);
    }
    return status;
}

enum status ledger_book_open(struct ledger_book **book, int data_fd, int64_t now_ms,
                             struct fault *fault)
{
    struct ledger_book *made = calloc(1, sizeof(*made));
    *book = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the ledger");
    }
    pthread_mutex_init(&made->lock, NULL);
    made->data_fd = data_fd;
    made->ledger_fd = -1;
    enum status status = begin_folder(made, now_ms, fault);
    if (status != STATUS_OK) {
        ledger_book_close(made);
        *book = NULL;
    }
    return status;
}

void ledger_book_close(struct ledger_book *book)
{
    if (!book) {
        return;
    }
    for (size_t i = 0; i < KEPT_HOURS; i++) {
        ledger_hour_free(&book->kept[i]);
    }
    if (book->ledger_fd >= 0) {
        close(book->ledger_fd);
    }
    pthread_mutex_destroy(&book->lock);
    free(book);
}

static void drop_hour(struct ledger_book *book, size_t at)
{
    ledger_hour_free(&book->kept[at]);
    book->used[at] = 0;
}

/* The hour, read when it is not in memory; in the place of the one not asked for the longest. */
static enum status take_hour(struct ledger_book *book, int64_t number, size_t *at,
                             struct fault *fault)
{
    size_t oldest = 0;
    for (size_t i = 0; i < KEPT_HOURS; i++) {
        if (book->used[i] > 0 && book->kept[i].hour == number) {
            book->used[i] = ++book->uses;
            *at = i;
            return STATUS_OK;
        }
        oldest = book->used[i] < book->used[oldest] ? i : oldest;
    }
    drop_hour(book, oldest);
    enum status status = ledger_hour_load(&book->kept[oldest], book->ledger_fd, number, fault);
    if (status != STATUS_OK) {
        drop_hour(book, oldest);
        return status;
    }
    book->used[oldest] = ++book->uses;
    *at = oldest;
    return STATUS_OK;
}

/* Of the numbers a caller may choose none is ever given again: what failed half way has some. */
enum status ledger_book_next(struct ledger_book *book, enum ledger_source source, int64_t hour,
                             uint64_t *number, struct fault *fault)
{
    size_t at;
    pthread_mutex_lock(&book->lock);
    enum status status = take_hour(book, hour, &at, fault);
    *number = status == STATUS_OK ? book->kept[at].applied[source] + 1 : 0;
    pthread_mutex_unlock(&book->lock);
    return status;
}

enum status ledger_book_mark(struct ledger_book *book, int64_t hour, uint64_t stream, uint64_t *seq,
                             struct fault *fault)
{
    size_t at;
    pthread_mutex_lock(&book->lock);
    enum status status = take_hour(book, hour, &at, fault);
    *seq = status == STATUS_OK ? ledger_hour_mark(&book->kept[at], stream) : 0;
    pthread_mutex_unlock(&book->lock);
    return status;
}

void ledger_post_begin(struct buf *out, enum ledger_source source, uint64_t number)
{
    buf_append_format(out, "post %s %llu\n", ledger_source_name(source),
                      (unsigned long long)number);
}

bool ledger_post_read(struct view *post, enum ledger_source *source, uint64_t *number)
{
    struct view rest = *post;
    struct view line = view_cut(&rest, '\n');
    bool is_post = view_is(view_cut(&line, ' '), "post");
    struct view name = view_cut(&line, ' ');
    for (enum ledger_source i = 0; i < LEDGER_SOURCES && is_post; i++) {
        if (view_is(name, ledger_source_name(i)) && view_to_uint64(line, number)) {
            *source = i;
            *post = rest;
            return true;
        }
    }
    return false;
}

static void strike_off_parts(const struct ledger_book *book, struct ledger_hour *hour)
{
    size_t kept = 0;
    for (size_t i = 0; i < hour->part_count; i++) {
        const struct ledger_part *part = &hour->parts[i];
        char folder[LAKE_HOUR_PATH_BYTES];
        char path[256];
        struct stat facts;
        lake_hour_path(hour->hour, folder);
        snprintf(path, sizeof(path), "%s/%s/part-%llu-%llu-%llu.ndjson.zst", TREE_PATHS[part->tree],
                 folder, (unsigned long long)part->name.stream,
                 (unsigned long long)part->name.first_seq, (unsigned long long)part->name.last_seq);
        if (fstatat(book->data_fd, path, &facts, 0) == 0 || errno != ENOENT) {
            hour->parts[kept++] = *part;
        }
    }
    hour->part_count = kept;
}

static enum status apply_to_hour(struct ledger_book *book, int64_t number, uint64_t post_number,
                                 enum ledger_source source, struct view lines, struct fault *fault)
{
    size_t at;
    enum status status = take_hour(book, number, &at, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct ledger_hour *hour = &book->kept[at];
    if (hour->applied[source] >= post_number) {
        return STATUS_OK;
    }
    status = ledger_hour_absorb(hour, lines, fault);
    hour->applied[source] = post_number;
    if (status == STATUS_OK && source != LEDGER_BY_DOOR && source != LEDGER_BY_LAKE) {
        strike_off_parts(book, hour);
    }
    status = status == STATUS_OK ? ledger_hour_save(hour, book->ledger_fd, fault) : status;
    if (status != STATUS_OK) {
        /* Whatever is on disk now is what counts. */
        drop_hour(book, at);
    }
    return status;
}

/* The lowest hour of the lines that is above `last`; false when there is none. */
static bool next_hour(struct view lines, int64_t last, int64_t *next)
{
    bool is_there = false;
    while (lines.len > 0) {
        int64_t hour;
        struct view line = view_cut(&lines, '\n');
        view_cut(&line, ' ');
        if (view_to_int64(view_cut(&line, ' '), &hour) && hour > last &&
            (!is_there || hour < *next)) {
            *next = hour;
            is_there = true;
        }
    }
    return is_there;
}

enum status ledger_book_apply(struct ledger_book *book, struct view post, struct fault *fault)
{
    enum ledger_source source;
    uint64_t number;
    struct view lines = post;
    if (!ledger_post_read(&lines, &source, &number)) {
        return fault_set(fault, STATUS_DAMAGED, "this is no posting of the ledger");
    }
    pthread_mutex_lock(&book->lock);
    enum status status = STATUS_OK;
    int64_t hour = INT64_MIN;
    while (status == STATUS_OK && next_hour(lines, hour, &hour)) {
        status = apply_to_hour(book, hour, number, source, lines, fault);
    }
    pthread_mutex_unlock(&book->lock);
    return status;
}

static int compare_hours(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

enum status ledger_list_hours(int ledger_fd, int64_t **hours, size_t *count, struct fault *fault)
{
    int own_fd = openat(ledger_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    *hours = NULL;
    *count = 0;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read the folder ledger");
    }
    size_t room = 0;
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        int64_t hour;
        if (!ledger_hour_parse_name(entry->d_name, &hour)) {
            continue;
        }
        if (*count == room && room < HOURS_MAX) {
            room = room > 0 ? room * 2 : 64;
            int64_t *more = realloc(*hours, room * sizeof(*more));
            status = more ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "no memory for hours");
            *hours = more ? more : *hours;
        }
        if (status == STATUS_OK && *count < room) {
            (*hours)[(*count)++] = hour;
        }
    }
    closedir(folder);
    if (*count > 1) {
        qsort(*hours, *count, sizeof(**hours), compare_hours);
    }
    return status;
}

static enum status read_small(int ledger_fd, const char *name, int64_t *number, struct fault *fault)
{
    struct buf text;
    buf_init(&text, SMALL_FILE_BYTES);
    enum status status = file_read(ledger_fd, name, &text, fault);
    struct view rest = buf_view(&text);
    if (status == STATUS_OK && !view_to_int64(view_cut(&rest, '\n'), number)) {
        status = fault_set(fault, STATUS_DAMAGED, "ledger/%s must be a number", name);
    }
    buf_free(&text);
    return status;
}

enum status ledger_since(int ledger_fd, int64_t *hour, struct fault *fault)
{
    *hour = -1;
    enum status status = read_small(ledger_fd, SINCE_FILE, hour, fault);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status ledger_open_folder(int data_fd, int *ledger_fd, struct fault *fault)
{
    return data_folder_enter(data_fd, "ledger", false, ledger_fd, fault);
}

/* When the collector that was killed kept its counts last. */
static enum status last_sign(struct ledger_book *book, int64_t *sign_ms, struct fault *fault)
{
    int64_t *hours;
    size_t count;
    enum status status = ledger_list_hours(book->ledger_fd, &hours, &count, fault);
    for (size_t i = count; i > 0 && status == STATUS_OK; i--) {
        struct ledger_hour hour;
        status = ledger_hour_load(&hour, book->ledger_fd, hours[i - 1], fault);
        int64_t flushed_ms = hour.flushed_ms;
        ledger_hour_free(&hour);
        if (flushed_ms > *sign_ms) {
            *sign_ms = flushed_ms;
            break;
        }
        if (flushed_ms > 0) {
            break; /* before it was started */
        }
    }
    free(hours);
    return status;
}

static enum status note_crash(struct ledger_book *book, int64_t started_ms, int64_t now_ms,
                              struct fault *fault)
{
    int64_t sign_ms = started_ms;
    uint64_t number = 0;
    struct buf post;
    enum status status = last_sign(book, &sign_ms, fault);
    int64_t hour = part_hour(sign_ms);
    if (status == STATUS_OK) {
        status = ledger_book_next(book, LEDGER_BY_DOOR, hour, &number, fault);
    }
    buf_init(&post, SMALL_FILE_BYTES);
    ledger_post_begin(&post, LEDGER_BY_DOOR, number);
    buf_append_format(&post, "crash %lld %lld %lld\n", (long long)hour, (long long)sign_ms,
                      (long long)(now_ms > sign_ms ? now_ms : sign_ms));
    status = status == STATUS_OK ? ledger_book_apply(book, buf_view(&post), fault) : status;
    buf_free(&post);
    return status;
}

enum status ledger_book_begin(struct ledger_book *book, int64_t now_ms, struct fault *fault)
{
    int64_t started_ms = 0;
    char text[32];
    enum status status = read_small(book->ledger_fd, OPEN_FILE, &started_ms, fault);
    if (status == STATUS_OK) {
        status = note_crash(book, started_ms, now_ms, fault);
    } else if (status == STATUS_NOT_FOUND) {
        status = STATUS_OK;
    }
    int len = snprintf(text, sizeof(text), "%lld\n", (long long)now_ms);
    return status == STATUS_OK
               ? file_replace(book->ledger_fd, OPEN_FILE, view_make(text, (size_t)len), fault)
               : status;
}

enum status ledger_book_end(struct ledger_book *book, struct fault *fault)
{
    if (unlinkat(book->ledger_fd, OPEN_FILE, 0) != 0 && errno != ENOENT) {
        return fault_errno(fault, errno, "cannot remove ledger/%s", OPEN_FILE);
    }
    return file_sync_folder(book->ledger_fd, fault);
}
