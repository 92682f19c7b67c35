#include "app/erasure_receipt.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FILE_NAME[] = "ERASURES";

/* What no program on this machine can do. */
static const char *const NOT_REACHED[] = {
    "copies made before: backups, exports, datasets, files that other programs were sent or read",
    "events that sinks passed on to other systems",
    "pages of this disk that the file system gave up: a solid-state disk keeps what was "
    "overwritten "
    "until it clears it",
    "rows whose ids became hashes (user-id = hash) by a key that was destroyed since: they can be "
    "tied to nobody any more",
    "what the visitor's own browser keeps; pipes.reset() or pipes.disable() in the page clears it",
};

void erasure_receipt_init(struct erasure_receipt *receipt)
{
    memset(receipt, 0, sizeof(*receipt));
    buf_init(&receipt->tombstones, ERASURE_RECEIPT_BYTES_MAX);
}

void erasure_receipt_free(struct erasure_receipt *receipt)
{
    buf_free(&receipt->tombstones);
}

void erasure_receipt_name(struct erasure_receipt *receipt, struct tombstones *tombstones,
                          const struct subject *subject)
{
    buf_clear(&receipt->tombstones);
    for (size_t i = 0; i < subject->count; i++) {
        char name[TOMBSTONE_TEXT_BYTES];
        tombstones_name(tombstones, subject->site, subject->ids[i].text, name);
        buf_append_format(&receipt->tombstones, "%s\"%s\"", i > 0 ? "," : "", name);
    }
}

static void append_time(struct buf *out, const char *name, int64_t utc_ms)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(utc_ms, text);
    buf_append_format(out, "\"%s\":\"%s\",", name, text);
}

static void append_counts(struct buf *out, const char *name, const struct erase_counts *counts)
{
    buf_append_format(out,
                      "\"%s\":{\"files\":%llu,\"rewritten\":%llu,\"rows\":%llu,"
                      "\"rows_redacted\":%llu,\"unreadable\":%llu,\"unreadable_first\":",
                      name, (unsigned long long)counts->files,
                      (unsigned long long)counts->rewritten, (unsigned long long)counts->rows,
                      (unsigned long long)counts->rows_redacted,
                      (unsigned long long)counts->unreadable);
    json_append_string(out, view_from_text(counts->unreadable_name));
    buf_append_text(out, "},");
}

enum status erasure_receipt_append_json(struct buf *out, const struct erasure_receipt *receipt)
{
    buf_append_format(out, "{\"receipt\":\"%s\",", receipt->id);
    append_time(out, "asked_at", receipt->asked_ms);
    append_time(out, "done_at", receipt->done_ms);
    buf_append_format(out, "\"ids\":%zu,\"hashes\":%zu,\"one_site\":%s,\"tombstones\":[",
                      receipt->ids, receipt->hashes, receipt->has_site ? "true" : "false");
    buf_append_view(out, buf_view(&receipt->tombstones));
    buf_append_format(out, "],\"journal\":{\"rows\":%llu,\"renewed\":true},",
                      (unsigned long long)receipt->journal_rows);
    append_counts(out, "raw", &receipt->files.raw);
    append_counts(out, "parquet", &receipt->files.parquet);
    append_counts(out, "quarantine", &receipt->files.quarantine);
    buf_append_format(out, "\"raw_requests\":%llu,\"not_reached\":[",
                      (unsigned long long)receipt->raw_requests);
    for (size_t i = 0; i < sizeof(NOT_REACHED) / sizeof(NOT_REACHED[0]); i++) {
        buf_append_text(out, i > 0 ? "," : "");
        json_append_string(out, view_from_text(NOT_REACHED[i]));
    }
    return buf_append_text(out, "]}\n");
}

static struct view text_at(const struct json *doc, json_value object, const char *name)
{
    return json_unquoted(doc, json_member(doc, object, name));
}

