#include "app/site_bucket.h"
#include "app/site_build.h"
#include "base/file.h"
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
    buf_append_format(&text, "%s/%s.js and %s/%s: %zu bytes, %zu gzip, %zu brotli\n\n", out,
                      context->config->script_name, out, site->hashed_name, bundle->text.len,
                      bundle->gzip.len, bundle->brotli.len);
    bundle_append_weights(&text, bundle, &site->settings);
    buf_append_format(&text,
                      "\nPaste this into the head of every page (%s/tag.html has others, for a "
                      "Content-Security-Policy, too):\n\n",
                      out);
    buf_append_view(&text, buf_view(&site->tag));
    cmd_write(context->out_fd, buf_view(&text));
    buf_free(&text);
}

/* Staging's tracker in production's folder would send its visitors' events elsewhere. */
static enum status check_folder(const struct cmd_context *context, const struct tracker_site *site,
                                int fd, struct fault *fault)
{
    struct buf manifest;
    enum status status = STATUS_OK;
    buf_init(&manifest, TRACKER_SITE_MANIFEST_BYTES_MAX);
    if (!context->config->replace && file_read(fd, "manifest.json", &manifest, NULL) == STATUS_OK) {
        status = tracker_site_compare(site, buf_view(&manifest), context->config->out, fault);
    }
    buf_free(&manifest);
    return status;
}

static enum status write_folder(const struct cmd_context *context, const struct tracker_site *site,
                                struct fault *fault)
{
    int fd = -1;
    enum status status = data_folder_enter(AT_FDCWD, context->config->out, true, &fd, fault);
    status = status == STATUS_OK ? check_folder(context, site, fd, fault) : status;
    if (status == STATUS_OK) {
        /* For a web server to read. */
        status = fchmod(fd, 0755) == 0 ? tracker_site_write(site, fd, fault)
                                       : fault_set(fault, STATUS_IO, "cannot open %s to others",
                                                   context->config->out);
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

static enum status write_bucket(const struct cmd_context *context, const struct tracker_site *site,
                                struct fault *fault)
{
    const struct config *config = context->config;
    const struct site_bucket_options options = {
        .target = config->out,
        .endpoint = config->s3_endpoint,
        .region = config->s3_region,
        .may_replace = config->replace,
        .environment = context->source->environment,
    };
    return site_bucket_write(&options, site, fault);
}

static int run(const struct cmd_context *context)
{
    const struct config *config = context->config;
    struct arena arena;
    struct tracker_site site;
    struct fault fault = {0};
    arena_init(&arena, ARENA_BYTES);
    enum status status = site_build_named(&site, config, config->script_name, &arena, &fault);
    if (status == STATUS_OK) {
        status = tracker_site_compress(&site, &fault);
    }
    if (status == STATUS_OK) {
        status = site_bucket_is(config->out) ? write_bucket(context, &site, &fault)
                                             : write_folder(context, &site, &fault);
    }
    if (status == STATUS_OK) {
        print_result(context, &site);
    }
    tracker_site_free(&site);
    arena_free(&arena);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_build = {
    .name = "build",
    .summary = "write the tracker for a site into a folder or bucket, for any web server or CDN",
    .usage = "--out DIR|s3://BUCKET/PREFIX [OPTIONS]",
    .uses = CONFIG_BUILD,
    .run = run,
};
