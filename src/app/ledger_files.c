#include "app/ledger_files.h"

#include "journal/data_folder.h"
#include "journal/stream_reader.h"
#include "lake/lake_hour.h"
#include "lake/lake_manifest.h"
#include "lake/part_reader.h"
#include "lake/replay_manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { TAIL_MAX = 1 << 27, SITES_KEPT_MAX = 1 << 16 };
static const char *const TREE_NAMES[TREES] = {"raw", "quarantine"};

enum status ledger_files_open(struct ledger_files *files, int data_fd, struct fault *fault)
{
    *files = (struct ledger_files){.data_fd = data_fd, .ledger_fd = -1, .lake_fd = -1};
    enum status status = ledger_open_folder(data_fd, &files->ledger_fd, fault);
    if (status == STATUS_OK) {
        status = data_folder_enter(data_fd, "lake", false, &files->lake_fd, fault);
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    return status;
}

static void forget(struct ledger_files *files)
{
    cursor_free(&files->cursor);
    free(files->tail);
    free(files->sites);
    files->tail = NULL;
    files->sites = NULL;
    files->tail_count = files->tail_room = files->site_count = 0;
}

void ledger_files_close(struct ledger_files *files)
{
    forget(files);
    if (files->ledger_fd >= 0) {
        close(files->ledger_fd);
    }
    if (files->lake_fd >= 0) {
        close(files->lake_fd);
    }
}

static enum status keep_site(struct ledger_files *files, struct view site, uint32_t *index)
{
    for (size_t i = files->site_count; i > 0; i--) {
        if (view_is(site, files->sites[i - 1])) {
            *index = (uint32_t)i - 1;
            return STATUS_OK;
        }
    }
    size_t count = files->site_count;
    if ((count & (count - 1)) == 0) {
        void *more = count < SITES_KEPT_MAX
                         ? realloc(files->sites, (count > 0 ? count * 2 : 1) * LEDGER_SITE_BYTES)
                         : NULL;
        if (!more) {
            return STATUS_NO_MEMORY;
        }
        files->sites = more;
    }
    char *name = files->sites[files->site_count];
    memcpy(name, site.at ? site.at : "", site.len);
    name[site.len] = 0;
    *index = (uint32_t)files->site_count++;
    return STATUS_OK;
}

static enum status keep_event(struct ledger_files *files, const struct ledger_tail_event *event)
{
    if (files->tail_count == files->tail_room) {
        size_t room = files->tail_room > 0 ? files->tail_room * 2 : 1024;
        void *more = room <= TAIL_MAX ? realloc(files->tail, room * sizeof(*files->tail)) : NULL;
        if (!more) {
            return STATUS_NO_MEMORY;
        }
        files->tail = more;
        files->tail_room = room;
    }
    files->tail[files->tail_count++] = *event;
    return STATUS_OK;
}

/* A stream of the journal that is read. */
struct tail_stream {
    struct ledger_files *files;
    struct site_names *names;
    uint64_t id;
    uint64_t done; /* the lake has everything up to this number */
};

static enum status read_frame(struct tail_stream *stream, const struct frame *frame,
                              struct fault *fault)
{
    struct view body = frame->body;
    struct frame_event event;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && frame_next_event(&body, &event) == STATUS_OK) {
        struct ledger_tail_event kept = {stream->id, event.ingest_seq, part_hour(event.received_ms),
                                         0};
        if (event.ingest_seq <= stream->done) {
            continue;
        }
        status = keep_site(stream->files, site_names_of(stream->names, &event), &kept.site);
        status = status == STATUS_OK ? keep_event(stream->files, &kept) : status;
    }
    return status == STATUS_OK ? STATUS_OK
                               : fault_set(fault, status, "too much is on its way to be looked at");
}

static uint64_t done_of(const struct cursor *cursor, uint64_t stream)
{
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->rows[i].stream == stream) {
            return cursor->rows[i].keys_done;
        }
    }
    return 0;
}

