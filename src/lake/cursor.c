#include "lake/cursor.h"

#include "base/file.h"
#include "lake/part_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FILE_NAME[] = "CURSOR";
static const char POSTING[] = "post ";
enum { LINE_BYTES_MAX = 96, PARTS_DEPTH = 2, POSTING_BYTES_MAX = 16 * 1024 * 1024 };
enum { FILE_BYTES_MAX = CURSOR_STREAMS_MAX * LINE_BYTES_MAX + POSTING_BYTES_MAX };

struct cursor_row *cursor_row(struct cursor *cursor, uint64_t stream)
{
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->rows[i].stream == stream) {
            return &cursor->rows[i];
        }
    }
    if (!cursor->rows) {
        cursor->rows = calloc(CURSOR_STREAMS_MAX, sizeof(*cursor->rows));
    }
    if (!cursor->rows || cursor->count == CURSOR_STREAMS_MAX) {
        return NULL;
    }
    cursor->rows[cursor->count] = (struct cursor_row){.stream = stream};
    return &cursor->rows[cursor->count++];
}

void cursor_forget(struct cursor *cursor, uint64_t stream)
{
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->rows[i].stream == stream) {
            cursor->rows[i] = cursor->rows[--cursor->count];
            return;
        }
    }
}

void cursor_free(struct cursor *cursor)
{
    free(cursor->rows);
    free(cursor->posting);
    *cursor = (struct cursor){0};
}

enum status cursor_set_posting(struct cursor *cursor, struct view posting)
{
    char *copy = malloc(posting.len > 0 ? posting.len : 1);
    if (!copy) {
        return STATUS_NO_MEMORY;
    }
    if (posting.len > 0) {
        memcpy(copy, posting.at, posting.len);
    }
    free(cursor->posting);
    cursor->posting = copy;
    cursor->posting_bytes = posting.len;
    return STATUS_OK;
}

static enum status parse_line(struct cursor *cursor, struct view line, struct fault *fault)
{
    uint64_t stream;
    struct cursor_row read = {0};
    if (!view_to_uint64(view_cut(&line, ' '), &stream) ||
        !view_to_uint64(view_cut(&line, ' '), &read.done[TREE_RAW]) ||
        !view_to_uint64(view_cut(&line, ' '), &read.done[TREE_QUARANTINE]) ||
        !view_to_uint64(line, &read.keys_done)) {
        return fault_set(fault, STATUS_DAMAGED,
                         "lake/%s must have lines of four numbers: stream, raw, quarantine, keys",
                         FILE_NAME);
    }
    struct cursor_row *row = cursor_row(cursor, stream);
    if (!row) {
        return fault_set(fault, STATUS_TOO_BIG, "lake/%s names over %d streams", FILE_NAME,
                         CURSOR_STREAMS_MAX);
    }
    read.stream = stream;
    *row = read;
    return STATUS_OK;
}

enum status cursor_load(struct cursor *cursor, int folder_fd, struct fault *fault)
{
    *cursor = (struct cursor){0};
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    enum status status = file_read(folder_fd, FILE_NAME, &text, fault);
    struct view rest = buf_view(&text);
    while (status == STATUS_OK && rest.len > 0 && !view_starts_with(rest, POSTING)) {
        status = parse_line(cursor, view_cut(&rest, '\n'), fault);
    }
    if (status == STATUS_OK && rest.len > 0 && cursor_set_posting(cursor, rest) != STATUS_OK) {
        status = fault_set(fault, STATUS_NO_MEMORY, "no memory for lake/%s", FILE_NAME);
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status cursor_save(const struct cursor *cursor, int folder_fd, struct fault *fault)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    for (size_t i = 0; i < cursor->count; i++) {
        const struct cursor_row *row = &cursor->rows[i];
        buf_append_uint64(&text, row->stream);
        buf_append_byte(&text, ' ');
        buf_append_uint64(&text, row->done[TREE_RAW]);
        buf_append_byte(&text, ' ');
        buf_append_uint64(&text, row->done[TREE_QUARANTINE]);
        buf_append_byte(&text, ' ');
        buf_append_uint64(&text, row->keys_done);
        buf_append_byte(&text, '\n');
    }
    buf_append_view(&text, view_make(cursor->posting, cursor->posting_bytes));
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(folder_fd, FILE_NAME, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

/* What a walk over a tree collects. */
struct scan {
    struct cursor *cursor;
    enum tree tree;
    uint64_t file_bytes;
};

static void note_part(struct scan *scan, int folder_fd, const char *name)
{
    struct cursor *cursor = scan->cursor;
    enum tree tree = scan->tree;
    struct stat facts;
    struct part_name part;
    if (!part_name_parse(view_from_text(name), &part)) {
        return;
    }
    if (fstatat(folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) == 0) {
        scan->file_bytes += (uint64_t)facts.st_size;
    }
    /* Only streams that still are in the journal matter; they were put into the cursor before. */
    for (size_t i = 0; i < cursor->count; i++) {
        struct cursor_row *row = &cursor->rows[i];
        if (row->stream == part.stream && row->done[tree] < part.last_seq) {
            row->done[tree] = part.last_seq;
        }
    }
}

static enum status scan_folder(struct scan *scan, int folder_fd, int depth, struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read a folder of the lake");
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (depth == 0) {
            note_part(scan, folder_fd, entry->d_name);
            continue;
        }
        int child = entry->d_name[0] == '.'
                        ? -1
                        : openat(folder_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (child >= 0) {
            status = scan_folder(scan, child, depth - 1, fault);
            close(child);
        }
    }
    closedir(folder);
    return status;
}

enum status cursor_scan_parts(struct cursor *cursor, enum tree tree, int tree_fd,
                              uint64_t *file_bytes, struct fault *fault)
{
    struct scan scan = {.cursor = cursor, .tree = tree};
    enum status status = scan_folder(&scan, tree_fd, PARTS_DEPTH, fault);
    *file_bytes = scan.file_bytes;
    return status;
}
