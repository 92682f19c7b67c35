#include "lake/lake_check.h"

#include "base/hash.h"
#include "base/clock.h"
#include "base/json.h"
#include "journal/data_folder.h"
#include "journal/stream_reader.h"
#include "lake/lake_check_parquet.h"
#include "lake/lake_check_parts.h"
#include "lake/lake_commit.h"
#include "lake/part_reader.h"
#include "lake/part_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEYS_MAX = 32 * 1024 * 1024, /* 512 MiB of them */
    ARENA_BYTES = 256 * 1024 * 1024,
    PATH_BYTES = 256,
    PROGRESS_ROWS = 100000,
    LOCK_WAIT_MS = 60000
};

struct check {
    const struct lake_check_listener *listener;
    struct lake_check_report *report;
    struct arena arena;
    struct lake_pending pending;
    struct check_parts parts;
    struct key *keys; /* of (site, event_id) of all rows but the quarantine's */
    size_t key_count;
    size_t key_room;
};

/* The part that is being read. */
struct part_scan {
    struct check *check;
    const char *path; /* for sentences */
    struct part_name name;
    bool is_raw;
    int64_t hour;
    uint64_t last_seq;
};

static void complain(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(struct check *check, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    check->report->problems++;
    check->listener->on_problem(check->listener->self, sentence);
}

static void keep_key(struct check *check, struct key key)
{
    struct lake_check_report *report = check->report;
    if (check->key_count == check->key_room && !report->keys_unchecked) {
        size_t room = check->key_room > 0 ? check->key_room * 2 : 65536;
        struct key *more = room <= KEYS_MAX ? realloc(check->keys, room * sizeof(*more)) : NULL;
        report->keys_unchecked = !more;
        check->keys = more ? more : check->keys;
        check->key_room = more ? room : check->key_room;
    }
    if (!report->keys_unchecked) {
        check->keys[check->key_count++] = key;
    }
}

static void check_key(struct part_scan *scan, const struct json *row)
{
    struct arena *arena = &scan->check->arena;
    struct view site = {0};
    struct view id = {0};
    if (json_text(row, json_member(row, JSON_ROOT, "site"), arena, &site) != STATUS_OK ||
        json_text(row, json_member(row, JSON_ROOT, "event_id"), arena, &id) != STATUS_OK) {
        complain(scan->check, "%s: the row %llu has no site or no event_id", scan->path,
                 (unsigned long long)scan->last_seq);
        return;
    }
    uint64_t hash[2];
    hash_pair_128(0, site, id, hash);
    keep_key(scan->check, (struct key){hash[0], hash[1]});
}

static void check_hour(struct part_scan *scan, const struct json *row)
{
    struct view text = {0};
    int64_t received_ms;
    json_value received = json_member(row, JSON_ROOT, "received_at");
    if (json_text(row, received, &scan->check->arena, &text) != STATUS_OK ||
        !clock_parse(text.at, text.len, &received_ms)) {
        complain(scan->check, "%s: the row %llu has no received_at", scan->path,
                 (unsigned long long)scan->last_seq);
    } else if (part_hour(received_ms) != scan->hour) {
        complain(scan->check, "%s: the row %llu was received in another hour", scan->path,
                 (unsigned long long)scan->last_seq);
    }
}

static void check_row(struct part_scan *scan, struct view text)
{
    struct check *check = scan->check;
    struct json row;
    struct fault fault = {0};
    arena_clear(&check->arena);
    if (json_parse(&row, text, &check->arena, NULL, &fault) != STATUS_OK) {
        complain(check, "%s: a row behind number %llu is not JSON: %s", scan->path,
                 (unsigned long long)scan->last_seq, fault.text);
        return;
    }
    int64_t seq = 0;
    if (!json_to_int64(&row, json_member(&row, JSON_ROOT, "ingest_seq"), &seq) || seq <= 0) {
        complain(check, "%s: a row behind number %llu has no ingest_seq", scan->path,
                 (unsigned long long)scan->last_seq);
        return;
    }
    uint64_t number = (uint64_t)seq;
    if (number < scan->name.first_seq || number > scan->name.last_seq || number <= scan->last_seq) {
        complain(check, "%s: number %llu does not belong there, behind %llu", scan->path,
                 (unsigned long long)number, (unsigned long long)scan->last_seq);
    }
    scan->last_seq = number;
    check_hour(scan, &row);
    if (scan->is_raw) {
        check_key(scan, &row);
    }
}

static void count_row(struct check *check, bool is_raw, struct view row)
{
    struct lake_check_report *report = check->report;
    report->rows += is_raw;
    report->quarantined += !is_raw;
    report->bytes += row.len + 1;
    if ((report->rows + report->quarantined) % PROGRESS_ROWS == 0 && check->listener->on_progress) {
        check->listener->on_progress(check->listener->self, report);
    }
}

static enum status read_rows(struct part_scan *scan, int fd, struct fault *fault)
{
    struct check *check = scan->check;
    struct part_reader *reader;
    struct stat facts;
    struct view row;
    enum status status = part_reader_open_file(&reader, fd, scan->path + strlen("lake/"), fault);
    if (status != STATUS_OK) {
        return status;
    }
    while ((status = part_reader_next(reader, &row, fault)) == STATUS_OK) {
        count_row(check, scan->is_raw, row);
        check_row(scan, row);
    }
    part_reader_close(reader);
    check->report->parts++;
    check->report->file_bytes += fstat(fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
    if (status == STATUS_DAMAGED) {
        complain(check, "%s: %s", scan->path, fault ? fault->text : "damaged");
        return STATUS_OK;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status check_part(struct check *check, const struct check_part *part,
                              struct fault *fault)
{
    struct part_scan scan = {.check = check,
                             .path = part->path,
                             .name = part->name,
                             .is_raw = part->is_raw,
                             .hour = part->hour};
    int fd = part->fd >= 0 ? part->fd : check_parts_open(&check->parts, part);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open %s", part->path);
    }
    enum status status = read_rows(&scan, fd, fault);
    if (part->fd < 0) {
        close(fd);
    }
    return status;
}

static enum status check_all_parts(struct check *check, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < check->parts.count && status == STATUS_OK; i++) {
        status = check_part(check, &check->parts.at[i], fault);
    }
    return status;
}

/* "date=2026-11-24", "hour=07": what they stand for, in hours since 1970; -1 for other names. */
static int64_t parse_hour(const char *date, const char *hour)
{
    char text[48];
    int64_t ms;
    if (strncmp(date, "date=", 5) != 0 || strncmp(hour, "hour=", 5) != 0) {
        return -1;
    }
    int len = snprintf(text, sizeof(text), "%.10sT%.2s:00:00Z", date + 5, hour + 5);
    return clock_parse(text, (size_t)len, &ms) ? part_hour(ms) : -1;
}

/* Calls back for each name in a folder. */
struct walk {
    enum status (*on_name)(struct walk *walk, int folder_fd, const char *name, struct fault *fault);
    struct check *check;
    const char *tree;
    const char *date;
    const char *hour;
};

static enum status for_each_name(struct walk *walk, int folder_fd, struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read a folder of the data");
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        /* '_' begins the names of what is being written. */
        if (entry->d_name[0] != '.' && entry->d_name[0] != '_') {
            status = walk->on_name(walk, folder_fd, entry->d_name, fault);
        }
    }
    closedir(folder);
    return status;
}

static enum status enter(struct walk *walk, int folder_fd, const char *name, struct fault *fault)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open folder %s", name);
    }
    enum status status = for_each_name(walk, fd, fault);
    close(fd);
    return status;
}

