#include "lake/quarantine_room.h"

#include "lake/lake_hour.h"

void quarantine_room_init(struct quarantine_room *room, int tree_fd, const struct clock *clock,
                          const struct logger *log)
{
    *room = (struct quarantine_room){.tree_fd = tree_fd, .clock = clock, .log = log};
}

void quarantine_room_set(struct quarantine_room *room, uint64_t file_bytes)
{
    room->closed_bytes = file_bytes;
    room->open_bytes = 0;
    room->looked_ms = clock_monotonic_ms(room->clock);
}

void quarantine_room_closed(struct quarantine_room *room)
{
    room->closed_bytes += room->open_bytes;
    room->open_bytes = 0;
}

static enum status measure_hour(const struct quarantine_room *room, int64_t hour, uint64_t *bytes,
                                struct fault *fault)
{
    struct lake_parts parts = {0};
    enum status status = lake_parts_list(&parts, room->tree_fd, hour, fault);
    for (size_t i = 0; i < parts.count; i++) {
        *bytes += parts.at[i].bytes;
    }
    lake_parts_free(&parts);
    return status;
}

/* What cannot be looked at stays as it was known. */
static void look_again(struct quarantine_room *room)
{
    struct lake_hours hours = {0};
    struct fault unused = {0};
    uint64_t bytes = 0;
    enum status status = lake_hours_list(&hours, room->tree_fd, &unused);
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        status = measure_hour(room, hours.at[i], &bytes, &unused);
    }
    lake_hours_free(&hours);
    room->closed_bytes = status == STATUS_OK ? bytes : room->closed_bytes;
    room->looked_ms = clock_monotonic_ms(room->clock);
}

static bool fits(const struct quarantine_room *room, uint64_t limit, size_t row_bytes)
{
    return room->closed_bytes + room->open_bytes + row_bytes <= limit;
}

static void say(const struct quarantine_room *room, uint64_t limit, bool is_full)
{
    if (is_full) {
        logger_warn(room->log, "lake",
                    "the quarantine is full (%llu bytes); what is not understood is dropped from "
                    "now on: look at lake/quarantine, remove it, or raise quarantine-max",
                    (unsigned long long)limit);
    } else {
        logger_info(room->log, "lake", "the quarantine has room again");
    }
}

bool quarantine_room_take(struct quarantine_room *room, uint64_t limit, size_t row_bytes)
{
    bool has_room = fits(room, limit, row_bytes);
    if (!has_room && clock_monotonic_ms(room->clock) - room->looked_ms >= QUARANTINE_ROOM_LOOK_MS) {
        look_again(room);
        has_room = fits(room, limit, row_bytes);
    }
    if (room->is_full == has_room) {
        say(room, limit, !has_room);
    }
    room->is_full = !has_room;
    room->open_bytes += has_room ? row_bytes : 0;
    return has_room;
}
