#include "app/admin_client.h"
#include "app/erase_child.h"
#include "app/erasure_alone.h"
#include "app/query.h"
#include "base/json.h"
#include "cmd/subject_words.h"

#include <malloc.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 50,
    PRINT_BYTES_MAX = 1 << 20,
    KEPT_BYTES = 512 << 20,
    KEPT_BLOCK_BYTES = 32 << 20 /* the C library refuses more */
};

static enum status look(const struct cmd_context *context, struct subject *subject,
                        struct whois **whois, struct fault *fault)
{
    struct data_folder data;
    enum status status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct whois_options options = {.data_fd = data.fd,
                                    .library = context->config->duckdb,
                                    .subject = subject,
                                    .is_following = context->config->linked,
                                    .is_counting_mentions =
                                        context->config->dry_run && !subject->keeps_mentions};
    query_raise_file_limit();
    status = whois_look(whois, &options, fault);
    data_folder_close(&data);
    return status;
}

static enum status print_receipt(const struct cmd_context *context, struct view json,
                                 struct fault *fault)
{
    struct buf out;
    enum status status = STATUS_OK;
    buf_init(&out, PRINT_BYTES_MAX);
    if (view_is(view_from_text(context->config->report_format), "json")) {
        buf_append_view(&out, json);
        buf_append_text(&out, view_ends_with(json, "\n") ? "" : "\n");
    } else {
        status = erasure_receipt_append_text(&out, json, fault);
    }
    cmd_write(context->out_fd, buf_view(&out));
    buf_free(&out);
    return status;
}

static enum status forget_alone(const struct cmd_context *context, struct erase_intent *intent,
                                struct fault *fault)
{
    const struct data_alone_options options = {
        .config = context->config, .clock = context->clock, .log = context->log};
    struct erasure_receipt receipt;
    struct buf json;
    erasure_receipt_init(&receipt);
    buf_init(&json, ERASURE_RECEIPT_BYTES_MAX);
    enum status status = erasure_alone(&options, intent, &receipt, fault);
    if (status == STATUS_OK) {
        status = erasure_receipt_append_json(&json, &receipt);
    }
    if (status == STATUS_OK) {
        status = print_receipt(context, buf_view(&json), fault);
    }
    buf_free(&json);
    erasure_receipt_free(&receipt);
    return status;
}

/* What the collector answers when asked how far it is. STATUS_BUSY: not done yet. */
static enum status take_state(const struct cmd_context *context, struct view answer,
                              struct fault *fault)
{
    struct arena arena;
    struct json doc;
    arena_init(&arena, 1 << 20);
    enum status status = json_parse(&doc, answer, &arena, NULL, fault);
    struct view state = status == STATUS_OK
                            ? json_unquoted(&doc, json_member(&doc, JSON_ROOT, "state"))
                            : view_make(NULL, 0);
    json_value receipt = json_member(&doc, JSON_ROOT, "receipt");
    if (status == STATUS_OK && view_is(state, "failed")) {
        status = fault_set(fault, STATUS_IO,
                           "the collector could not finish it and goes on trying: %.*s",
                           VIEW_ARG(json_unquoted(&doc, json_member(&doc, JSON_ROOT, "sentence"))));
    } else if (status == STATUS_OK && view_is(state, "done")) {
        status = print_receipt(context, json_raw(&doc, receipt), fault);
    } else if (status == STATUS_OK) {
        status = STATUS_BUSY;
    }
    arena_free(&arena);
    return status;
}

static enum status await_end(const struct cmd_context *context, const struct admin_client *client,
                             struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    enum status status = STATUS_BUSY;
    while (status == STATUS_BUSY) {
        struct admin_answer answer;
        nanosleep(&pause, NULL);
        status = admin_client_ask(client, "GET", "/forget", view_make(NULL, 0), &answer, fault);
        status = status == STATUS_OK ? take_state(context, buf_view(&answer.body), fault) : status;
        admin_answer_free(&answer);
    }
    return status;
}

/* One after another: it waits while the collector forgets somebody else. */
static enum status order(const struct admin_client *client, struct view text, struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    for (;;) {
        struct admin_answer answer;
        enum status status = admin_client_ask(client, "POST", "/forget", text, &answer, fault);
        unsigned code = answer.status;
        if (status == STATUS_OK && code != 202 && code != 409) {
            status = fault_set(fault, STATUS_IO, "the collector refused (%u): %.*s", code,
                               VIEW_ARG(buf_view(&answer.body)));
        }
        admin_answer_free(&answer);
        if (status != STATUS_OK || code == 202) {
            return status;
        }
        nanosleep(&pause, NULL);
    }
}

static enum status forget_through(const struct cmd_context *context,
                                  const struct erase_intent *intent, struct fault *fault)
{
    struct admin_client client;
    struct buf text;
    buf_init(&text, ERASE_INTENT_BYTES_MAX);
    enum status status = admin_client_open(&client, context->config->data, fault);
    status = status == STATUS_OK ? erase_intent_append(&text, intent) : status;
    status = status == STATUS_OK ? order(&client, buf_view(&text), fault) : status;
    status = status == STATUS_OK ? await_end(context, &client, fault) : status;
    buf_free(&text);
    return status;
}

static enum status forget(const struct cmd_context *context, struct erase_intent *intent,
                          struct fault *fault)
{
    struct admin_client client;
    struct whois *whois = NULL;
    struct data_folder data;
    /* It must be there: to open it for writing would make it. */
    enum status status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    data_folder_close(&data);
    status = subject_words_hash(context, &intent->subject, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (context->config->linked || context->config->dry_run) {
        status = look(context, &intent->subject, &whois, fault);
    }
    if (status == STATUS_OK && context->config->dry_run) {
        subject_words_print(context, &intent->subject, whois);
        whois_free(whois);
        return STATUS_OK;
    }
    whois_free(whois);
    if (status != STATUS_OK) {
        return status;
    }
    status = forget_alone(context, intent, fault);
    bool is_served = status == STATUS_BUSY &&
                     admin_client_open(&client, context->config->data, NULL) == STATUS_OK;
    return is_served ? forget_through(context, intent, fault) : status;
}

static int run_child(const struct cmd_context *context)
{
    struct data_folder data;
    struct fault fault = {0};
    const struct config *config = context->config;
    enum status status = data_folder_open(&data, config->data, DATA_FOLDER_READ, &fault);
    if (status == STATUS_OK) {
        status = erase_child_serve(data.fd, config->data, config->duckdb, context->out_fd, &fault);
        data_folder_close(&data);
    }
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

/* DuckDB takes large pieces and gives them back at once, for every file anew: from the system they
 * would come page by page, each zeroed, which takes as long as the work itself. */
static void keep_large_pieces(void)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_ARENA_MAX, 1); /* those of threads give back what is free whatever was said above */
}

static int run(const struct cmd_context *context)
{
    keep_large_pieces();
    struct fault fault = {0};
    struct erase_intent *intent;
    if (context->config->is_child) {
        return run_child(context);
    }
    intent = calloc(1, sizeof(*intent)); /* large for a stack */
    if (!intent) {
        return cmd_fail(context, "no memory");
    }
    enum status status = subject_words_read(context, &intent->subject, &fault);
    status = status == STATUS_OK ? forget(context, intent, &fault) : status;
    erase_intent_free(intent);
    free(intent);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_forget = {
    .name = "forget",
    .summary = "erase a person from everything that is kept, and give a receipt",
    .usage = "[OPTIONS] ID...",
    .uses = CONFIG_FORGET,
    .positionals = 64,
    .run = run,
};
