#include "app/site_build.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

enum { ARENA_BYTES = 32 * 1024 * 1024, TEXT_BYTES_MAX = 256 * 1024 };

static void print_result(const struct cmd_context *context, const struct tracker_site *site)
{
    const struct bundle *bundle = &site->bundle;
    const char *out = context->config->out;
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_append_format(&text, "%s/pipes.js and %s/%s: %zu bytes, %zu gzip, %zu brotli\n\n", out, out,
                      site->hashed_name, bundle->text.len, bundle->gzip.len, bundle->brotli.len);
    bundle_append_weights(&text, bundle, &site->settings);
    buf_append_format(&text,
                      "\nPaste this into the head of every page (%s/tag.html has others, for a "
                      "Content-Security-Policy, too):\n\n",
                      out);
    buf_append_view(&text, buf_view(&site->tag));
    cmd_write(context->out_fd, buf_view(&text));
    buf_free(&text);
}

static int run(const struct cmd_context *context)
{
    struct arena arena;
    struct tracker_site site;
    struct fault fault = {0};
    int fd = -1;
    arena_init(&arena, ARENA_BYTES);
    enum status status = site_build(&site, context->config, &arena, &fault);
    if (status == STATUS_OK) {
        status = tracker_site_compress(&site, &fault);
    }
    if (status == STATUS_OK) {
        status = data_folder_enter(AT_FDCWD, context->config->out, true, &fd, &fault);
    }
    if (status == STATUS_OK) {
        /* For a web server to read. */
        status = fchmod(fd, 0755) == 0 ? tracker_site_write(&site, fd, &fault)
                                       : fault_set(&fault, STATUS_IO, "cannot open %s to others",
                                                   context->config->out);
    }
    if (status == STATUS_OK) {
        print_result(context, &site);
    }
    if (fd >= 0) {
        close(fd);
    }
    tracker_site_free(&site);
    arena_free(&arena);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_build = {
    .name = "build",
    .summary = "write the tracker for a site into a folder, for any web server or CDN",
    .usage = "--out DIR [OPTIONS]",
    .uses = CONFIG_BUILD,
    .run = run,
};
