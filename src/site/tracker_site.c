#include "site/tracker_site.h"

#include "base/file.h"
#include "base/json.h"
#include "site/tag.h"

#include <stdio.h>

enum { TEXT_BYTES_MAX = 64 * 1024 };

static void write_manifest(struct tracker_site *site)
{
    struct buf *out = &site->manifest;
    const struct bundle *bundle = &site->bundle;
    buf_append_text(out, "{\n  \"site\": ");
    json_append_string(out, view_from_text(site->settings.site));
    buf_append_format(out, ",\n  \"hash\": \"%s\",\n  \"integrity\": \"%s\",\n  \"modules\": [",
                      bundle->hash, bundle->integrity);
    const char *before = "";
    for (size_t i = 0; i < bundle->list.count; i++) {
        if (bundle->chosen & module_bit(i)) {
            buf_append_text(out, before);
            json_append_string(out, bundle->list.rows[i].name);
            before = ", ";
        }
    }
    buf_append_format(out,
                      "],\n  \"files\": [\"pipes.js\", \"%s\"],\n"
                      "  \"bytes\": %zu,\n  \"gzip_bytes\": %zu,\n  \"brotli_bytes\": %zu\n}\n",
                      site->hashed_name, bundle->text.len, bundle->gzip.len, bundle->brotli.len);
}

enum status tracker_site_make(struct tracker_site *site, const struct bundle_settings *settings,
                              const char *base_url, struct fault *fault)
{
    *site = (struct tracker_site){.settings = *settings};
    buf_init(&site->tag, TEXT_BYTES_MAX);
    buf_init(&site->pinned_tag, TEXT_BYTES_MAX);
    buf_init(&site->manifest, TEXT_BYTES_MAX);
    enum status status = bundle_make(&site->bundle, settings, fault);
    if (status != STATUS_OK) {
        return status;
    }
    snprintf(site->hashed_name, sizeof(site->hashed_name), "pipes.%s.js", site->bundle.hash);
    status = tag_append_default(&site->tag, settings->tracker, base_url);
    if (status == STATUS_OK) {
        status = tag_append_pinned(&site->pinned_tag, settings->tracker, base_url, &site->bundle);
    }
    return status == STATUS_OK
               ? status
               : fault_set(fault, status, "the tag does not fit into %d bytes", TEXT_BYTES_MAX);
}

enum status tracker_site_compress(struct tracker_site *site, struct fault *fault)
{
    enum status status = bundle_compress(&site->bundle, fault);
    if (status == STATUS_OK) {
        write_manifest(site);
        status = buf_status(&site->manifest);
    }
    return status;
}

void tracker_site_free(struct tracker_site *site)
{
    bundle_free(&site->bundle);
    buf_free(&site->tag);
    buf_free(&site->pinned_tag);
    buf_free(&site->manifest);
}

static enum status write_variants(const struct tracker_site *site, int folder_fd, const char *name,
                                  struct fault *fault)
{
    char packed[64];
    enum status status = file_replace(folder_fd, name, buf_view(&site->bundle.text), fault);
    if (status == STATUS_OK) {
        snprintf(packed, sizeof(packed), "%s.gz", name);
        status = file_replace(folder_fd, packed, buf_view(&site->bundle.gzip), fault);
    }
    if (status == STATUS_OK) {
        snprintf(packed, sizeof(packed), "%s.br", name);
        status = file_replace(folder_fd, packed, buf_view(&site->bundle.brotli), fault);
    }
    return status;
}

static enum status write_tags(const struct tracker_site *site, int folder_fd, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 3 * TEXT_BYTES_MAX);
    buf_append_text(&text, "<!-- The default tag: follows every change by itself. -->\n");
    buf_append_view(&text, buf_view(&site->tag));
    buf_append_text(&text, "\n<!-- The pinned tag: these bytes and no others. -->\n");
    buf_append_view(&text, buf_view(&site->pinned_tag));
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(folder_fd, "tag.html", buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

enum status tracker_site_write(const struct tracker_site *site, int folder_fd, struct fault *fault)
{
    /* What others refer to comes before those who refer. */
    enum status status = write_variants(site, folder_fd, site->hashed_name, fault);
    status = status == STATUS_OK ? write_variants(site, folder_fd, "pipes.js", fault) : status;
    status = status == STATUS_OK ? write_tags(site, folder_fd, fault) : status;
    return status == STATUS_OK
               ? file_replace(folder_fd, "manifest.json", buf_view(&site->manifest), fault)
               : status;
}
