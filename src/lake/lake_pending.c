#include "lake/lake_pending.h"

#include "base/file.h"
#include "lake/lake_commit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool is_there(int lake_fd, struct view name)
{
    char text[LAKE_PENDING_NAME_BYTES];
    snprintf(text, sizeof(text), "%.*s", VIEW_ARG(name));
    return faccessat(lake_fd, text, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum status lake_pending_load(struct lake_pending *pending, int lake_fd, struct fault *fault)
{
    *pending = (struct lake_pending){.lake_fd = lake_fd};
    buf_init(&pending->change, LAKE_CHANGE_BYTES_MAX);
    enum status status = file_read(lake_fd, "_commit", &pending->change, fault);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

void lake_pending_free(struct lake_pending *pending)
{
    buf_free(&pending->change);
}

/* Files are renamed in the order of the lines, and removed after all of that: so what goes is not
 * to be read once the file that stands before it was renamed. */
bool lake_pending_is_gone(const struct lake_pending *pending, const char *name)
{
    struct lake_change_line line;
    struct view rest = buf_view(&pending->change);
    bool is_renamed = true;
    while (lake_change_next(&rest, &line)) {
        if (line.is_replace) {
            is_renamed = !is_there(pending->lake_fd, line.from);
        } else if (view_is(line.from, name)) {
            return is_renamed;
        }
    }
    return false;
}

/* Its turn comes when all renames before it are done, and then it is what belongs to these. */
const char *lake_pending_name(const struct lake_pending *pending, const char *name,
                              char place[LAKE_PENDING_NAME_BYTES])
{
    struct lake_change_line line;
    struct view rest = buf_view(&pending->change);
    bool is_first = true;
    while (lake_change_next(&rest, &line)) {
        bool is_renamed = !line.is_replace || !is_there(pending->lake_fd, line.from);
        if (line.is_replace && !is_renamed && !is_first && view_is(line.to, name)) {
            snprintf(place, LAKE_PENDING_NAME_BYTES, "%.*s", VIEW_ARG(line.from));
            return place;
        }
        if (!is_renamed) {
            break;
        }
        is_first = is_first && !line.is_replace;
    }
    return name;
}
