#include "app/admin_client.h"
#include "app/doctor.h"
#include "app/options_file.h"
#include "base/json.h"
#include "journal/data_folder.h"
#include "lake/duck_library.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { DAYS_SOON = 7, LIMITS_BYTES = 8192, FILES_BESIDE = 64, FREE_SOON_BYTES = 1 << 30 };

/* What one collector says, over its private address. */
struct local {
    struct doctor *doctor;
    const struct doctor_local *given;
    const char *data;
    struct admin_client client;
    struct config *live; /* options that it works with; NULL: not known */
    struct option_set *live_options;
};

/* The body in the arena; *code 0 when nobody answers. */
static struct view ask(struct local *local, const char *path, unsigned *code, struct fault *fault)
{
    struct admin_answer answer = {0};
    struct view body = {0};
    *code = 0;
    if (admin_client_ask(&local->client, "GET", path, view_make(NULL, 0), &answer, fault) ==
        STATUS_OK) {
        *code = answer.status;
        body = arena_copy(&local->doctor->arena, buf_view(&answer.body));
    }
    admin_answer_free(&answer);
    return body;
}

static bool ask_json(struct local *local, const char *path, struct json *doc, unsigned *code)
{
    struct fault ignored;
    struct view body = ask(local, path, code, &ignored);
    return body.len > 0 &&
           json_parse(doc, body, &local->doctor->arena, NULL, &ignored) == STATUS_OK;
}

static bool check_folder(struct local *local)
{
    struct data_folder folder;
    struct fault fault = {0};
    if (data_folder_open(&folder, local->data, DATA_FOLDER_READ, &fault) != STATUS_OK) {
        doctor_mistake(local->doctor, "folder",
                       "name the folder that `pipes serve` has: --data DIR", "%s", fault.text);
        return false;
    }
    bool is_writable = faccessat(folder.fd, ".", W_OK, AT_EACCESS) == 0;
    data_folder_close(&folder);
    if (is_writable) {
        doctor_good(local->doctor, "folder", "%s is a data folder, and can be written",
                    local->data);
    } else {
        doctor_mistake(local->doctor, "folder",
                       "run this as the collector's user, and let the folder belong to that",
                       "%s cannot be written by this user", local->data);
    }
    return true;
}

static bool check_running(struct local *local)
{
    struct fault fault = {0};
    unsigned code;
    enum status status = admin_client_open(&local->client, local->data, &fault);
    if (status == STATUS_OK) {
        ask(local, "/healthz", &code, &fault);
        status = code == 200 ? STATUS_OK : STATUS_IO;
    }
    if (status != STATUS_OK) {
        const char *text = fault.text[0] ? fault.text : "what answers there is no collector";
        doctor_mistake(local->doctor, "collector",
                       "start it: pipes serve, or systemctl start pipes; its log says why it ended",
                       "%s", text);
        return false;
    }
    doctor_good(local->doctor, "collector", "process %lld answers", (long long)local->client.pid);
    return true;
}

static void check_ready(struct local *local)
{
    static const char *const PARTS[] = {"journal", "disk", "lake"};
    struct json doc;
    unsigned code;
    if (!ask_json(local, "/readyz", &doc, &code) || code == 200) {
        if (code == 200) {
            doctor_good(local->doctor, "ready", "it takes events");
        }
        return;
    }
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        struct view why;
        json_value part = json_member(&doc, JSON_ROOT, PARTS[i]);
        if (json_text(&doc, json_member(&doc, part, "why"), &local->doctor->arena, &why) ==
            STATUS_OK) {
            doctor_mistake(local->doctor, "ready",
                           "make room on the disk, or see docs/operations.md, \"When the disk is "
                           "full\"",
                           "it refuses events: %s: %.*s", PARTS[i], VIEW_ARG(why));
        }
    }
}

