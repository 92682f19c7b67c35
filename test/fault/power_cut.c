#include "power_cut.h"

#include "base/buf.h"
#include "base/file.h"
#include "fault_base.h"
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, LOG_BYTES_MAX = 1 << 30 };

/* What chance does with a file, or with entries that hang together. */
enum luck { LUCK_NONE_KEPT, LUCK_ALL_KEPT, LUCK_MIXED };

struct change {
    struct shim_record is;
    struct view path;
    struct view path2;
    const char *payload;
    bool is_durable;
    bool is_stuck; /* a sync of it failed: later ones pass it over */
    size_t group;  /* of entries */
};

struct inode {
    uint64_t ino;
    char path[SHIM_PATH_BYTES];
};

struct cut {
    const struct power_cut_places *places;
    uint64_t seed;
    struct power_cut_report *report;
    struct buf text;
    struct change *changes;
    size_t count;
    struct inode *inodes;
    size_t inode_count;
    size_t inode_room;
};

static enum luck luck_of(const struct cut *cut, uint64_t what)
{
    uint64_t whole = fault_mix(cut->seed, 1) % 8;
    uint64_t dice = whole < 2 ? whole : fault_mix(cut->seed, what) % 4;
    return dice == 0 ? LUCK_NONE_KEPT : dice == 1 ? LUCK_ALL_KEPT : LUCK_MIXED;
}

/* How many of `count` changes in a row are kept. */
static uint64_t keep(enum luck luck, uint64_t dice, uint64_t count)
{
    return luck == LUCK_NONE_KEPT ? 0 : luck == LUCK_ALL_KEPT ? count : dice % (count + 1);
}

/* --- the log --- */

static bool read_change(struct view *rest, struct change *change)
{
    *change = (struct change){0};
    if (rest->len < sizeof(change->is)) {
        return false;
    }
    memcpy(&change->is, rest->at, sizeof(change->is));
    struct view body = view_part(*rest, sizeof(change->is), rest->len);
    size_t names = (size_t)change->is.path_bytes + change->is.path2_bytes;
    if (change->is.magic != SHIM_MAGIC || body.len < names + change->is.payload_bytes) {
        return false; /* killed while it was noted: the call itself was never made */
    }
    change->path = view_part(body, 0, change->is.path_bytes);
    change->path2 = view_part(body, change->is.path_bytes, change->is.path2_bytes);
    change->payload = body.at + names;
    *rest = view_part(body, names + change->is.payload_bytes, body.len);
    return true;
}

static enum status read_log(struct cut *cut, struct fault *fault)
{
    buf_init(&cut->text, LOG_BYTES_MAX);
    enum status status = file_read(AT_FDCWD, cut->places->notes, &cut->text, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    cut->changes = calloc(cut->text.len / sizeof(struct shim_record) + 1, sizeof(*cut->changes));
    if (!cut->changes) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the log");
    }
    struct view rest = buf_view(&cut->text);
    while (read_change(&rest, &cut->changes[cut->count])) {
        cut->count++;
    }
    cut->report->records += cut->count;
    return STATUS_OK;
}

static bool is_data(const struct change *change)
{
    return change->is.kind == SHIM_WRITE || change->is.kind == SHIM_RESIZE;
}

static bool is_entry(const struct change *change)
{
    return change->is.kind >= SHIM_CREATE;
}

static bool is_in(struct view path, struct view folder)
{
    return path.len > folder.len + 1 && memcmp(path.at, folder.at, folder.len) == 0 &&
           path.at[folder.len] == '/' &&
           !memchr(path.at + folder.len + 1, '/', path.len - folder.len - 1);
}

static void apply_sync(struct change *change, const struct change *sync)
{
    if (change->is.number > sync->is.upto || change->is_stuck) {
        return;
    }
    if (sync->is.kind == SHIM_SYNC_FOLDER) {
        bool is_covered = is_entry(change) &&
                          (is_in(change->path, sync->path) || is_in(change->path2, sync->path));
        change->is_durable = change->is_durable || is_covered;
    } else if (is_data(change) && change->is.ino == sync->is.ino) {
        change->is_stuck = !change->is_durable && sync->is.kind == SHIM_SYNC_FAILED;
        change->is_durable = change->is_durable || sync->is.kind == SHIM_SYNC;
    }
}