static void append_tree(struct buf *out, const struct json *doc, const char *name,
                        const char *title)
{
    json_value tree = json_member(doc, JSON_ROOT, name);
    struct view unreadable = text_at(doc, tree, "unreadable");
    buf_append_format(out, "  %-12s %.*s rows erased, %.*s files of %.*s written anew", title,
                      VIEW_ARG(text_at(doc, tree, "rows")),
                      VIEW_ARG(text_at(doc, tree, "rewritten")),
                      VIEW_ARG(text_at(doc, tree, "files")));
    if (!view_is(text_at(doc, tree, "rows_redacted"), "0")) {
        buf_append_format(out, "; the id replaced in %.*s rows of others",
                          VIEW_ARG(text_at(doc, tree, "rows_redacted")));
    }
    buf_append_byte(out, '\n');
    if (!view_is(unreadable, "0")) {
        buf_append_format(
            out, "  NOT SEARCHED %.*s damaged files, the first is %.*s: see pipes verify\n",
            VIEW_ARG(unreadable), VIEW_ARG(text_at(doc, tree, "unreadable_first")));
    }
}

static void append_all(struct buf *out, const struct json *doc)
{
    buf_append_format(out, "Erased: receipt %.*s, asked at %.*s, done at %.*s\n",
                      VIEW_ARG(text_at(doc, JSON_ROOT, "receipt")),
                      VIEW_ARG(text_at(doc, JSON_ROOT, "asked_at")),
                      VIEW_ARG(text_at(doc, JSON_ROOT, "done_at")));
    buf_append_format(out, "  %-12s %.*s, in %s; what comes late is dropped\n", "ids",
                      VIEW_ARG(text_at(doc, JSON_ROOT, "ids")),
                      view_is(text_at(doc, JSON_ROOT, "one_site"), "true") ? "one site"
                                                                           : "all sites");
    if (!view_is(text_at(doc, JSON_ROOT, "hashes"), "0")) {
        buf_append_format(out, "  %-12s %.*s of these, as user-id = hash stores them\n", "hashes",
                          VIEW_ARG(text_at(doc, JSON_ROOT, "hashes")));
    }
    json_value journal = json_member(doc, JSON_ROOT, "journal");
    buf_append_format(out, "  %-12s %.*s rows dropped, its files replaced\n", "journal",
                      VIEW_ARG(text_at(doc, journal, "rows")));
    append_tree(out, doc, "raw", "raw");
    append_tree(out, doc, "parquet", "Parquet");
    append_tree(out, doc, "quarantine", "quarantine");
    if (!view_is(text_at(doc, JSON_ROOT, "raw_requests"), "0")) {
        buf_append_format(out, "  %-12s %.*s requests dropped that were kept as they came\n",
                          "keep-raw", VIEW_ARG(text_at(doc, JSON_ROOT, "raw_requests")));
    }
    buf_append_text(out, "Not reached, and yours to look after:\n");
    json_value list = json_member(doc, JSON_ROOT, "not_reached");
    for (json_value one = json_first(doc, list); json_has(doc, one); one = json_next(doc, one)) {
        buf_append_format(out, "  - %.*s\n", VIEW_ARG(json_unquoted(doc, one)));
    }
}

enum status erasure_receipt_append_text(struct buf *out, struct view json, struct fault *fault)
{
    struct arena arena;
    struct json doc;
    arena_init(&arena, 1 << 20);
    enum status status = json_parse(&doc, json, &arena, NULL, fault);
    if (status == STATUS_OK) {
        append_all(out, &doc);
        status = buf_status(out);
    }
    arena_free(&arena);
    return status;
}

enum status erasure_receipt_keep(int lake_fd, const struct erasure_receipt *receipt,
                                 struct fault *fault)
{
    struct buf line;
    struct stat facts;
    buf_init(&line, ERASURE_RECEIPT_BYTES_MAX);
    enum status status = erasure_receipt_append_json(&line, receipt);
    int fd = openat(lake_fd, FILE_NAME, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (status == STATUS_OK && (fd < 0 || fchmod(fd, FILE_MODE) != 0 || fstat(fd, &facts) != 0)) {
        status = fault_errno(fault, errno, "cannot open lake/%s", FILE_NAME);
    }
    if (status == STATUS_OK) {
        status = file_write_at(fd, buf_view(&line), (uint64_t)facts.st_size, fault);
    }
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync lake/%s", FILE_NAME);
    }
    if (fd >= 0) {
        close(fd);
    }
    buf_free(&line);
    return status == STATUS_OK ? file_sync_folder(lake_fd, fault) : status;
}