static enum status read_stream(struct tail_stream *stream, int journal_fd, const char *name,
                               struct fault *fault)
{
    int fd;
    struct stream_reader *reader = NULL;
    struct stream_place place;
    struct frame frame;
    enum status status = data_folder_enter(journal_fd, name, false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK; /* the lake has it all, and the cursor will have changed */
    }
    status = status == STATUS_OK ? stream_reader_open(&reader, fd, NULL, NULL, fault) : status;
    while (status == STATUS_OK) {
        status = stream_reader_next(reader, &place, &frame, fault);
        status = status == STATUS_OK ? read_frame(stream, &frame, fault) : status;
    }
    stream_reader_close(reader);
    close(fd);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_journal(struct ledger_files *files, struct site_names *names,
                                struct fault *fault)
{
    int fd;
    enum status status = data_folder_enter(files->data_fd, "journal", false, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    int own_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        status = fault_errno(fault, errno, "cannot read the journal's folder");
    }
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        uint64_t id;
        if (strlen(entry->d_name) == 20 && view_to_uint64(view_from_text(entry->d_name), &id)) {
            struct tail_stream stream = {files, names, id, done_of(&files->cursor, id)};
            status = read_stream(&stream, fd, entry->d_name, fault);
        }
    }
    if (folder) {
        closedir(folder);
    }
    close(fd);
    return status;
}

enum status ledger_files_read(struct ledger_files *files, struct site_names *names,
                              struct fault *fault)
{
    forget(files);
    enum status status =
        files->lake_fd >= 0 ? cursor_load(&files->cursor, files->lake_fd, fault) : STATUS_OK;
    return status == STATUS_OK ? read_journal(files, names, fault) : status;
}

enum status ledger_files_are_same(struct ledger_files *files, bool *is_same, struct fault *fault)
{
    struct cursor now = {0};
    enum status status = files->lake_fd >= 0 ? cursor_load(&now, files->lake_fd, fault) : STATUS_OK;
    *is_same = now.count == files->cursor.count && now.posting_bytes == files->cursor.posting_bytes;
    for (size_t i = 0; i < now.count && *is_same; i++) {
        *is_same = now.rows[i].stream == files->cursor.rows[i].stream &&
                   now.rows[i].keys_done == files->cursor.rows[i].keys_done;
    }
    if (*is_same && now.posting_bytes > 0) {
        *is_same = memcmp(now.posting, files->cursor.posting, now.posting_bytes) == 0;
    }
    cursor_free(&now);
    return status;
}

/* The part as the ledger has it; NULL: it has none of that name. */
static const struct ledger_part *find_part(const struct ledger_hour *hour, enum tree tree,
                                           const struct part_name *name)
{
    for (size_t i = 0; i < hour->part_count; i++) {
        const struct ledger_part *part = &hour->parts[i];
        if (part->tree == tree && part->name.stream == name->stream &&
            part->name.first_seq == name->first_seq && part->name.last_seq == name->last_seq) {
            return part;
        }
    }
    return NULL;
}

/* What is looked at of an hour, in one tree. */
struct rows_reading {
    struct ledger_files *files;
    struct ledger_reading *reading;
    struct ledger_hour_reading *hour;
    enum tree tree;
    int tree_fd;
    char path[LAKE_HOUR_PATH_BYTES];
};

/* A stop may leave closed parts that the cursor does not speak of yet, or not to their end: from
 * this number on their events still count as being on their way. */
static uint64_t on_their_way_from(const struct ledger_files *files, uint64_t stream)
{
    uint64_t from = UINT64_MAX;
    for (size_t i = 0; i < files->tail_count; i++) {
        const struct ledger_tail_event *event = &files->tail[i];
        from = event->stream == stream && event->seq < from ? event->seq : from;
    }
    return from;
}