static void find_durable(struct cut *cut)
{
    for (size_t i = 0; i < cut->count; i++) {
        uint32_t kind = cut->changes[i].is.kind;
        if (kind != SHIM_SYNC && kind != SHIM_SYNC_FAILED && kind != SHIM_SYNC_FOLDER) {
            continue;
        }
        for (size_t k = 0; k < i; k++) {
            apply_sync(&cut->changes[k], &cut->changes[i]);
        }
    }
}

/* --- where inodes are --- */

static enum status add_inode(struct cut *cut, uint64_t ino, const char *path, struct fault *fault)
{
    if (cut->inode_count == cut->inode_room) {
        size_t room = cut->inode_room > 0 ? cut->inode_room * 2 : 256;
        struct inode *more = realloc(cut->inodes, room * sizeof(*more));
        if (!more) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory for inodes");
        }
        cut->inodes = more;
        cut->inode_room = room;
    }
    struct inode *inode = &cut->inodes[cut->inode_count++];
    inode->ino = ino;
    snprintf(inode->path, sizeof(inode->path), "%s", path);
    return STATUS_OK;
}

static enum status find_inodes(struct cut *cut, const char *folder, struct fault *fault)
{
    DIR *entries = opendir(folder);
    if (!entries) {
        return fault_errno(fault, errno, "cannot read %s", folder);
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(entries)) != NULL;) {
        char path[SHIM_PATH_BYTES];
        struct stat facts;
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || len >= (int)sizeof(path) || lstat(path, &facts) != 0) {
            continue;
        }
        status = S_ISDIR(facts.st_mode) ? find_inodes(cut, path, fault)
                                        : add_inode(cut, facts.st_ino, path, fault);
    }
    closedir(entries);
    return status;
}

static const char *path_of(const struct cut *cut, uint64_t ino)
{
    for (size_t i = 0; i < cut->inode_count; i++) {
        if (cut->inodes[i].ino == ino) {
            return cut->inodes[i].path;
        }
    }
    return NULL;
}

/* --- bytes --- */

/* One file with changes that were not synced. */
struct torn_file {
    uint64_t ino;
    int fd;
    enum luck luck;
    size_t sectors;
    uint16_t *open; /* per sector: changes since the last durable one */
    uint16_t *kept; /* how many of them the cut leaves */
};

static void range_of(const struct change *change, uint64_t *from, uint64_t *end)
{
    *from = change->is.offset;
    *end =
        change->is.kind == SHIM_WRITE ? *from + change->is.bytes : *from + change->is.payload_bytes;
}

static void count_open(const struct cut *cut, struct torn_file *file)
{
    for (size_t i = 0; i < cut->count; i++) {
        const struct change *change = &cut->changes[i];
        uint64_t from;
        uint64_t end;
        if (!is_data(change) || change->is.ino != file->ino) {
            continue;
        }
        range_of(change, &from, &end);
        for (uint64_t at = from / SECTOR; at * SECTOR < end; at++) {
            file->open[at] = change->is_durable ? 0 : (uint16_t)(file->open[at] + 1);
        }
    }
    for (size_t at = 0; at < file->sectors; at++) {
        uint64_t dice = fault_mix(cut->seed ^ file->ino, at + 7);
        file->kept[at] = (uint16_t)keep(file->luck, dice, file->open[at]);
        cut->report->sectors += file->open[at];
    }
}

/* Puts back what stood in one sector before the change. */
static bool restore_sector(const struct torn_file *file, const struct change *change, uint64_t at)
{
    uint64_t from;
    uint64_t end;
    char old[SECTOR] = {0};
    range_of(change, &from, &end);
    uint64_t begin = at * SECTOR > from ? at * SECTOR : from;
    uint64_t stop = (at + 1) * SECTOR < end ? (at + 1) * SECTOR : end;
    uint64_t skip = begin - from;
    uint64_t there = change->is.payload_bytes > skip ? change->is.payload_bytes - skip : 0;
    uint64_t bytes = stop - begin;
    if (there > 0) {
        memcpy(old, change->payload + skip, there < bytes ? there : bytes);
    }
    return pwrite(file->fd, old, bytes, (off_t)begin) == (ssize_t)bytes;
}

