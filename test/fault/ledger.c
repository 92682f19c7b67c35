#include "ledger.h"

#include "base/json.h"
#include "fault_base.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zstd.h>

enum {
    EVENTS_MAX = 64 * 1024 * 1024, /* one byte each, touched only when used */
    POSTPONED_MAX = 4096,
    LINE_BYTES_MAX = 1 << 20,
    ARENA_BYTES = 8 << 20,
    PATH_BYTES = 512,
    MARK_ACKNOWLEDGED = 1,
    MARK_SEEN = 2,
    MARK_SEEN_AGAIN = 4
};

struct ledger {
    pthread_mutex_t lock;
    uint8_t *marks;
    uint64_t next;
    uint64_t acknowledged;
    struct ledger_batch postponed[POSTPONED_MAX];
    size_t postponed_at; /* ring: the oldest */
    size_t postponed_count;
};

struct ledger *ledger_create(void)
{
    struct ledger *made = calloc(1, sizeof(*made));
    if (!made) {
        return NULL;
    }
    made->marks = calloc(EVENTS_MAX, 1);
    pthread_mutex_init(&made->lock, NULL);
    if (!made->marks) {
        ledger_destroy(made);
        return NULL;
    }
    return made;
}

void ledger_destroy(struct ledger *ledger)
{
    if (ledger) {
        pthread_mutex_destroy(&ledger->lock);
        free(ledger->marks);
        free(ledger);
    }
}

bool ledger_take(struct ledger *ledger, uint32_t count, struct ledger_batch *batch)
{
    pthread_mutex_lock(&ledger->lock);
    bool has_room = ledger->next + count <= EVENTS_MAX;
    *batch = (struct ledger_batch){ledger->next, has_room ? count : 0};
    ledger->next += has_room ? count : 0;
    pthread_mutex_unlock(&ledger->lock);
    return has_room;
}

void ledger_acknowledge(struct ledger *ledger, const struct ledger_batch *batch)
{
    pthread_mutex_lock(&ledger->lock);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint8_t *mark = &ledger->marks[batch->first + i];
        ledger->acknowledged += !(*mark & MARK_ACKNOWLEDGED);
        *mark |= MARK_ACKNOWLEDGED;
    }
    pthread_mutex_unlock(&ledger->lock);
}

void ledger_postpone(struct ledger *ledger, const struct ledger_batch *batch)
{
    pthread_mutex_lock(&ledger->lock);
    size_t at = (ledger->postponed_at + ledger->postponed_count) % POSTPONED_MAX;
    ledger->postponed[at] = *batch;
    if (ledger->postponed_count == POSTPONED_MAX) {
        ledger->postponed_at = (ledger->postponed_at + 1) % POSTPONED_MAX;
    } else {
        ledger->postponed_count++;
    }
    pthread_mutex_unlock(&ledger->lock);
}

bool ledger_take_postponed(struct ledger *ledger, struct ledger_batch *batch)
{
    pthread_mutex_lock(&ledger->lock);
    bool is_there = ledger->postponed_count > 0;
    if (is_there) {
        *batch = ledger->postponed[ledger->postponed_at];
        ledger->postponed_at = (ledger->postponed_at + 1) % POSTPONED_MAX;
        ledger->postponed_count--;
    }
    pthread_mutex_unlock(&ledger->lock);
    return is_there;
}

uint64_t ledger_acknowledged(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    uint64_t count = ledger->acknowledged;
    pthread_mutex_unlock(&ledger->lock);
    return count;
}

/* Mostly short; now and then one that spans many sectors. */
static size_t pad_bytes(uint64_t n)
{
    uint64_t dice = fault_mix(77, n);
    return dice % 500 == 0 ? 20000 : dice % 200;
}

static char pad_letter(uint64_t n)
{
    return (char)('a' + n % 26);
}

void ledger_write_body(const struct ledger_batch *batch, struct buf *out)
{
    buf_append_text(out, "{\"v\":1,\"events\":[");
    for (uint32_t i = 0; i < batch->count; i++) {
        unsigned long long n = batch->first + i;
        buf_append_format(out,
                          "%s{\"type\":\"track\",\"name\":\"fault\",\"event_id\":\"e%llu\","
                          "\"properties\":{\"n\":%llu,\"pad\":\"",
                          i > 0 ? "," : "", n, n);
        size_t pad = pad_bytes(n);
        char *place = buf_reserve(out, pad);
        if (place) {
            memset(place, pad_letter(n), pad);
            buf_used(out, pad);
        }
        buf_append_text(out, "\"}}");
    }
    buf_append_text(out, "]}");
}

/* --- reading the lake --- */

struct comparison {
    struct ledger *ledger;
    struct ledger_report *report;
    struct arena arena;
};

static void complain(struct comparison *comparison, const char *what, struct view row)
{
    struct ledger_report *report = comparison->report;
    if (report->first[0] == 0) {
        snprintf(report->first, sizeof(report->first), "%s: %.*s", what,
                 (int)(row.len < 200 ? row.len : 200), row.len > 0 ? row.at : "");
    }
}

static bool is_as_sent(const struct json *doc, struct arena *arena, uint64_t n)
{
    json_value properties = json_member(doc, JSON_ROOT, "properties");
    int64_t told = -1;
    struct view pad = {0};
    if (!json_to_int64(doc, json_member(doc, properties, "n"), &told) || (uint64_t)told != n ||
        json_text(doc, json_member(doc, properties, "pad"), arena, &pad) != STATUS_OK ||
        pad.len != pad_bytes(n)) {
        return false;
    }
    for (size_t i = 0; i < pad.len; i++) {
        if (pad.at[i] != pad_letter(n)) {
            return false;
        }
    }
    return true;
}

