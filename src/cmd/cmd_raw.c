#include "base/json.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"
#include "privacy/raw_store.h"

enum { LINE_BYTES_MAX = 6 * RAW_FRAME_BYTES_MAX };

struct printing {
    int out_fd;
    struct buf line;
};

static void append_member(struct buf *line, const char *name, struct view text)
{
    buf_append_format(line, ",\"%s\":", name);
    json_append_string(line, text);
}

static bool print(void *self, const struct raw_request *request)
{
    struct printing *printing = self;
    struct buf *line = &printing->line;
    char time[CLOCK_TEXT_BYTES];
    clock_format(request->received_ms, time);
    buf_clear(line);
    buf_append_format(line, "{\"received_at\":\"%s\"", time);
    append_member(line, "path", request->path);
    append_member(line, "query", request->query);
    append_member(line, "content_type", request->content_type);
    append_member(line, "body", request->body);
    buf_append_text(line, "}\n");
    cmd_write(printing->out_fd, buf_view(line));
    return buf_status(line) == STATUS_OK;
}

static int run(const struct cmd_context *context)
{
    struct data_folder data;
    struct fault fault = {0};
    struct printing printing = {.out_fd = context->out_fd};
    enum status status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault);
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    buf_init(&printing.line, LINE_BYTES_MAX);
    status = raw_store_read(data.fd, print, &printing, &fault);
    buf_free(&printing.line);
    data_folder_close(&data);
    if (status == STATUS_NOT_FOUND) {
        return cmd_fail(context, "no requests are kept as they came: see keep-raw");
    }
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_raw = {
    .name = "raw",
    .summary = "requests as they came, where keep-raw keeps them: a JSON object a line",
    .usage = "[OPTIONS]",
    .uses = CONFIG_RAW,
    .run = run,
};
