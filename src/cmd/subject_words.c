#include "cmd/subject_words.h"

#include "app/query.h"
#include "app/subject_hashes.h"
#include "base/json.h"
#include "journal/data_folder.h"

#include <stdio.h>

enum { PRINT_BYTES_MAX = 64 * 1024 * 1024 };

/* PIPES_SITE and pipes.ini name the tracker's site: half an erasure would come of that. */
static struct view named_site(const struct cmd_context *context)
{
    const struct option_set *options = context->options;
    for (size_t i = 0; i < options->count; i++) {
        if (view_is(view_from_text(options->origins[i]), "flag --site")) {
            return view_from_text(context->config->of_site);
        }
    }
    return view_make(NULL, 0);
}

enum status subject_words_read(const struct cmd_context *context, struct subject *subject,
                               struct fault *fault)
{
    const struct option_set *options = context->options;
    enum status status = STATUS_OK;
    subject_init(subject, named_site(context));
    subject->keeps_mentions = context->config->keep_mentions;
    for (size_t i = 0; i < options->positional_count && status == STATUS_OK; i++) {
        status = subject_add(subject, view_from_text(options->positionals[i]), fault);
    }
    return status == STATUS_OK && subject->count == 0
               ? fault_set(fault, STATUS_BAD_INPUT,
                           "say who: an anonymous id or a user id, as `pipes tail` shows them")
               : status;
}

enum status subject_words_hash(const struct cmd_context *context, struct subject *subject,
                               struct fault *fault)
{
    struct data_folder data;
    enum status status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, fault);
    if (status == STATUS_OK) {
        query_raise_file_limit();
        status = subject_hashes_add(subject, data.fd, context->config->duckdb, fault);
        data_folder_close(&data);
    }
    return status;
}

enum status subject_words_of_option(const struct cmd_context *context, int data_fd,
                                    struct subject *subject, struct fault *fault)
{
    const struct config *config = context->config;
    struct whois *whois = NULL;
    subject_init(subject, named_site(context));
    if (!config->subject[0]) {
        return STATUS_OK;
    }
    enum status status = subject_add(subject, view_from_text(config->subject), fault);
    status =
        status == STATUS_OK ? subject_hashes_add(subject, data_fd, config->duckdb, fault) : status;
    if (status == STATUS_OK && config->linked) {
        const struct whois_options options = {.data_fd = data_fd,
                                              .library = config->duckdb,
                                              .subject = subject,
                                              .is_following = true};
        status = whois_look(&whois, &options, fault);
        whois_free(whois);
    }
    return status;
}

static void append_ids(struct buf *out, const struct subject *subject, bool are_hashes)
{
    const char *comma = "";
    buf_append_byte(out, '[');
    for (size_t i = 0; i < subject->count; i++) {
        if (subject->ids[i].is_hash == are_hashes) {
            buf_append_text(out, comma);
            json_append_string(out, subject->ids[i].text);
            comma = ",";
        }
    }
    buf_append_byte(out, ']');
}

static void append_json(struct buf *out, const struct subject *subject, const struct whois *whois)
{
    buf_append_text(out, "{\"ids\":");
    append_ids(out, subject, false);
    buf_append_text(out, ",\"hashes\":");
    append_ids(out, subject, true);
    buf_append_text(out, ",\"linked\":");
    append_ids(out, &whois->linked, false);
    buf_append_format(out, ",\"rows\":%llu,\"quarantined\":%llu,\"mentions\":%llu,\"groups\":[",
                      (unsigned long long)whois->rows, (unsigned long long)whois->quarantined,
                      (unsigned long long)whois->mentions);
    for (size_t i = 0; i < whois->group_count; i++) {
        const struct whois_group *group = &whois->groups[i];
        buf_append_format(out, "%s{\"day\":\"%s\",\"site\":", i > 0 ? "," : "", group->day);
        json_append_string(out, view_from_text(group->site));
        buf_append_text(out, ",\"type\":");
        json_append_string(out, view_from_text(group->type));
        buf_append_format(out, ",\"rows\":%llu}", (unsigned long long)group->rows);
    }
    buf_append_text(out, "],\"files\":[");
    for (size_t i = 0; i < whois->file_count; i++) {
        const struct whois_file *file = &whois->files[i];
        buf_append_format(out, "%s{\"file\":\"%s\",\"rows\":%llu,\"mentions\":%llu}",
                          i > 0 ? "," : "", file->name, (unsigned long long)file->rows,
                          (unsigned long long)file->mentions);
    }
    buf_append_text(out, "]}\n");
}

static void append_id_lines(struct buf *out, const char *title, const struct subject *subject,
                            bool are_hashes)
{
    for (size_t i = 0; i < subject->count; i++) {
        if (subject->ids[i].is_hash == are_hashes) {
            buf_append_format(out, "  %-12s %.*s\n", title, VIEW_ARG(subject->ids[i].text));
            title = "";
        }
    }
}

static void append_text(struct buf *out, const struct subject *subject, const struct whois *whois)
{
    bool are_many = subject->count - subject_hash_count(subject) > 1;
    append_id_lines(out, are_many ? "ids" : "id", subject, false);
    append_id_lines(out, "stored as", subject, true);
    append_id_lines(out, "linked", &whois->linked, false);
    buf_append_format(out, "  %-12s %llu\n", "rows", (unsigned long long)whois->rows);
    for (size_t i = 0; i < whois->group_count; i++) {
        const struct whois_group *group = &whois->groups[i];
        buf_append_format(out, "  %-12s %s  %-16s %-12s %llu\n", "", group->day, group->site,
                          group->type, (unsigned long long)group->rows);
    }
    buf_append_format(out, "  %-12s %llu\n", "quarantined", (unsigned long long)whois->quarantined);
    buf_append_format(out, "  %-12s %llu rows of others\n", "mentioned",
                      (unsigned long long)whois->mentions);
    for (size_t i = 0; i < whois->file_count; i++) {
        const struct whois_file *file = &whois->files[i];
        buf_append_format(out, "  %-12s %s: %llu rows", i == 0 ? "files" : "", file->name,
                          (unsigned long long)file->rows);
        if (file->mentions > 0) {
            buf_append_format(out, ", %llu that mention it", (unsigned long long)file->mentions);
        }
        buf_append_byte(out, '\n');
    }
}

void subject_words_print(const struct cmd_context *context, const struct subject *subject,
                         const struct whois *whois)
{
    struct buf out;
    buf_init(&out, PRINT_BYTES_MAX);
    if (view_is(view_from_text(context->config->report_format), "json")) {
        append_json(&out, subject, whois);
    } else {
        append_text(&out, subject, whois);
    }
    cmd_write(context->out_fd, buf_view(&out));
    buf_free(&out);
}
