#include "bench/lake/truth.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRUTH_BYTES_MAX = 64 << 20 };
static const int64_t HOUR_MS = 3600000;
static const int64_t DAY_MS = 86400000;

static void put_number(struct buf *out, const char *name, uint64_t number)
{
    buf_append_format(out, "\"%s\":%llu,", name, (unsigned long long)number);
}

/* In place of the last comma. */
static void put_end(struct buf *out, const char *end)
{
    if (out->len > 0 && out->at[out->len - 1] == ',') {
        buf_truncate(out, out->len - 1);
    }
    buf_append_text(out, end);
}

static void put_moment(struct buf *out, int64_t utc_ms, size_t bytes)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(utc_ms, text);
    buf_append_format(out, "\"%.*s\"", (int)bytes, text);
}
enum { DATE_BYTES = 10, HOUR_BYTES = 13 };

static void put_list(struct buf *out, const char *name, const uint64_t *numbers, size_t count)
{
    buf_append_format(out, "\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        buf_append_format(out, "%llu,", (unsigned long long)numbers[i]);
    }
    put_end(out, "],\n");
}

static void put_rows(struct buf *out, const struct truth *truth)
{
    const struct truth_rows *rows = &truth->rows;
    put_number(out, "events", truth->events);
    put_number(out, "raw_rows", rows->raw);
    put_number(out, "raw_bytes", rows->bytes);
    put_number(out, "raw_files", rows->files);
    put_number(out, "repeats", rows->repeats);
    put_number(out, "first_seq", rows->first_seq);
    put_number(out, "last_seq", rows->last_seq);
    put_number(out, "test_events", truth->tests);
    put_number(out, "anonymous_ids", truth->anonymous_ids);
    buf_append_text(out, "\n\"by_site\":{");
    for (int i = 0; i < SITES; i++) {
        put_number(out, world_site_name((enum site)i), truth->by_site[i]);
    }
    put_end(out, "},\n\"by_kind\":[");
    for (int i = 0; i < STEP_KINDS; i++) {
        const char *name = step_kinds[i].name;
        buf_append_format(out, "{\"type\":\"%s\",\"name\":%s%s%s,\"events\":%llu},",
                          step_kinds[i].type, name ? "\"" : "", name ? name : "null",
                          name ? "\"" : "", (unsigned long long)truth->by_kind[i]);
    }
    put_end(out, "],\n\"received\":[");
    for (uint32_t i = 0; i < truth->days * 24; i++) {
        buf_append_text(out, "{\"hour\":");
        put_moment(out, truth->start_ms + i * HOUR_MS, HOUR_BYTES);
        buf_append_format(out, ",\"events\":%llu},", (unsigned long long)rows->by_hour[i]);
    }
    put_end(out, "],\n");
}

static void put_hourly(struct buf *out, const struct truth *truth)
{
    buf_append_text(out, "\"hourly\":[");
    for (uint32_t i = 0; i < truth->days * 24; i++) {
        const struct truth_hour *hour = &truth->hours[i];
        buf_append_text(out, "{\"hour\":");
        put_moment(out, truth->start_ms + i * HOUR_MS, HOUR_BYTES);
        buf_append_format(out, ",\"events\":%llu,\"visitors\":%llu},",
                          (unsigned long long)hour->events, (unsigned long long)hour->visitors);
    }
    put_end(out, "],\n");
}

struct ranked_page {
    const struct truth_page *counts;
    enum site site;
    uint32_t page;
};

static int by_views(const void *a, const void *b)
{
    const struct ranked_page *x = a;
    const struct ranked_page *y = b;
    if (x->counts->views != y->counts->views) {
        return x->counts->views > y->counts->views ? -1 : 1;
    }
    return x->site != y->site ? (int)x->site - (int)y->site : (int)x->page - (int)y->page;
}

/* With those that have as many views as the last one. */
static void put_pages(struct buf *out, const struct truth *truth, const struct world *world)
{
    static struct ranked_page pages[SITES * PAGES_MAX];
    for (uint32_t i = 0; i < SITES * PAGES_MAX; i++) {
        enum site site = (enum site)(i / PAGES_MAX);
        pages[i] = (struct ranked_page){&truth->pages[site][i % PAGES_MAX], site, i % PAGES_MAX};
    }
    qsort(pages, SITES * PAGES_MAX, sizeof(pages[0]), by_views);
    uint64_t least = pages[TRUTH_TOP_PAGES - 1].counts->views;
    buf_append_text(out, "\"top_pages\":[");
    for (uint32_t i = 0; i < SITES * PAGES_MAX; i++) {
        const struct ranked_page *page = &pages[i];
        if (page->counts->views < least || page->counts->views == 0) {
            break;
        }
        buf_append_format(out, "{\"site\":\"%s\",\"path\":\"", world_site_name(page->site));
        world_append_path(world, out, page->site, page->page);
        buf_append_format(out, "\",\"views\":%llu,\"visitors\":%llu},",
                          (unsigned long long)page->counts->views,
                          (unsigned long long)page->counts->visitors);
    }
    put_end(out, "],\n");
}

static void put_funnel(struct buf *out, const struct truth *truth)
{
    buf_append_format(out, "\"funnel\":{\"by\":\"anonymous_id\",\"window_ms\":%lld,\"steps\":[",
                      (long long)TRUTH_FUNNEL_WINDOW_MS);
    for (int i = 0; i < TRUTH_FUNNEL_STEPS; i++) {
        buf_append_format(out, "\"%s\",", step_kinds[truth_funnel[i]].name);
    }
    put_end(out, "],");
    put_list(out, "visitors", truth->funnel, TRUTH_FUNNEL_STEPS);
    put_end(out, "");
    buf_truncate(out, out->len - 2);
    buf_append_text(out, "},\n");
}

