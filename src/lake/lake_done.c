#include "lake/lake_done.h"

#include "journal/data_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static enum status add_stream(struct lake_done *done, uint64_t stream, struct fault *fault)
{
    uint64_t *more = realloc(done->streams, (done->stream_count + 1) * sizeof(*more));
    if (!more) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the journal's streams");
    }
    done->streams = more;
    done->streams[done->stream_count++] = stream;
    return STATUS_OK;
}

static enum status list_streams(struct lake_done *done, int journal_fd, struct fault *fault)
{
    DIR *folder = fdopendir(journal_fd);
    if (!folder) {
        enum status status = fault_errno(fault, errno, "cannot read the journal's folder");
        close(journal_fd);
        return status;
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        uint64_t stream;
        if (view_to_uint64(view_from_text(entry->d_name), &stream)) {
            status = add_stream(done, stream, fault);
        }
    }
    closedir(folder);
    return status;
}

enum status lake_done_load(struct lake_done *done, int data_fd, struct fault *fault)
{
    int lake_fd = -1;
    int journal_fd = -1;
    *done = (struct lake_done){0};
    /* The cursor first: what it loses afterwards belongs to a stream that is gone. */
    enum status status = data_folder_enter(data_fd, "lake", false, &lake_fd, fault);
    if (status == STATUS_OK) {
        status = cursor_load(&done->cursor, lake_fd, fault);
        close(lake_fd);
    }
    if (status == STATUS_OK) {
        status = data_folder_enter(data_fd, "journal", false, &journal_fd, fault);
        status = status == STATUS_OK          ? list_streams(done, journal_fd, fault)
                 : status == STATUS_NOT_FOUND ? STATUS_OK
                                              : status;
    }
    if (status != STATUS_OK) {
        lake_done_free(done);
    }
    return status;
}

void lake_done_free(struct lake_done *done)
{
    cursor_free(&done->cursor);
    free(done->streams);
    *done = (struct lake_done){0};
}

bool lake_done_covers(const struct lake_done *done, enum tree tree, const struct part_name *part)
{
    for (size_t i = 0; i < done->cursor.count; i++) {
        const struct cursor_row *row = &done->cursor.rows[i];
        if (row->stream == part->stream && row->done[tree] >= part->last_seq &&
            (tree != TREE_RAW || row->keys_done >= part->last_seq)) {
            return true;
        }
    }
    for (size_t i = 0; i < done->stream_count; i++) {
        if (done->streams[i] == part->stream) {
            return false;
        }
    }
    return true;
}