static void check_disk(struct local *local)
{
    struct json doc;
    unsigned code;
    double days = -1;
    int64_t free_bytes = 0;
    int64_t damaged = 0;
    if (!ask_json(local, "/counts", &doc, &code)) {
        return;
    }
    json_value disk = json_member(&doc, JSON_ROOT, "disk");
    bool is_told = json_to_double(&doc, json_member(&doc, disk, "days_left"), &days);
    struct statvfs room;
    /* Looked at here: what the collector tells it measured some seconds ago. */
    if (statvfs(local->data, &room) == 0) {
        free_bytes = (int64_t)room.f_bavail * (int64_t)room.f_frsize;
    }
    json_to_int64(&doc, json_member(&doc, json_member(&doc, JSON_ROOT, "lake"), "damaged"),
                  &damaged);
    const char *advice = "give it more room (disk-budget, a larger disk), or keep less: "
                         "retention.events";
    if (is_told && days < DAYS_SOON) {
        doctor_warn(local->doctor, "disk", advice, "at the present growth it is full in %.1f days",
                    days);
    } else if (free_bytes < FREE_SOON_BYTES) {
        doctor_warn(local->doctor, "disk", advice, "%.2f GiB are free",
                    (double)free_bytes / (1 << 30));
    } else {
        doctor_good(local->doctor, "disk", "%.1f GiB are free%s", (double)free_bytes / (1 << 30),
                    is_told ? doctor_format(local->doctor, ", enough for %.0f days", days) : "");
    }
    if (damaged > 0) {
        doctor_mistake(local->doctor, "disk", "pipes verify names the files; look at the disk",
                       "%lld pieces of the lake or journal were damaged since the start",
                       (long long)damaged);
    }
}

/* "Max open files            1024                 4096                 files": the first number. */
static bool read_file_limit(int64_t pid, uint64_t *limit)
{
    char path[64];
    char text[LIMITS_BYTES];
    static const char NAME[] = "Max open files";
    snprintf(path, sizeof(path), "/proc/%lld/limits", (long long)pid);
    FILE *file = fopen(path, "re");
    bool is_found = false;
    while (file && !is_found && fgets(text, sizeof(text), file)) {
        struct view line = view_from_text(text);
        if (view_starts_with(line, NAME)) {
            line = view_trim(view_part(line, sizeof(NAME) - 1, line.len));
            is_found = view_to_uint64(view_cut(&line, ' '), limit);
        }
    }
    if (file) {
        fclose(file);
    }
    return is_found;
}

static void check_files(struct local *local)
{
    uint64_t limit;
    if (!local->live || !read_file_limit(local->client.pid, &limit)) {
        return;
    }
    uint64_t wanted = (uint64_t)local->live->connections_max + FILES_BESIDE;
    if (limit < wanted) {
        doctor_warn(local->doctor, "files",
                    doctor_format(local->doctor,
                                  "raise it to %llu (LimitNOFILE, ulimit -n), or "
                                  "lower connections-max",
                                  (unsigned long long)wanted),
                    "its limit of open files, %llu, is too low for connections-max = %lld",
                    (unsigned long long)limit, (long long)local->live->connections_max);
    } else {
        doctor_good(local->doctor, "files", "its limit of open files, %llu, is enough",
                    (unsigned long long)limit);
    }
}