static void put_retention(struct buf *out, const struct truth *truth)
{
    buf_append_text(out, "\"retention\":{\"by\":\"anonymous_id\",\"cohorts\":[");
    for (uint32_t day = 0; day < truth->days; day++) {
        buf_append_text(out, "{\"day\":");
        put_moment(out, truth->start_ms + day * DAY_MS, DATE_BYTES);
        buf_append_text(out, ",\"visitors\":[");
        for (uint32_t later = 0; day + later < truth->days; later++) {
            buf_append_format(out, "%llu,", (unsigned long long)truth->retention[day][later]);
        }
        put_end(out, "]},");
    }
    put_end(out, "]},\n");
}

static void put_sessions(struct buf *out, const struct truth *truth)
{
    const struct truth_sessions *sessions = &truth->sessions;
    buf_append_text(out, "\"sessions\":{");
    put_number(out, "count", sessions->count);
    put_number(out, "events", sessions->events);
    put_number(out, "page_views", sessions->page_views);
    put_number(out, "bounces", sessions->bounces);
    put_number(out, "duration_ms", sessions->duration_ms);
    put_list(out, "by_day", sessions->by_day, truth->days);
    buf_truncate(out, out->len - 2);
    buf_append_text(out, "},\n");
}

static void put_subject(struct buf *out, const char *name, const struct truth_subject *subject,
                        const struct world *world)
{
    char id[ID_BYTES];
    world_anonymous_id(world, subject->visitor, id);
    buf_append_format(out, "\"%s\":{\"anonymous_id\":\"%s\",\"events\":%llu,\"hours\":%llu},\n",
                      name, id, (unsigned long long)subject->events,
                      (unsigned long long)subject->hours);
}

static void put_user(struct buf *out, const struct truth_person *user, const struct world *world)
{
    char id[ID_BYTES];
    if (user->events == 0) {
        buf_append_text(out, "\"user\":null},\n");
        return;
    }
    world_user_id(world, user->person, true, id);
    buf_append_format(out, "\"user\":{\"user_id\":\"%s\",", id);
    world_user_id(world, user->person, false, id);
    buf_append_format(out, "\"previous_id\":\"%s\",\"anonymous_ids\":[", id);
    for (uint32_t i = 0; i < user->visitor_count; i++) {
        world_anonymous_id(world, user->visitors[i], id);
        buf_append_format(out, "\"%s\",", id);
    }
    put_end(out, "],");
    put_number(out, "events", user->events);
    put_number(out, "events_with_user_id", user->events_with_user);
    put_end(out, "}},\n");
}

static void put_drift(struct buf *out, const struct drift_truth *drift)
{
    buf_append_text(out, "\"drift\":{");
    put_number(out, "price_numbers", drift->price_numbers);
    put_number(out, "price_texts", drift->price_texts);
    put_number(out, "variants", drift->variants);
    put_number(out, "legacy_skus", drift->legacy_skus);
    put_number(out, "events", drift->events);
    put_number(out, "names", drift->names);
    put_number(out, "properties", drift->properties);
    buf_append_text(out, "\n\"types\":{");
    for (uint32_t i = 0; i < DRIFT_PROPERTIES && drift->events > 0; i++) {
        buf_append_format(out, "\"prop_%04u\":{", i);
        for (int type = 0; type < DRIFT_TYPES; type++) {
            put_number(out, drift_type_name((enum drift_type)type), drift->type_counts[i][type]);
        }
        put_end(out, "},\n");
    }
    if (drift->events > 0) {
        buf_truncate(out, out->len - 2);
    }
    buf_append_text(out, "}}}\n");
}

static void put_truth(struct buf *out, const struct truth *truth, const struct world *world)
{
    buf_append_text(out, "{\"start\":");
    put_moment(out, truth->start_ms, CLOCK_TEXT_BYTES - 1);
    buf_append_format(out, ",\"days\":%u,\"seed\":%llu,\n", truth->days,
                      (unsigned long long)world->seed);
    put_rows(out, truth);
    put_hourly(out, truth);
    put_pages(out, truth, world);
    put_funnel(out, truth);
    put_retention(out, truth);
    put_sessions(out, truth);
    buf_append_text(out, "\"users\":{");
    put_number(out, "persons", truth->persons);
    put_number(out, "user_ids", truth->user_ids);
    put_end(out, "},\n");
    put_number(out, "revenue_cents", truth->revenue_cents);
    buf_append_text(out, "\n\"subjects\":{");
    put_subject(out, "many", &truth->many, world);
    put_subject(out, "few", &truth->few, world);
    put_user(out, &truth->user, world);
    put_drift(out, &truth->drift);
}

enum status truth_write(const struct truth *truth, const struct world *world, const char *path,
                        struct fault *fault)
{
    struct buf out;
    buf_init(&out, TRUTH_BYTES_MAX);
    put_truth(&out, truth, world);
    enum status status = buf_status(&out);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        status = fault_errno(fault, errno, "cannot write %s", path);
    } else if (status == STATUS_OK) {
        status = file_write_at(fd, buf_view(&out), 0, fault);
    }
    if (fd >= 0) {
        close(fd);
    }
    buf_free(&out);
    return status;
}
