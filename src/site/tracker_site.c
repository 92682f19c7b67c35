#include "site/tracker_site.h"

#include "base/file.h"
#include "base/json.h"
#include "site/tag_page.h"

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
                      "],\n  \"files\": [\"pipes.js\", \"%s\", \"pipes-stub.js\"],\n"
                      "  \"bytes\": %zu,\n  \"gzip_bytes\": %zu,\n  \"brotli_bytes\": %zu\n}\n",
                      site->hashed_name, bundle->text.len, bundle->gzip.len, bundle->brotli.len);
}

enum status tracker_site_make(struct tracker_site *site, const struct bundle_settings *settings,
                              const char *base_url, struct fault *fault)
{
    *site = (struct tracker_site){.settings = *settings};
    buf_init(&site->tag, TEXT_BYTES_MAX);
    buf_init(&site->tag_page, TEXT_BYTES_MAX);
    buf_init(&site->stub, TEXT_BYTES_MAX);
    buf_init(&site->manifest, TEXT_BYTES_MAX);
    enum status status = bundle_make(&site->bundle, settings, fault);
    if (status != STATUS_OK) {
        return status;
    }
    snprintf(site->hashed_name, sizeof(site->hashed_name), "pipes.%s.js", site->bundle.hash);
    struct tag_source source = {settings->tracker, base_url, &site->bundle};
    status = tag_append_default(&site->tag, &source);
    status = status == STATUS_OK ? tag_append_stub_file(&site->stub, &source) : status;
    if (status == STATUS_OK) {
        status = tag_page_append(&site->tag_page, &source, settings->endpoint, fault);
    }
    return status == STATUS_TOO_BIG
               ? fault_set(fault, status, "the tags do not fit into %d bytes", TEXT_BYTES_MAX)
               : status;
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
    buf_free(&site->tag_page);
    buf_free(&site->stub);
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

enum status tracker_site_write(const struct tracker_site *site, int folder_fd, struct fault *fault)
{
    /* What others refer to comes before those who refer. */
    enum status status = write_variants(site, folder_fd, site->hashed_name, fault);
    status = status == STATUS_OK ? write_variants(site, folder_fd, "pipes.js", fault) : status;
    if (status == STATUS_OK) {
        status = file_replace(folder_fd, "pipes-stub.js", buf_view(&site->stub), fault);
    }
    if (status == STATUS_OK) {
        status = file_replace(folder_fd, "tag.html", buf_view(&site->tag_page), fault);
    }
    return status == STATUS_OK
               ? file_replace(folder_fd, "manifest.json", buf_view(&site->manifest), fault)
               : status;
}