static bool undo_bytes(struct cut *cut, struct torn_file *file)
{
    for (size_t i = cut->count; i-- > 0;) {
        const struct change *change = &cut->changes[i];
        uint64_t from;
        uint64_t end;
        if (!is_data(change) || change->is_durable || change->is.ino != file->ino) {
            continue;
        }
        range_of(change, &from, &end);
        for (uint64_t at = from / SECTOR; at * SECTOR < end; at++) {
            if (file->open[at] > file->kept[at]) {
                cut->report->undone_sectors++;
                if (!restore_sector(file, change, at)) {
                    return false;
                }
            }
            file->open[at] = (uint16_t)(file->open[at] - (file->open[at] > 0));
        }
    }
    return true;
}

/* Any size since the last durable one. */
static uint64_t choose_size(const struct cut *cut, const struct torn_file *file)
{
    uint64_t choices = 0;
    uint64_t chosen = 0;
    for (size_t i = 0; i < cut->count; i++) {
        const struct change *change = &cut->changes[i];
        if (!is_data(change) || change->is.ino != file->ino) {
            continue;
        }
        if (choices == 0) {
            chosen = change->is.old_size;
            choices = 1;
        }
        if (change->is_durable) {
            chosen = change->is.new_size;
            choices = 1;
            continue;
        }
        choices++;
        bool is_taken = file->luck == LUCK_ALL_KEPT ||
                        (file->luck == LUCK_MIXED &&
                         fault_mix(cut->seed ^ file->ino, change->is.number) % choices == 0);
        chosen = is_taken ? change->is.new_size : chosen;
    }
    return chosen;
}

static enum status tear_open_file(struct cut *cut, struct torn_file *file, struct fault *fault)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < cut->count; i++) {
        const struct shim_record *is = &cut->changes[i].is;
        if (is_data(&cut->changes[i]) && is->ino == file->ino) {
            largest = is->old_size > largest ? is->old_size : largest;
            largest = is->new_size > largest ? is->new_size : largest;
        }
    }
    file->sectors = (size_t)(largest / SECTOR) + 1;
    file->open = calloc(file->sectors, sizeof(*file->open));
    file->kept = calloc(file->sectors, sizeof(*file->kept));
    if (!file->open || !file->kept) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for sectors");
    }
    count_open(cut, file);
    if (!undo_bytes(cut, file) || ftruncate(file->fd, (off_t)choose_size(cut, file)) != 0) {
        return fault_errno(fault, errno, "cannot undo writes");
    }
    return STATUS_OK;
}

static enum status tear_file(struct cut *cut, uint64_t ino, struct fault *fault)
{
    const char *path = path_of(cut, ino);
    if (!path) {
        return STATUS_OK; /* it was opened and removed before the log began */
    }
    struct torn_file file = {.ino = ino, .luck = luck_of(cut, ino)};
    file.fd = open(path, O_RDWR | O_CLOEXEC);
    enum status status = file.fd >= 0 ? tear_open_file(cut, &file, fault)
                                      : fault_errno(fault, errno, "cannot open %s", path);
    free(file.open);
    free(file.kept);
    if (file.fd >= 0) {
        close(file.fd);
    }
    return status;
}

static bool is_first_open(const struct cut *cut, size_t index)
{
    const struct change *change = &cut->changes[index];
    if (!is_data(change) || change->is_durable) {
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        const struct change *before = &cut->changes[i];
        if (is_data(before) && !before->is_durable && before->is.ino == change->is.ino) {
            return false;
        }
    }
    return true;
}

static enum status tear_files(struct cut *cut, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < cut->count && status == STATUS_OK; i++) {
        if (is_first_open(cut, i)) {
            status = tear_file(cut, cut->changes[i].is.ino, fault);
        }
    }
    return status;
}

/* --- names --- */

static bool hang_together(const struct change *a, const struct change *b)
{
    struct view names[] = {b->path, b->path2};
    for (size_t i = 0; i < 2; i++) {
        bool is_same = view_equal(a->path, names[i]) || view_equal(a->path2, names[i]);
        if (names[i].len > 0 && is_same) {
            return true;
        }
    }
    return a->is.ino == b->is.ino;
}