static void compare_row(struct comparison *comparison, struct view row)
{
    struct json doc;
    struct view id = {0};
    uint64_t n = 0;
    struct ledger *ledger = comparison->ledger;
    comparison->report->rows++;
    arena_clear(&comparison->arena);
    bool is_sound = json_parse(&doc, row, &comparison->arena, NULL, NULL) == STATUS_OK &&
                    json_text(&doc, json_member(&doc, JSON_ROOT, "event_id"), &comparison->arena,
                              &id) == STATUS_OK &&
                    view_starts_with(id, "e") && view_to_uint64(view_part(id, 1, id.len), &n) &&
                    n < ledger->next && is_as_sent(&doc, &comparison->arena, n);
    if (!is_sound) {
        comparison->report->unsound++;
        complain(comparison, "not a row of what was sent", row);
        return;
    }
    if (ledger->marks[n] & MARK_SEEN) {
        comparison->report->doubled += !(ledger->marks[n] & MARK_SEEN_AGAIN);
        ledger->marks[n] |= MARK_SEEN_AGAIN;
        complain(comparison, "twice in the lake", row);
    }
    ledger->marks[n] |= MARK_SEEN;
}

static void compare_lines(struct comparison *comparison, struct buf *text)
{
    struct view rest = buf_view(text);
    while (view_find(rest, '\n') < rest.len) {
        compare_row(comparison, view_cut(&rest, '\n'));
    }
    buf_consume(text, text->len - rest.len);
}

static enum status unpack(struct comparison *comparison, FILE *file, ZSTD_DStream *zstd,
                          const char *path, struct fault *fault)
{
    char in_bytes[16384];
    struct buf text;
    size_t left = 1;
    enum status status = STATUS_OK;
    buf_init(&text, LINE_BYTES_MAX);
    for (size_t got;
         status == STATUS_OK && (got = fread(in_bytes, 1, sizeof(in_bytes), file)) > 0;) {
        ZSTD_inBuffer in = {.src = in_bytes, .size = got};
        while (in.pos < in.size && status == STATUS_OK) {
            char *place = buf_reserve(&text, 65536);
            ZSTD_outBuffer out = {.dst = place, .size = place ? 65536 : 0};
            left = place ? ZSTD_decompressStream(zstd, &out, &in) : 0;
            if (!place || ZSTD_isError(left)) {
                status = fault_set(fault, STATUS_DAMAGED, "cannot unpack %s", path);
                break;
            }
            buf_used(&text, out.pos);
            compare_lines(comparison, &text);
        }
    }
    if (status == STATUS_OK && (left != 0 || text.len != 0)) {
        status = fault_set(fault, STATUS_DAMAGED, "%s ends too soon", path);
    }
    buf_free(&text);
    return status;
}

static enum status compare_part(struct comparison *comparison, const char *path,
                                struct fault *fault)
{
    FILE *file = fopen(path, "rbe");
    ZSTD_DStream *zstd = ZSTD_createDStream();
    enum status status = file && zstd ? unpack(comparison, file, zstd, path, fault)
                                      : fault_errno(fault, errno, "cannot open %s", path);
    ZSTD_freeDStream(zstd);
    if (file) {
        fclose(file);
    }
    return status;
}

static enum status compare_folder(struct comparison *comparison, const char *folder,
                                  struct fault *fault)
{
    DIR *entries = opendir(folder);
    if (!entries) {
        return fault_errno(fault, errno, "cannot read %s", folder);
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(entries)) != NULL;) {
        char path[PATH_BYTES];
        struct stat facts;
        struct view name = view_from_text(entry->d_name);
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (len >= (int)sizeof(path) || entry->d_name[0] == '.' || lstat(path, &facts) != 0) {
            continue;
        }
        if (S_ISDIR(facts.st_mode)) {
            status = compare_folder(comparison, path, fault);
        } else if (view_starts_with(name, "part-") && view_ends_with(name, ".ndjson.zst")) {
            status = compare_part(comparison, path, fault);
        }
    }
    closedir(entries);
    return status;
}

static void find_lost(struct comparison *comparison)
{
    struct ledger *ledger = comparison->ledger;
    for (uint64_t n = 0; n < ledger->next; n++) {
        uint8_t mark = ledger->marks[n];
        if ((mark & MARK_ACKNOWLEDGED) && !(mark & MARK_SEEN)) {
            char id[32];
            int len = snprintf(id, sizeof(id), "e%llu", (unsigned long long)n);
            comparison->report->lost++;
            complain(comparison, "acknowledged and lost", view_make(id, (size_t)len));
        }
        ledger->marks[n] = mark & MARK_ACKNOWLEDGED;
    }
}

enum status ledger_compare(struct ledger *ledger, const char *data, struct ledger_report *report,
                           struct fault *fault)
{
    *report = (struct ledger_report){.sent = ledger->next, .acknowledged = ledger->acknowledged};
    struct comparison comparison = {.ledger = ledger, .report = report};
    char folder[PATH_BYTES];
    snprintf(folder, sizeof(folder), "%s/lake/raw", data);
    arena_init(&comparison.arena, ARENA_BYTES);
    enum status status = compare_folder(&comparison, folder, fault);
    find_lost(&comparison);
    arena_free(&comparison.arena);
    return status;
}

bool ledger_is_right(const struct ledger_report *report)
{
    return report->lost == 0 && report->doubled == 0 && report->unsound == 0 && report->rows > 0;
}
