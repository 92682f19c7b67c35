#include "app/query.h"
#include "cmd/subject_words.h"
#include "journal/data_folder.h"

static int run(const struct cmd_context *context)
{
    struct data_folder data;
    struct subject subject;
    struct whois *whois = NULL;
    struct fault fault = {0};
    enum status status = subject_words_read(context, &subject, &fault);
    status = status == STATUS_OK ? subject_words_hash(context, &subject, &fault) : status;
    if (status == STATUS_OK) {
        status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault);
    }
    if (status == STATUS_OK) {
        struct whois_options options = {.data_fd = data.fd,
                                        .library = context->config->duckdb,
                                        .subject = &subject,
                                        .is_following = context->config->linked,
                                        .is_counting_mentions = true};
        query_raise_file_limit();
        status = whois_look(&whois, &options, &fault);
        data_folder_close(&data);
    }
    if (status == STATUS_OK) {
        subject_words_print(context, &subject, whois);
    }
    whois_free(whois);
    subject_free(&subject);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_whois = {
    .name = "whois",
    .summary = "what is held of a person: rows by site, type and day, files, other ids",
    .usage = "[OPTIONS] ID...",
    .uses = CONFIG_WHOIS,
    .positionals = 64,
    .run = run,
};
