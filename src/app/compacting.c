#include "app/compacting.h"

#include "base/hash.h"
#include "journal/data_folder.h"

#include <unistd.h>

static const int64_t HOUR_MS = 3600000;

/* Hours without parts are taken out. */
static enum status look_at_parts(struct compacting *due, int raw_fd, struct fault *fault)
{
    size_t kept = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < due->hours.count && status == STATUS_OK; i++) {
        struct lake_parts parts;
        status = lake_parts_list(&parts, raw_fd, due->hours.at[i], fault);
        if (status != STATUS_OK || parts.count == 0) {
            continue;
        }
        due->hours.at[kept++] = due->hours.at[i];
        for (size_t j = 0; j < parts.count; j++) {
            due->print += hash_64((uint64_t)due->hours.at[i], view_from_text(parts.at[j].name));
        }
        lake_parts_free(&parts);
    }
    due->hours.count = kept;
    return status;
}

enum status compacting_due(struct compacting *due, int lake_fd, int64_t now_ms, int64_t after_ms,
                           struct fault *fault)
{
    int raw_fd = -1;
    *due = (struct compacting){0};
    enum status status = data_folder_enter(lake_fd, "raw", false, &raw_fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    status = lake_hours_list(&due->hours, raw_fd, fault);
    while (status == STATUS_OK && after_ms >= 0 && due->hours.count > 0 &&
           (due->hours.at[due->hours.count - 1] + 1) * HOUR_MS + after_ms > now_ms) {
        due->hours.count--;
    }
    status = status == STATUS_OK ? look_at_parts(due, raw_fd, fault) : status;
    close(raw_fd);
    if (status != STATUS_OK) {
        compacting_free(due);
    }
    return status;
}

void compacting_free(struct compacting *due)
{
    lake_hours_free(&due->hours);
}