static bool is_program_replaced(int64_t pid)
{
    char path[64];
    char target[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
    ssize_t len = readlink(path, target, sizeof(target));
    return len > 0 && view_ends_with(view_make(target, (size_t)len), " (deleted)");
}

static void check_version(struct local *local)
{
    static const char NAME[] = "pipes_build_info{version=\"";
    struct fault ignored;
    unsigned code;
    struct view text = ask(local, "/metrics", &code, &ignored);
    const char *at = text.len > 0 ? memmem(text.at, text.len, NAME, sizeof(NAME) - 1) : NULL;
    const char *advice = doctor_format(local->doctor,
                                       "let it hand over to the new one: kill -USR2 "
                                       "%lld",
                                       (long long)local->client.pid);
    if (!at) {
        return;
    }
    struct view rest = view_part(text, (size_t)(at - text.at) + sizeof(NAME) - 1, text.len);
    struct view version = view_cut(&rest, '"');
    if (!view_is(version, PIPES_VERSION)) {
        doctor_warn(local->doctor, "version", advice, "version %.*s runs, this program is %s",
                    VIEW_ARG(version), PIPES_VERSION);
    } else if (is_program_replaced(local->client.pid)) {
        doctor_warn(local->doctor, "version", advice,
                    "the program was replaced on disk, the one before still runs");
    } else {
        doctor_good(local->doctor, "version", "%s runs, as this program is", PIPES_VERSION);
    }
}

/* Only what a file says: flags and environment of this command are not those of the collector. */
static bool is_of_file(const struct option_set *set, size_t i)
{
    static const char *const OTHERS[] = {"default", "flag ", "environment ", "privacy "};
    bool is_other = !(set->rows[i].uses & CONFIG_SERVE) || strcmp(set->rows[i].name, "config") == 0;
    for (size_t k = 0; k < sizeof(OTHERS) / sizeof(OTHERS[0]); k++) {
        is_other = is_other || view_starts_with(view_from_text(set->origins[i]), OTHERS[k]);
    }
    return !is_other;
}

static void compare_options(struct local *local)
{
    const struct option_set *now = local->given->options;
    const struct option_set *live = local->live_options;
    size_t differences = 0;
    for (size_t i = 0; i < now->count; i++) {
        if (is_of_file(now, i) && strcmp(now->texts[i], live->texts[i]) != 0) {
            differences++;
            doctor_warn(local->doctor, "options",
                        now->rows[i].is_reloadable
                            ? "let it read its options again: kill -HUP, systemctl reload pipes"
                            : "restart it, or hand over: kill -USR2",
                        "%s says %s = %s, but %s is in force", now->origins[i], now->rows[i].name,
                        now->texts[i], live->texts[i][0] ? live->texts[i] : "nothing");
        }
    }
    if (differences == 0) {
        doctor_good(local->doctor, "options", "those of the file here are in force");
    }
}

static void check_choices(struct local *local)
{
    const struct config *live = local->live;
    const struct duck_api *api;
    struct fault fault = {0};
    if (strcmp(live->sync, "durable") != 0) {
        doctor_warn(local->doctor, "options", "sync = durable",
                    "sync = %s: a power cut loses events that were acknowledged", live->sync);
    }
    if (!live->scrub) {
        doctor_warn(local->doctor, "options", "scrub = true",
                    "scrub = false: secrets and addresses within events are stored as they come");
    }
    if (live->compact && duck_library_load(&api, live->duckdb, &fault) != STATUS_OK) {
        doctor_warn(local->doctor, "options", "install it, or say compact = false",
                    "there is no Parquet: %s", fault.text);
    }
}

static void read_live_options(struct local *local)
{
    struct doctor *doctor = local->doctor;
    struct fault fault = {0};
    struct config *config = arena_alloc_zeroed(&doctor->arena, 1, sizeof(*config));
    struct option_set *set = arena_alloc_zeroed(&doctor->arena, 1, sizeof(*set));
    if (!config || !set ||
        options_file_load(config, set, local->data, &doctor->arena, &fault) != STATUS_OK) {
        doctor_warn(doctor, "options", "run this as the collector's user",
                    "those of the collector cannot be read: %s", fault.text);
        return;
    }
    local->live = config;
    local->live_options = set;
}

void doctor_check_data(struct doctor *doctor, const struct doctor_local *given)
{
    struct local local = {.doctor = doctor, .given = given, .data = given->config->data};
    if (!check_folder(&local) || !check_running(&local)) {
        return;
    }
    check_ready(&local);
    check_disk(&local);
    check_version(&local);
    read_live_options(&local);
    if (local.live) {
        check_files(&local);
        compare_options(&local);
        check_choices(&local);
    }
}