static enum status on_part(struct walk *walk, int folder_fd, const char *name, struct fault *fault)
{
    struct check_part part = {.is_raw = strcmp(walk->tree, "raw") == 0,
                              .hour = parse_hour(walk->date, walk->hour)};
    (void)folder_fd;
    snprintf(part.path, sizeof(part.path), "lake/%s/%.32s/%.32s/%.100s", walk->tree, walk->date,
             walk->hour, name);
    if (lake_pending_is_gone(&walk->check->pending, part.path + strlen("lake/"))) {
        return STATUS_OK;
    }
    if (!part_name_parse(view_from_text(name), &part.name)) {
        complain(walk->check, "%s: this is no name of a part", part.path);
        return STATUS_OK;
    }
    return check_parts_add(&walk->check->parts, &part, fault);
}

static enum status on_hour(struct walk *walk, int folder_fd, const char *name, struct fault *fault)
{
    if (parse_hour(walk->date, name) < 0) {
        complain(walk->check, "lake/%s/%s/%.64s: this is no hour", walk->tree, walk->date, name);
        return STATUS_OK;
    }
    struct walk parts = *walk;
    parts.on_name = on_part;
    parts.hour = name;
    return enter(&parts, folder_fd, name, fault);
}

static enum status on_date(struct walk *walk, int folder_fd, const char *name, struct fault *fault)
{
    struct walk hours = *walk;
    hours.on_name = on_hour;
    hours.date = name;
    return enter(&hours, folder_fd, name, fault);
}

