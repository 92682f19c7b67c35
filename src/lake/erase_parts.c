#include "lake/erase_parts.h"

#include "journal/data_folder.h"
#include "lake/lake_hour.h"
#include "lake/ledger_hour.h"
#include "lake/part_reader.h"
#include "lake/part_writer.h"
#include "lake/row_cells.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { POSTS_BYTES_MAX = 1 << 20 };
static const int64_t HOUR_MS = 3600000;

/* What becomes of a row. */
enum verdict { ROW_KEPT, ROW_REDACTED, ROW_ERASED };

struct erasing {
    const struct erase_job *job;
    enum tree tree;
    int tree_fd;
    int64_t hour;
    const struct lake_part *part;
    struct subject_row row;
    struct buf redacted;       /* the row that was judged last, when it is ROW_REDACTED */
    struct ledger_tally tally; /* of the part */
    struct buf posts;
};

/* The bytes as they came, which stand in the row as a string. */
static bool is_in_raw_bytes(struct erasing *erasing, struct view text)
{
    const char *at = text.at + 1;
    struct row_member member;
    struct view said;
    arena_clear(&erasing->row.arena);
    while (row_member_next(&at, text.at + text.len, &member)) {
        if (view_is(member.key, "raw") && member.kind == CELL_ESCAPED &&
            row_text(member.text, member.kind, &erasing->row.arena, &said) == STATUS_OK) {
            return subject_is_in(erasing->job->subject, said);
        }
    }
    return false;
}

/* The site is read for the ledger. */
static enum verdict judge_age(struct erasing *erasing, struct view text)
{
    bool is_over = retention_takes(erasing->job->retention, erasing->hour, text);
    return is_over && subject_row_read(&erasing->row, text) ? ROW_ERASED : ROW_KEPT;
}

static enum verdict judge(struct erasing *erasing, struct view text)
{
    if (!erasing->job->subject) {
        return judge_age(erasing, text);
    }
    const struct subject *subject = erasing->job->subject;
    bool is_in = subject_is_in(subject, text);
    if (erasing->tree == TREE_QUARANTINE) {
        return is_in || (text.len > 0 && is_in_raw_bytes(erasing, text)) ? ROW_ERASED : ROW_KEPT;
    }
    if (!is_in && memchr(text.at, '\\', text.len) == NULL) {
        return ROW_KEPT;
    }
    if (subject_row_read(&erasing->row, text) && subject_owns(subject, &erasing->row)) {
        return ROW_ERASED;
    }
    bool is_of_site = subject->site.len == 0 || view_equal(subject->site, erasing->row.site);
    buf_clear(&erasing->redacted);
    return is_in && is_of_site && subject_redact(subject, text, &erasing->redacted) > 0
               ? ROW_REDACTED
               : ROW_KEPT;
}

static void count_erased(struct erasing *erasing)
{
    bool is_raw = erasing->tree == TREE_RAW;
    ledger_tally_add(&erasing->tally, erasing->hour,
                     is_raw ? erasing->row.site : view_make(NULL, 0),
                     is_raw ? erase_job_count(erasing->job) : LEDGER_QUARANTINE_ERASED, 1);
}