static void find_groups(struct cut *cut)
{
    for (size_t i = 0; i < cut->count; i++) {
        struct change *change = &cut->changes[i];
        change->group = i;
        for (size_t k = 0; k < i && is_entry(change) && !change->is_durable; k++) {
            struct change *before = &cut->changes[k];
            if (!is_entry(before) || before->is_durable || before->group == change->group ||
                !hang_together(before, change)) {
                continue;
            }
            size_t gone = before->group;
            for (size_t j = 0; j < i; j++) {
                cut->changes[j].group =
                    cut->changes[j].group == gone ? change->group : cut->changes[j].group;
            }
        }
    }
}

static void text_of(struct view path, char text[SHIM_PATH_BYTES])
{
    snprintf(text, SHIM_PATH_BYTES, "%.*s", VIEW_ARG(path));
}

static uint64_t inode_at(const char *path)
{
    struct stat facts;
    return lstat(path, &facts) == 0 ? facts.st_ino : 0;
}

static void restore_from_grave(const struct cut *cut, uint64_t ino, const char *path)
{
    char grave[SHIM_PATH_BYTES + 32];
    snprintf(grave, sizeof(grave), "%s/%llu", cut->places->grave, (unsigned long long)ino);
    /* Its folder may be gone for good: then it is, too. */
    (void)!link(grave, path);
}

/* Nothing is done when the entry is not as the change left it: then the call was not made, or
 * something durable came after it. */
static void undo_entry(const struct cut *cut, const struct change *change)
{
    char path[SHIM_PATH_BYTES];
    char path2[SHIM_PATH_BYTES];
    text_of(change->path, path);
    text_of(change->path2, path2);
    switch (change->is.kind) {
    case SHIM_CREATE:
        if (inode_at(path) == change->is.ino) {
            unlink(path);
        }
        break;
    case SHIM_RENAME:
        if (inode_at(path2) == change->is.ino && rename(path2, path) == 0 && change->is.ino2) {
            restore_from_grave(cut, change->is.ino2, path2);
        }
        break;
    case SHIM_REMOVE:
        if (inode_at(path) == 0) {
            restore_from_grave(cut, change->is.ino, path);
        }
        break;
    case SHIM_REMOVE_FOLDER:
        mkdir(path, FILE_FOLDER_MODE);
        break;
    default:
        fault_remove_tree(path);
        break;
    }
}

static void undo_entries(struct cut *cut)
{
    uint64_t *left = calloc(cut->count + 1, sizeof(*left));
    uint64_t *kept = calloc(cut->count + 1, sizeof(*kept));
    for (size_t i = 0; left && i < cut->count; i++) {
        const struct change *change = &cut->changes[i];
        left[change->group] += is_entry(change) && !change->is_durable;
    }
    for (size_t i = 0; left && kept && i < cut->count; i++) {
        kept[i] = keep(luck_of(cut, i + 1000003), fault_mix(cut->seed, i + 31), left[i]);
        cut->report->entries += left[i];
        cut->report->undone_entries += left[i] - kept[i];
    }
    for (size_t i = cut->count; left && kept && i-- > 0;) {
        const struct change *change = &cut->changes[i];
        if (is_entry(change) && !change->is_durable &&
            left[change->group]-- > kept[change->group]) {
            undo_entry(cut, change);
        }
    }
    free(left);
    free(kept);
}

enum status power_cut(const struct power_cut_places *places, uint64_t seed,
                      struct power_cut_report *report, struct fault *fault)
{
    struct cut cut = {.places = places, .seed = seed, .report = report};
    enum status status = read_log(&cut, fault);
    if (status == STATUS_OK) {
        find_durable(&cut);
        status = find_inodes(&cut, places->folder, fault);
    }
    if (status == STATUS_OK) {
        status = find_inodes(&cut, places->grave, fault);
    }
    if (status == STATUS_OK) {
        status = tear_files(&cut, fault);
    }
    if (status == STATUS_OK) {
        find_groups(&cut);
        undo_entries(&cut);
        fault_remove_tree(places->grave);
        unlink(places->notes);
        mkdir(places->grave, FILE_FOLDER_MODE);
    }
    free(cut.changes);
    free(cut.inodes);
    buf_free(&cut.text);
    return status;
}
