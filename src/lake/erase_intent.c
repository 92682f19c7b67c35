#include "lake/erase_intent.h"

#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA_BYTES = 16 << 20, INTENT_MODE = 0600 };
static const char FILE_NAME[] = "FORGETTING";
static const char BESIDE[] = "_FORGETTING";

static enum status not_understood(struct fault *fault)
{
    return fault_set(fault, STATUS_BAD_INPUT,
                     "an erasure is {\"ids\":[\"...\"],\"site\":\"...\"}, not what was given");
}

static enum status take_ids(struct erase_intent *intent, const struct json *doc, bool are_hashes,
                            struct arena *arena, struct fault *fault)
{
    json_value ids = json_member(doc, JSON_ROOT, are_hashes ? "hashes" : "ids");
    if (json_kind(doc, ids) != JSON_ARRAY) {
        return are_hashes && !json_has(doc, ids) ? STATUS_OK : not_understood(fault);
    }
    enum status status = STATUS_OK;
    for (json_value id = json_first(doc, ids); json_has(doc, id) && status == STATUS_OK;
         id = json_next(doc, id)) {
        struct view text;
        status = json_text(doc, id, arena, &text);
        status = status != STATUS_OK ? not_understood(fault)
                 : are_hashes        ? subject_add_hash(&intent->subject, text, fault)
                                     : subject_add(&intent->subject, text, fault);
    }
    return status == STATUS_OK && intent->subject.count == 0 ? not_understood(fault) : status;
}

enum status erase_intent_parse(struct erase_intent *intent, struct view text, struct fault *fault)
{
    struct arena arena;
    struct json doc;
    struct view site = {0};
    memset(intent, 0, sizeof(*intent));
    arena_init(&arena, ARENA_BYTES);
    enum status status = json_parse(&doc, text, &arena, NULL, fault);
    json_value named = json_member(&doc, JSON_ROOT, "site");
    if (status == STATUS_OK && json_kind(&doc, named) != JSON_NONE &&
        json_text(&doc, named, &arena, &site) != STATUS_OK) {
        status = not_understood(fault);
    }
    if (status == STATUS_OK) {
        subject_init(&intent->subject, site);
        intent->subject.keeps_mentions =
            json_kind(&doc, json_member(&doc, JSON_ROOT, "keeps_mentions")) == JSON_TRUE;
        (void)json_to_int64(&doc, json_member(&doc, JSON_ROOT, "asked_ms"), &intent->asked_ms);
        status = take_ids(intent, &doc, false, &arena, fault);
        status = status == STATUS_OK ? take_ids(intent, &doc, true, &arena, fault) : status;
    }
    arena_free(&arena);
    return status;
}

static void append_ids(struct buf *out, const struct subject *subject, bool are_hashes)
{
    const char *comma = "";
    for (size_t i = 0; i < subject->count; i++) {
        if (subject->ids[i].is_hash == are_hashes) {
            buf_append_text(out, comma);
            json_append_string(out, subject->ids[i].text);
            comma = ",";
        }
    }
}

enum status erase_intent_append(struct buf *out, const struct erase_intent *intent)
{
    const struct subject *subject = &intent->subject;
    buf_append_format(out, "{\"asked_ms\":%lld,\"site\":", (long long)intent->asked_ms);
    json_append_string(out, subject->site);
    buf_append_format(out, ",\"keeps_mentions\":%s,\"ids\":[",
                      subject->keeps_mentions ? "true" : "false");
    append_ids(out, subject, false);
    buf_append_text(out, "],\"hashes\":[");
    append_ids(out, subject, true);
    return buf_append_text(out, "]}\n");
}

void erase_intent_free(struct erase_intent *intent)
{
    subject_free(&intent->subject);
}

static enum status write_beside(int lake_fd, struct view text, struct fault *fault)
{
    int fd = openat(lake_fd, BESIDE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, INTENT_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create %s", BESIDE);
    }
    enum status status = file_write_at(fd, text, 0, fault);
    if (status == STATUS_OK && (fchmod(fd, INTENT_MODE) != 0 || fsync(fd) != 0)) {
        status = fault_errno(fault, errno, "cannot sync %s", BESIDE);
    }
    close(fd);
    return status;
}

enum status erase_intent_save(int lake_fd, const struct erase_intent *intent, struct fault *fault)
{
    struct buf text;
    buf_init(&text, ERASE_INTENT_BYTES_MAX);
    enum status status = erase_intent_append(&text, intent);
    if (status == STATUS_OK) {
        status = write_beside(lake_fd, buf_view(&text), fault);
    }
    if (status == STATUS_OK && renameat(lake_fd, BESIDE, lake_fd, FILE_NAME) != 0) {
        status = fault_errno(fault, errno, "cannot rename %s", BESIDE);
    }
    if (status != STATUS_OK) {
        unlinkat(lake_fd, BESIDE, 0);
    }
    buf_free(&text);
    return status == STATUS_OK ? file_sync_folder(lake_fd, fault) : status;
}

enum status erase_intent_load(struct erase_intent *intent, int lake_fd, struct fault *fault)
{
    struct buf text;
    memset(intent, 0, sizeof(*intent));
    buf_init(&text, ERASE_INTENT_BYTES_MAX);
    enum status status = file_read(lake_fd, FILE_NAME, &text, fault);
    if (status == STATUS_OK) {
        status = erase_intent_parse(intent, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

/* What the disk makes of overwriting is its own affair; the file system's bytes are zeros then. */
static enum status overwrite(int lake_fd, const char *name, struct fault *fault)
{
    static const char ZEROS[4096];
    struct stat facts;
    int fd = openat(lake_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_NOT_FOUND
                               : fault_errno(fault, errno, "cannot open %s", name);
    }
    enum status status =
        fstat(fd, &facts) == 0 ? STATUS_OK : fault_errno(fault, errno, "cannot look at %s", name);
    for (off_t at = 0; status == STATUS_OK && at < facts.st_size; at += (off_t)sizeof(ZEROS)) {
        size_t left = (size_t)(facts.st_size - at);
        size_t len = left < sizeof(ZEROS) ? left : sizeof(ZEROS);
        status = file_write_at(fd, view_make(ZEROS, len), (uint64_t)at, fault);
    }
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", name);
    }
    close(fd);
    return status;
}

enum status erase_intent_remove(int lake_fd, struct fault *fault)
{
    const char *const names[] = {BESIDE, FILE_NAME};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum status status = overwrite(lake_fd, names[i], fault);
        if (status == STATUS_OK && unlinkat(lake_fd, names[i], 0) != 0) {
            status = fault_errno(fault, errno, "cannot remove %s", names[i]);
        }
        if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
            return status;
        }
    }
    return file_sync_folder(lake_fd, fault);
}