/* Goes through a part; with a writer, what is left goes there. */
static enum status pass(struct erasing *erasing, struct part_reader *reader,
                        struct part_writer *writer, struct erase_counts *counts,
                        struct fault *fault)
{
    struct view text;
    enum status status;
    while ((status = part_reader_next(reader, &text, fault)) == STATUS_OK) {
        enum verdict verdict = judge(erasing, text);
        counts->rows += verdict == ROW_ERASED;
        counts->rows_redacted += verdict == ROW_REDACTED;
        if (writer && verdict == ROW_ERASED) {
            count_erased(erasing);
        }
        if (writer && verdict != ROW_ERASED) {
            status = part_writer_row(
                writer, verdict == ROW_KEPT ? text : buf_view(&erasing->redacted), fault);
        }
        if (status == STATUS_OK && buf_status(&erasing->redacted) != STATUS_OK) {
            status = fault_set(fault, buf_status(&erasing->redacted), "a row is too long");
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status open_part(const struct erasing *erasing, struct part_reader **reader,
                             struct fault *fault)
{
    char path[LAKE_HOUR_PATH_BYTES + LAKE_PART_NAME_BYTES];
    char folder[LAKE_HOUR_PATH_BYTES];
    lake_hour_path(erasing->hour, folder);
    snprintf(path, sizeof(path), "%s/%s", folder, erasing->part->name);
    return part_reader_open(reader, erasing->tree_fd, path, fault);
}

static enum status count_part(struct erasing *erasing, struct erase_counts *found,
                              struct fault *fault)
{
    struct part_reader *reader;
    enum status status = open_part(erasing, &reader, fault);
    if (status == STATUS_OK) {
        status = pass(erasing, reader, NULL, found, fault);
    }
    part_reader_close(reader);
    return status;
}

static const char *tree_name(enum tree tree)
{
    return tree == TREE_RAW ? "raw" : "quarantine";
}

/* The written part takes the place of the one that was read. */
static enum status commit(struct erasing *erasing, const char *unfinished, uint64_t rows,
                          struct fault *fault)
{
    char folder[LAKE_HOUR_PATH_BYTES];
    char files[2 * (LAKE_HOUR_PATH_BYTES + PART_WRITER_NAME_BYTES) + 64];
    const char *tree = tree_name(erasing->tree);
    struct ledger_part part = {.tree = erasing->tree, .name = erasing->part->parsed, .rows = rows};
    lake_hour_path(erasing->hour, folder);
    int len = snprintf(files, sizeof(files), "replace %s/%s/%s %s/%s/%s\n", tree, folder,
                       unfinished, tree, folder, erasing->part->name);
    buf_clear(&erasing->posts);
    ledger_line_counts(&erasing->posts, &erasing->tally);
    ledger_line_part(&erasing->posts, erasing->hour, &part);
    struct erase_change change = {.hours = &erasing->hour,
                                  .hour_count = 1,
                                  .files = view_make(files, (size_t)len),
                                  .posts = buf_view(&erasing->posts)};
    enum status status = buf_status(&erasing->posts);
    return status == STATUS_OK ? erasing->job->commit(erasing->job->self, &change, fault)
                               : fault_set(fault, status, "no memory for a posting");
}

static enum status rewrite_part(struct erasing *erasing, struct fault *fault)
{
    struct part_reader *reader = NULL;
    struct part_writer *writer = NULL;
    const struct part_name *name = &erasing->part->parsed;
    char unfinished[PART_WRITER_NAME_BYTES];
    struct erase_counts again = {0};
    uint64_t rows = 0;
    ledger_tally_clear(&erasing->tally);
    enum status status = open_part(erasing, &reader, fault);
    if (status == STATUS_OK) {
        status = part_writer_begin(&writer, erasing->tree_fd, name->stream, name->first_seq,
                                   erasing->hour * HOUR_MS, fault);
    }
    if (status == STATUS_OK) {
        status = pass(erasing, reader, writer, &again, fault);
    }
    part_reader_close(reader);
    if (status != STATUS_OK) {
        part_writer_abandon(writer);
        return status;
    }
    rows = part_writer_rows(writer);
    status = part_writer_close(writer, unfinished, fault);
    return status == STATUS_OK ? commit(erasing, unfinished, rows, fault) : status;
}

static void note_unreadable(const struct erasing *erasing, struct erase_counts *counts)
{
    char folder[LAKE_HOUR_PATH_BYTES];
    lake_hour_path(erasing->hour, folder);
    if (counts->unreadable++ == 0) {
        snprintf(counts->unreadable_name, sizeof(counts->unreadable_name), "%s/%s", folder,
                 erasing->part->name);
    }
}

static enum status erase_part(struct erasing *erasing, struct erase_counts *counts,
                              struct fault *fault)
{
    struct erase_counts found = {0};
    enum status status = count_part(erasing, &found, fault);
    counts->files++;
    if (status == STATUS_DAMAGED) {
        note_unreadable(erasing, counts);
        return STATUS_OK;
    }
    bool is_hit = found.rows + found.rows_redacted > 0;
    if (status == STATUS_OK && is_hit && !erasing->job->is_dry) {
        status = rewrite_part(erasing, fault);
    }
    if (status == STATUS_OK && is_hit) {
        counts->rewritten++;
        counts->rows += found.rows;
        counts->rows_redacted += found.rows_redacted;
    }
    return status;
}

static enum status erase_hour(struct erasing *erasing, struct erase_counts *counts,
                              struct fault *fault)
{
    struct lake_parts parts = {0};
    enum status status = lake_parts_list(&parts, erasing->tree_fd, erasing->hour, fault);
    for (size_t i = 0; i < parts.count && status == STATUS_OK; i++) {
        erasing->part = &parts.at[i];
        status = erase_job_is_stopped(erasing->job)
                     ? fault_set(fault, STATUS_BUSY, "it was stopped")
                     : erase_part(erasing, counts, fault);
    }
    lake_parts_free(&parts);
    return status;
}

enum status erase_parts(int tree_fd, enum tree tree, const struct erase_job *job,
                        struct erase_counts *counts, struct fault *fault)
{
    struct erasing erasing = {.job = job, .tree = tree, .tree_fd = tree_fd};
    struct lake_hours hours = {0};
    subject_row_init(&erasing.row);
    buf_init(&erasing.redacted, 2 * PART_ROW_BYTES_MAX);
    buf_init(&erasing.posts, POSTS_BYTES_MAX);
    ledger_tally_init(&erasing.tally, LEDGER_SITES_MAX);
    enum status status = lake_hours_list(&hours, tree_fd, fault);
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        erasing.hour = hours.at[i];
        if (!erase_job_meets(job, erasing.hour)) {
            continue;
        }
        status = erase_hour(&erasing, counts, fault);
    }
    lake_hours_free(&hours);
    buf_free(&erasing.redacted);
    buf_free(&erasing.posts);
    ledger_tally_free(&erasing.tally);
    subject_row_free(&erasing.row);
    return status;
}

static bool is_unfinished(const char *name)
{
    static const char *const BEGINNINGS[] = {"_part-", "_events.", "_run-"};
    for (size_t i = 0; i < sizeof(BEGINNINGS) / sizeof(BEGINNINGS[0]); i++) {
        if (view_starts_with(view_from_text(name), BEGINNINGS[i])) {
            return true;
        }
    }
    return false;
}

static enum status remove_unfinished(int tree_fd, int64_t hour, struct fault *fault)
{
    char path[LAKE_HOUR_PATH_BYTES];
    lake_hour_path(hour, path);
    int fd = openat(tree_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        int reason = errno;
        if (fd >= 0) {
            close(fd);
        }
        return reason == ENOENT ? STATUS_OK : fault_errno(fault, reason, "cannot read %s", path);
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (is_unfinished(entry->d_name) && unlinkat(dirfd(folder), entry->d_name, 0) != 0 &&
            errno != ENOENT) {
            status = fault_errno(fault, errno, "cannot remove %s/%s", path, entry->d_name);
        }
    }
    closedir(folder);
    return status;
}

enum status erase_unfinished(int tree_fd, struct fault *fault)
{
    struct lake_hours hours = {0};
    enum status status = lake_hours_list(&hours, tree_fd, fault);
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        status = remove_unfinished(tree_fd, hours.at[i], fault);
    }
    lake_hours_free(&hours);
    return status;
}

enum status erase_leftovers(int lake_fd, struct fault *fault)
{
    static const enum tree TREES_OF_PARTS[] = {TREE_RAW, TREE_QUARANTINE};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < TREES && status == STATUS_OK; i++) {
        int fd;
        status = data_folder_enter(lake_fd, tree_name(TREES_OF_PARTS[i]), true, &fd, fault);
        if (status == STATUS_OK) {
            status = erase_unfinished(fd, fault);
            close(fd);
        }
    }
    return status;
}