static enum status count_rows(struct rows_reading *rows, const struct lake_part *part,
                              uint64_t *count, struct fault *fault)
{
    struct part_reader *reader = NULL;
    struct view row;
    uint64_t from = on_their_way_from(rows->files, part->parsed.stream);
    int fd = openat(rows->tree_fd, rows->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = part_reader_open(&reader, fd, part->name, fault);
    *count = 0;
    while (status == STATUS_OK && (status = part_reader_next(reader, &row, fault)) == STATUS_OK) {
        uint64_t seq = 0;
        ++*count;
        if (!part_row_seq(row, &seq) || seq < from) {
            struct view site = rows->tree == TREE_RAW ? site_names_read(&rows->reading->names, row)
                                                      : view_make(NULL, 0);
            ledger_tally_add(&rows->hour->found, rows->hour->counted.hour, site,
                             rows->tree == TREE_RAW ? LEDGER_STORED : LEDGER_QUARANTINED, 1);
        }
    }
    part_reader_close(reader);
    if (fd >= 0) {
        close(fd);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Rows leave the quarantine by being replayed: then the hour's sum says whether all are there. */
static bool has_replayed(const struct rows_reading *rows)
{
    return rows->tree == TREE_QUARANTINE && rows->hour->replayed > 0;
}

static void look_at_part(struct rows_reading *rows, const struct lake_part *part)
{
    int64_t hour = rows->hour->counted.hour;
    const char *tree = TREE_NAMES[rows->tree];
    struct fault fault = {0};
    uint64_t count = 0;
    const struct ledger_part *known = find_part(&rows->hour->counted, rows->tree, &part->parsed);
    if (!known && (hour <= rows->reading->since ||
                   on_their_way_from(rows->files, part->parsed.stream) <= part->parsed.last_seq)) {
        return;
    }
    if (count_rows(rows, part, &count, &fault) != STATUS_OK) {
        ledger_reading_complain(rows->reading, hour, "lake/%s/%s/%s: %s", tree, rows->path,
                                part->name, fault.text);
    } else if (!known) {
        ledger_reading_complain(rows->reading, hour,
                                "lake/%s/%s/%s: %llu rows of which the ledger knows nothing", tree,
                                rows->path, part->name, (unsigned long long)count);
    } else if (known->rows != count && !has_replayed(rows)) {
        ledger_reading_complain(rows->reading, hour,
                                "lake/%s/%s/%s: it has %llu rows, and had %llu when it was closed",
                                tree, rows->path, part->name, (unsigned long long)count,
                                (unsigned long long)known->rows);
    }
}

/* Compaction takes parts away, and says so in the manifest. */
static void look_for_missing(struct rows_reading *rows, const struct lake_parts *parts)
{
    const struct ledger_hour_reading *hour = rows->hour;
    for (size_t i = 0; i < hour->counted.part_count; i++) {
        const struct ledger_part *known = &hour->counted.parts[i];
        bool is_there = known->tree != rows->tree ||
                        (hour->is_compacted && known->tree == TREE_RAW) || known->rows == 0 ||
                        has_replayed(rows);
        for (size_t j = 0; j < parts->count && !is_there; j++) {
            is_there = parts->at[j].parsed.stream == known->name.stream &&
                       parts->at[j].parsed.first_seq == known->name.first_seq;
        }
        if (!is_there) {
            ledger_reading_complain(
                rows->reading, hour->counted.hour,
                "lake/%s/%s/part-%llu-%llu-%llu.ndjson.zst is gone, and %llu rows with it",
                TREE_NAMES[rows->tree], rows->path, (unsigned long long)known->name.stream,
                (unsigned long long)known->name.first_seq, (unsigned long long)known->name.last_seq,
                (unsigned long long)known->rows);
        }
    }
}

static enum status look_at_tree(struct rows_reading *rows, struct fault *fault)
{
    struct lake_parts parts = {0};
    rows->tree_fd =
        openat(rows->files->lake_fd, TREE_NAMES[rows->tree], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = STATUS_OK;
    if (rows->tree_fd >= 0) {
        status = lake_parts_list(&parts, rows->tree_fd, rows->hour->counted.hour, fault);
    }
    for (size_t i = 0; i < parts.count && status == STATUS_OK; i++) {
        look_at_part(rows, &parts.at[i]);
    }
    if (status == STATUS_OK) {
        look_for_missing(rows, &parts);
    }
    lake_parts_free(&parts);
    if (rows->tree_fd >= 0) {
        close(rows->tree_fd);
    }
    return status;
}

enum status ledger_files_rows(struct ledger_files *files, struct ledger_reading *reading,
                              struct ledger_hour_reading *hour, struct fault *fault)
{
    struct lake_manifest manifest;
    struct replay_manifest replayed;
    struct rows_reading rows = {files, reading, hour, TREE_RAW, -1, {0}};
    enum status status = files->lake_fd >= 0 ? lake_manifest_load(&manifest, files->lake_fd,
                                                                  hour->counted.hour, fault)
                                             : STATUS_END;
    status = status == STATUS_OK
                 ? replay_manifest_load(&replayed, files->lake_fd, hour->counted.hour, fault)
                 : status;
    if (status != STATUS_OK) {
        return status == STATUS_END ? STATUS_OK : status;
    }
    const struct lake_manifest_row *row = lake_manifest_row(&manifest, hour->counted.hour);
    hour->is_compacted = row->is_there;
    hour->event_rows = row->rows;
    hour->merged = row->merged;
    hour->replayed = replayed.rows[(hour->counted.hour % 24 + 24) % 24];
    lake_hour_path(hour->counted.hour, rows.path);
    for (int tree = 0; tree < TREES && status == STATUS_OK; tree++) {
        rows.tree = (enum tree)tree;
        status = look_at_tree(&rows, fault);
    }
    return status;
}
