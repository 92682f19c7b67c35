#include "lake/lake_check_parquet.h"

#include "base/hash.h"
#include "journal/data_folder.h"
#include "lake/duck.h"
#include "lake/lake_hour.h"
#include "lake/lake_manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MEMORY_BYTES = 256 * 1024 * 1024, PATH_BYTES = 128, FIRST_DAY_BYTES = 10 };

struct scan {
    const struct parquet_check *check;
    struct duck *duck;             /* NULL: rows are not looked at */
    struct lake_manifest manifest; /* of the day that it opens files of */
    int64_t hour;
    char path[PATH_BYTES]; /* within the lake */
    uint64_t rows;
    uint64_t first_seq;
    uint64_t last_seq;
    bool has_complained; /* of a row of this file */
};

static void complain(const struct scan *scan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(const struct scan *scan, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    scan->check->on_problem(scan->check->self, sentence);
}

/* One sentence a file is enough: what is wrong with one row is wrong with many. */
static void complain_of_row(struct scan *scan, uint64_t seq, const char *what)
{
    if (!scan->has_complained) {
        complain(scan, "lake/%s: the row %llu %s", scan->path, (unsigned long long)seq, what);
    }
    scan->has_complained = true;
}

struct row_vectors {
    const uint64_t *validity[6];
    const void *data[6];
};
enum { SITE, EVENT_ID, INGEST_SEQ, RECEIVED_MS, IS_IN_ORDER, COLUMNS };

static void look_at_row(struct scan *scan, const struct row_vectors *vectors, idx_t row)
{
    uint64_t seq = 0;
    if (duck_is_valid(vectors->validity[INGEST_SEQ], row)) {
        seq = ((const uint64_t *)vectors->data[INGEST_SEQ])[row];
    }
    scan->rows++;
    scan->first_seq = scan->first_seq == 0 || seq < scan->first_seq ? seq : scan->first_seq;
    scan->last_seq = seq > scan->last_seq ? seq : scan->last_seq;
    if (seq == 0 || !duck_is_valid(vectors->validity[SITE], row) ||
        !duck_is_valid(vectors->validity[EVENT_ID], row) ||
        !duck_is_valid(vectors->validity[RECEIVED_MS], row)) {
        complain_of_row(scan, seq, "has no site, event_id, received_at or ingest_seq");
        return;
    }
    if (part_hour(((const int64_t *)vectors->data[RECEIVED_MS])[row]) != scan->hour) {
        complain_of_row(scan, seq, "was received in another hour");
    }
    if (!((const bool *)vectors->data[IS_IN_ORDER])[row]) {
        complain_of_row(scan, seq, "does not stand in order");
    }
    uint64_t hash[2];
    hash_pair_128(0, duck_text(vectors->data[SITE], row), duck_text(vectors->data[EVENT_ID], row),
                  hash);
    scan->check->on_key(scan->check->self, (struct key){hash[0], hash[1]});
}

static void look_at_chunk(struct scan *scan, duckdb_data_chunk chunk)
{
    const struct duck_api *api = duck_api(scan->duck);
    struct row_vectors vectors;
    for (idx_t i = 0; i < COLUMNS; i++) {
        duckdb_vector vector = api->data_chunk_get_vector(chunk, i);
        vectors.validity[i] = api->vector_get_validity(vector);
        vectors.data[i] = api->vector_get_data(vector);
    }
    idx_t count = api->data_chunk_get_size(chunk);
    for (idx_t row = 0; row < count; row++) {
        look_at_row(scan, &vectors, row);
    }
}

static enum status query_rows(struct scan *scan, int fd, struct fault *fault)
{
    char sql[1024];
    struct duck_result *result;
    duckdb_data_chunk chunk;
    snprintf(sql, sizeof(sql),
             "SELECT site, event_id, ingest_seq, epoch_ms(received_at), coalesce(row(site, "
             "coalesce(anonymous_id, ''), time) >= lag(row(site, coalesce(anonymous_id, ''), "
             "time)) OVER (), true) FROM read_parquet('/proc/self/fd/%d', hive_partitioning = "
             "false)",
             fd);
    enum status status = duck_query(scan->duck, sql, &result, fault);
    if (status != STATUS_OK) {
        return status;
    }
    while ((status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        look_at_chunk(scan, chunk);
    }
    duck_result_close(result);
    return status == STATUS_END ? STATUS_OK : status;
}

static void look_at_rows(struct scan *scan, int fd, const struct lake_manifest_row *row)
{
    struct fault fault = {0};
    scan->rows = scan->first_seq = scan->last_seq = 0;
    scan->has_complained = false;
    if (query_rows(scan, fd, &fault) != STATUS_OK) {
        complain(scan, "lake/%s: it cannot be read: %s", scan->path, fault.text);
    } else if (scan->rows != row->rows || scan->first_seq != row->first_seq ||
               scan->last_seq != row->last_seq) {
        complain(scan,
                 "lake/%s: it has %llu rows from %llu to %llu; the manifest says %llu from "
                 "%llu to %llu",
                 scan->path, (unsigned long long)scan->rows, (unsigned long long)scan->first_seq,
                 (unsigned long long)scan->last_seq, (unsigned long long)row->rows,
                 (unsigned long long)row->first_seq, (unsigned long long)row->last_seq);
    }
}

static enum status look_at_file(struct scan *scan, int fd, const struct lake_manifest_row *row,
                                struct fault *fault)
{
    struct lake_manifest_row found = {0};
    enum status status = lake_manifest_measure(&found, fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    scan->check->report->parquet_files++;
    scan->check->report->parquet_bytes += found.bytes;
    scan->check->report->parquet_rows += row->is_there ? row->rows : 0;
    if (!row->is_there) {
        complain(scan, "lake/%s: the manifest does not know it", scan->path);
    } else if (found.bytes != row->bytes) {
        complain(scan, "lake/%s: it has %llu bytes; the manifest says %llu", scan->path,
                 (unsigned long long)found.bytes, (unsigned long long)row->bytes);
    } else if (found.crc != row->crc) {
        complain(scan,
                 "lake/%s: its checksum is not what the manifest says: it was changed or "
                 "damaged",
                 scan->path);
    } else if (scan->duck) {
        look_at_rows(scan, fd, row);
    }
    return STATUS_OK;
}

/* The manifest of the hour's day, by the name that counts. */
static enum status load_manifest(struct scan *scan, struct fault *fault)
{
    char name[LAKE_MANIFEST_NAME_BYTES];
    char place[LAKE_PENDING_NAME_BYTES];
    int64_t day = scan->hour >= 0 ? scan->hour / 24 : (scan->hour - 23) / 24;
    lake_manifest_name(day, false, name);
    enum status status =
        lake_manifest_load_from(&scan->manifest, scan->check->lake_fd, day,
                                lake_pending_name(scan->check->pending, name, place), fault);
    if (status == STATUS_DAMAGED) {
        complain(scan, "%s", fault->text);
        scan->manifest = (struct lake_manifest){.day = day};
        status = STATUS_OK;
    }
    return status;
}

static void name_file(struct scan *scan, int64_t hour)
{
    char path[LAKE_HOUR_PATH_BYTES];
    scan->hour = hour;
    lake_hour_path(hour, path);
    snprintf(scan->path, sizeof(scan->path), "events/%s/events.parquet", path);
}

static int open_file(const struct scan *scan)
{
    return openat(scan->check->lake_fd, scan->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* An hour without a file gives none. */
static enum status open_hour(struct scan *scan, struct parquet_check_files *files,
                             struct fault *fault)
{
    int fd = files->has_all ? open_file(scan) : -1;
    int reason = errno;
    if (fd < 0 && files->has_all && reason == ENOENT) {
        return STATUS_OK;
    }
    if (fd < 0 && files->has_all && reason != EMFILE && reason != ENFILE) {
        return fault_errno(fault, reason, "cannot open lake/%s", scan->path);
    }
    files->has_all = fd >= 0;
    enum status status = load_manifest(scan, fault);
    files->at[files->count++] = (struct parquet_check_file){
        .fd = fd, .hour = scan->hour, .row = *lake_manifest_row(&scan->manifest, scan->hour)};
    return status;
}

/* What the manifest of a day names must be there. */
static enum status look_for_missing(struct scan *scan, const char *name, struct fault *fault)
{
    struct view text = view_from_text(name);
    char date[LAKE_HOUR_PATH_BYTES];
    snprintf(date, sizeof(date), "date=%.32s", name);
    if (text.len != FIRST_DAY_BYTES || !lake_hour_parse(date, "hour=00", &scan->hour)) {
        return STATUS_OK;
    }
    int64_t first = scan->hour;
    enum status status = load_manifest(scan, fault);
    for (int i = 0; i < LAKE_MANIFEST_HOURS && status == STATUS_OK; i++) {
        name_file(scan, first + i);
        if (scan->manifest.hours[i].is_there &&
            faccessat(scan->check->lake_fd, scan->path, F_OK, 0) != 0) {
            complain(scan, "lake/%s: the manifest says that it has %llu rows, and it is not there",
                     scan->path, (unsigned long long)scan->manifest.hours[i].rows);
        }
    }
    return status;
}

static enum status look_at_manifests(struct scan *scan, struct fault *fault)
{
    int fd = -1;
    enum status status = data_folder_enter(scan->check->lake_fd, "manifest", false, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return fault_errno(fault, errno, "cannot read lake/manifest");
    }
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        status = look_for_missing(scan, entry->d_name, fault);
    }
    closedir(folder);
    return status;
}

static enum status open_hours(struct scan *scan, struct parquet_check_files *files,
                              struct fault *fault)
{
    int fd = -1;
    struct lake_hours hours;
    enum status status = data_folder_enter(scan->check->lake_fd, "events", false, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    status = lake_hours_list(&hours, fd, fault);
    close(fd);
    if (status != STATUS_OK) {
        return status;
    }
    files->at = calloc(hours.count + 1, sizeof(*files->at));
    if (!files->at) {
        status = fault_set(fault, STATUS_NO_MEMORY, "no memory for the hours of the lake");
    }
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        name_file(scan, hours.at[i]);
        status = open_hour(scan, files, fault);
    }
    lake_hours_free(&hours);
    return status;
}

enum status lake_check_parquet_open(struct parquet_check_files *files,
                                    const struct parquet_check *check, struct fault *fault)
{
    struct scan scan = {.check = check};
    *files = (struct parquet_check_files){.has_all = true};
    enum status status = open_hours(&scan, files, fault);
    return status == STATUS_OK ? look_at_manifests(&scan, fault) : status;
}

static enum status read_file(struct scan *scan, const struct parquet_check_file *file,
                             struct fault *fault)
{
    name_file(scan, file->hour);
    int fd = file->fd >= 0 ? file->fd : open_file(scan);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK
                               : fault_errno(fault, errno, "cannot open lake/%s", scan->path);
    }
    enum status status = look_at_file(scan, fd, &file->row, fault);
    if (file->fd < 0) {
        close(fd);
    }
    return status;
}

enum status lake_check_parquet_read(struct parquet_check_files *files,
                                    const struct parquet_check *check, struct fault *fault)
{
    struct scan scan = {.check = check};
    struct duck_options options = {.library = check->library, .memory_bytes = MEMORY_BYTES};
    if (files->count > 0 && duck_open(&scan.duck, &options, NULL) != STATUS_OK) {
        check->report->parquet_unread = true;
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < files->count && status == STATUS_OK; i++) {
        status = read_file(&scan, &files->at[i], fault);
    }
    duck_close(scan.duck);
    return status;
}

void lake_check_parquet_close(struct parquet_check_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        if (files->at[i].fd >= 0) {
            close(files->at[i].fd);
        }
    }
    free(files->at);
    *files = (struct parquet_check_files){0};
}
