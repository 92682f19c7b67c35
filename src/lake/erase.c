#include "lake/erase.h"

#include "journal/data_folder.h"
#include "lake/erase_hours.h"
#include "lake/erase_parts.h"

#include <unistd.h>

enum { MEMORY_BYTES = 128 << 20, THREADS_MAX = 4 };

/* It runs at the lowest priority: what is free it may have. */
static unsigned threads_to_use(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (unsigned)processors;
}

static enum status erase_tree(int lake_fd, const char *name, enum tree tree,
                              const struct erase_job *job, struct erase_counts *counts,
                              struct fault *fault)
{
    int fd;
    enum status status = data_folder_enter(lake_fd, name, false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = erase_parts(fd, tree, job, counts, fault);
        close(fd);
    }
    return status;
}

enum status erase_lake(int data_fd, const char *library, const struct erase_job *job,
                       struct erase_report *report, struct fault *fault)
{
    struct erase_hours_options hours = {
        .data_fd = data_fd,
        .library = library,
        .memory_bytes = MEMORY_BYTES,
        .threads = threads_to_use(),
        .job = job,
    };
    int lake_fd;
    enum status status = data_folder_enter(data_fd, "lake", false, &lake_fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (job->subject) {
        status =
            erase_tree(lake_fd, "quarantine", TREE_QUARANTINE, job, &report->quarantine, fault);
    }
    if (status == STATUS_OK) {
        status = erase_tree(lake_fd, "raw", TREE_RAW, job, &report->raw, fault);
    }
    if (status == STATUS_OK) {
        status = erase_hours(&hours, &report->parquet, fault);
    }
    close(lake_fd);
    return status;
}
