#include "app/site_build.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

enum { ARENA_BYTES = 32 * 1024 * 1024 };

static void print_result(const struct cmd_context *context, const struct tracker_site *site)
{
    const struct bundle *bundle = &site->bundle;
    dprintf(context->out_fd,
            "%s/pipes.js and %s/%s: %zu bytes, %zu gzip, %zu brotli\nmodules: %.*s\n\n"
            "Paste this into the head of every page (also in %s/tag.html):\n\n%.*s",
            context->config->out, context->config->out, site->hashed_name, bundle->text.len,
            bundle->gzip.len, bundle->brotli.len, VIEW_ARG(buf_view(&bundle->modules)),
            context->config->out, VIEW_ARG(buf_view(&site->tag)));
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