static enum status check_tree(struct check *check, int lake_fd, const char *tree,
                              struct fault *fault)
{
    int fd;
    enum status status = data_folder_enter(lake_fd, tree, false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct walk walk = {.on_name = on_date, .check = check, .tree = tree};
    status = for_each_name(&walk, fd, fault);
    close(fd);
    return status;
}

static void check_repeats(struct check *check)
{
    uint64_t repeats = 0;
    if (check->key_count > 1) {
        qsort(check->keys, check->key_count, sizeof(*check->keys), key_compare);
    }
    for (size_t i = 1; i < check->key_count; i++) {
        repeats += key_compare(&check->keys[i - 1], &check->keys[i]) == 0;
    }
    if (repeats > 0) {
        complain(check, "lake: %llu events are stored more than once", (unsigned long long)repeats);
    }
}

static void on_damage(void *self, const char *file, uint64_t offset, uint64_t end,
                      const char *reason)
{
    complain(self, "journal segment %s, bytes %llu to %llu: %s", file, (unsigned long long)offset,
             (unsigned long long)end, reason);
}

static enum status on_stream(struct walk *walk, int folder_fd, const char *name,
                             struct fault *fault)
{
    uint64_t id;
    if (strlen(name) != 20 || !view_to_uint64(view_from_text(name), &id)) {
        return STATUS_OK; /* the journal's own files */
    }
    int fd;
    enum status status = data_folder_enter(folder_fd, name, false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK; /* it was just taken by the lake */
    }
    struct stream_reader *reader = NULL;
    status = stream_reader_open(&reader, fd, on_damage, walk->check, fault);
    struct stream_place place;
    struct frame frame;
    while (status == STATUS_OK) {
        status = stream_reader_next(reader, &place, &frame, fault);
    }
    if (reader) {
        struct lake_check_report *report = walk->check->report;
        report->streams++;
        report->frames += stream_reader_report(reader)->frames;
        report->waiting += stream_reader_report(reader)->events;
        report->torn_bytes += stream_reader_report(reader)->torn_bytes;
    }
    stream_reader_close(reader);
    close(fd);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status check_journal(struct check *check, int data_fd, struct fault *fault)
{
    struct walk walk = {.on_name = on_stream, .check = check};
    int fd;
    enum status status = data_folder_enter(data_fd, "journal", false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = for_each_name(&walk, fd, fault);
        close(fd);
    }
    return status;
}

static void on_parquet_problem(void *self, const char *sentence)
{
    complain(self, "%s", sentence);
}

static void on_parquet_key(void *self, struct key key)
{
    keep_key(self, key);
}

/* What is there at one moment, in both forms. */
struct check_lake {
    struct parquet_check parquet;
    struct parquet_check_files files;
    int lake_fd;
    int lock_fd; /* -1: files may change places */
};

static enum status open_trees(struct check *check, struct check_lake *lake, struct fault *fault)
{
    check->parts = (struct check_parts){.lake_fd = lake->lake_fd, .has_all = true};
    enum status status = lake_pending_load(&check->pending, lake->lake_fd, fault);
    status = status == STATUS_OK ? check_tree(check, lake->lake_fd, "raw", fault) : status;
    status = status == STATUS_OK ? check_tree(check, lake->lake_fd, "quarantine", fault) : status;
    status =
        status == STATUS_OK ? lake_check_parquet_open(&lake->files, &lake->parquet, fault) : status;
    lake_pending_free(&check->pending);
    return status;
}

/* A row that moves while files are looked for would be seen twice, or not at all; what is open is
 * read as it was then. Only when there are more files than may be open must they stay until all of
 * them are read. */
static enum status check_trees(struct check *check, struct check_lake *lake, struct fault *fault)
{
    enum status status =
        lake_snapshot_lock(lake->lake_fd, true, LOCK_WAIT_MS, &lake->lock_fd, fault);
    status = status == STATUS_OK ? open_trees(check, lake, fault) : status;
    if (lake->lock_fd >= 0 && check->parts.has_all && lake->files.has_all) {
        close(lake->lock_fd);
        lake->lock_fd = -1;
    }
    status = status == STATUS_OK ? check_all_parts(check, fault) : status;
    status =
        status == STATUS_OK ? lake_check_parquet_read(&lake->files, &lake->parquet, fault) : status;
    if (lake->lock_fd >= 0) {
        close(lake->lock_fd);
    }
    check_parts_close(&check->parts);
    lake_check_parquet_close(&lake->files);
    return status;
}

static enum status check_lake(struct check *check, int data_fd, const char *library,
                              struct fault *fault)
{
    struct check_lake lake = {.lock_fd = -1};
    enum status status = data_folder_enter(data_fd, "lake", false, &lake.lake_fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    lake.parquet = (struct parquet_check){
        .lake_fd = lake.lake_fd,
        .library = library,
        .pending = &check->pending,
        .report = check->report,
        .on_problem = on_parquet_problem,
        .on_key = on_parquet_key,
        .self = check,
    };
    status = check_trees(check, &lake, fault);
    close(lake.lake_fd);
    return status;
}

enum status lake_check(int data_fd, const char *library, const struct lake_check_listener *listener,
                       struct lake_check_report *report, struct fault *fault)
{
    struct check check = {.listener = listener, .report = report};
    arena_init(&check.arena, ARENA_BYTES);
    enum status status = check_journal(&check, data_fd, fault);
    if (status == STATUS_OK) {
        status = check_lake(&check, data_fd, library, fault);
    }
    if (status == STATUS_OK) {
        check_repeats(&check);
    }
    arena_free(&check.arena);
    free(check.keys);
    return status;
}
