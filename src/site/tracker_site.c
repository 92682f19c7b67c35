#include "site/tracker_site.h"

#include "base/file.h"
#include "base/json.h"
#include "site/tag_page.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { TEXT_BYTES_MAX = 64 * 1024, ARENA_BYTES = 4 << 20, SHA384_BYTES = 48 };

static const char SCRIPT_TYPE[] = "text/javascript; charset=utf-8";
static const char FOR_EVER[] = "public, max-age=31536000, immutable";
static const char FOR_MINUTES[] = "public, max-age=300, stale-while-revalidate=86400";

static const char *script_name(const struct tracker_site *site)
{
    return site->settings.script_name ? site->settings.script_name : "pipes";
}

static struct tracker_site_file *put(struct tracker_site_file *file, const char *name,
                                     const char *ending, struct tracker_site_file facts)
{
    *file = facts;
    snprintf(file->name, sizeof(file->name), "%s%s", name, ending);
    return file + 1;
}

/* A script as it is, and packed; servers that choose by themselves take the first. */
static struct tracker_site_file *put_variants(const struct tracker_site *site,
                                              struct tracker_site_file *file, const char *name,
                                              const char *cache)
{
    const struct bundle *bundle = &site->bundle;
    struct tracker_site_file facts = {.type = SCRIPT_TYPE, .cache = cache, .coding = ""};
    facts.bytes = buf_view(&bundle->text);
    file = put(file, name, "", facts);
    facts.bytes = buf_view(&bundle->gzip);
    facts.coding = "gzip";
    file = put(file, name, ".gz", facts);
    facts.bytes = buf_view(&bundle->brotli);
    facts.coding = "br";
    return put(file, name, ".br", facts);
}

void tracker_site_list(const struct tracker_site *site,
                       struct tracker_site_file files[TRACKER_SITE_FILES])
{
    char name[TRACKER_SITE_NAME_BYTES];
    struct tracker_site_file *file = put_variants(site, files, site->hashed_name, FOR_EVER);
    snprintf(name, sizeof(name), "%s.js", script_name(site));
    file = put_variants(site, file, name, FOR_MINUTES);
    file = put(file, script_name(site), "-stub.js",
               (struct tracker_site_file){.bytes = buf_view(&site->stub),
                                          .type = SCRIPT_TYPE,
                                          .cache = FOR_MINUTES,
                                          .coding = ""});
    file = put(file, "tag", ".html",
               (struct tracker_site_file){.bytes = buf_view(&site->tag_page),
                                          .type = "text/plain; charset=utf-8",
                                          .cache = "no-cache",
                                          .coding = ""});
    put(file, "manifest", ".json",
        (struct tracker_site_file){.bytes = buf_view(&site->manifest),
                                   .type = "application/json",
                                   .cache = "no-cache",
                                   .coding = ""});
}

static void append_modules(struct buf *out, const struct bundle *bundle)
{
    const char *before = "";
    for (size_t i = 0; i < bundle->list.count; i++) {
        if (bundle->chosen & module_bit(i)) {
            buf_append_text(out, before);
            json_append_string(out, bundle->list.rows[i].name);
            before = ", ";
        }
    }
}

static enum status append_file(struct buf *out, const struct tracker_site_file *file,
                               struct fault *fault)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    char text[2 * SHA384_BYTES];
    struct view bytes = file->bytes;
    if (EVP_Digest(bytes.at, bytes.len, sum, NULL, EVP_sha384(), NULL) != 1) {
        return fault_set(fault, STATUS_NO_MEMORY, "cannot compute a digest");
    }
    EVP_EncodeBlock((unsigned char *)text, sum, SHA384_BYTES);
    buf_append_format(out, "    {\"name\": \"%s\", \"bytes\": %zu, \"sha384\": \"sha384-%s\"}",
                      file->name, bytes.len, text);
    return STATUS_OK;
}

/* No time, no folder, no host: the same input gives the same manifest, anywhere. */
static enum status write_manifest(struct tracker_site *site, struct fault *fault)
{
    struct buf *out = &site->manifest;
    const struct bundle *bundle = &site->bundle;
    struct tracker_site_file files[TRACKER_SITE_FILES];
    enum status status = STATUS_OK;
    buf_append_text(out, "{\n  \"site\": ");
    json_append_string(out, view_from_text(site->settings.site));
    buf_append_text(out, ",\n  \"environment\": ");
    json_append_string(out, view_from_text(site->settings.environment));
    buf_append_format(out, ",\n  \"hash\": \"%s\",\n  \"integrity\": \"%s\",\n  \"modules\": [",
                      bundle->hash, bundle->integrity);
    append_modules(out, bundle);
    buf_append_format(out,
                      "],\n  \"bytes\": %zu,\n  \"gzip_bytes\": %zu,\n  \"brotli_bytes\": %zu,\n"
                      "  \"files\": [\n",
                      bundle->text.len, bundle->gzip.len, bundle->brotli.len);
    tracker_site_list(site, files);
    for (size_t i = 0; i + 1 < TRACKER_SITE_FILES && status == STATUS_OK; i++) {
        buf_append_text(out, i > 0 ? ",\n" : "");
        status = append_file(out, &files[i], fault);
    }
    buf_append_text(out, "\n  ]\n}\n");
    return status == STATUS_OK ? buf_status(out) : status;
}

static enum status check_script_name(const char *name, struct fault *fault)
{
    static const char LETTERS[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    bool is_good = name[0] != 0 && name[0] != '-' && name[strspn(name, LETTERS)] == 0 &&
                   strlen(name) <= TRACKER_SITE_SCRIPT_NAME_MAX;
    return is_good ? STATUS_OK
                   : fault_set(fault, STATUS_BAD_INPUT,
                               "script-name is of up to %d letters, digits, - and _, without .js; "
                               "not \"%.60s\"",
                               TRACKER_SITE_SCRIPT_NAME_MAX, name);
}

static enum status make_texts(struct tracker_site *site, const struct bundle_settings *settings,
                              const char *base_url, struct fault *fault)
{
    struct tag_source source = {settings->tracker, base_url, &site->bundle, script_name(site)};
    enum status status = tag_append_default(&site->tag, &source);
    status = status == STATUS_OK ? tag_append_stub_file(&site->stub, &source) : status;
    if (status == STATUS_OK) {
        status = tag_page_append(&site->tag_page, &source, settings->endpoint, fault);
    }
    return status == STATUS_TOO_BIG
               ? fault_set(fault, status, "the tags do not fit into %d bytes", TEXT_BYTES_MAX)
               : status;
}

enum status tracker_site_make(struct tracker_site *site, const struct bundle_settings *settings,
                              const char *base_url, struct fault *fault)
{
    *site = (struct tracker_site){.settings = *settings};
    buf_init(&site->tag, TEXT_BYTES_MAX);
    buf_init(&site->tag_page, TEXT_BYTES_MAX);
    buf_init(&site->stub, TEXT_BYTES_MAX);
    buf_init(&site->manifest, TEXT_BYTES_MAX);
    enum status status = check_script_name(script_name(site), fault);
    status = status == STATUS_OK ? bundle_make(&site->bundle, settings, fault) : status;
    if (status != STATUS_OK) {
        return status;
    }
    snprintf(site->hashed_name, sizeof(site->hashed_name), "%s.%s.js", script_name(site),
             site->bundle.hash);
    return make_texts(site, settings, base_url, fault);
}

enum status tracker_site_compress(struct tracker_site *site, struct fault *fault)
{
    enum status status = bundle_compress(&site->bundle, fault);
    return status == STATUS_OK ? write_manifest(site, fault) : status;
}

void tracker_site_free(struct tracker_site *site)
{
    bundle_free(&site->bundle);
    buf_free(&site->tag);
    buf_free(&site->tag_page);
    buf_free(&site->stub);
    buf_free(&site->manifest);
}

enum status tracker_site_write(const struct tracker_site *site, int folder_fd, struct fault *fault)
{
    struct tracker_site_file files[TRACKER_SITE_FILES];
    enum status status = STATUS_OK;
    tracker_site_list(site, files);
    for (size_t i = 0; i < TRACKER_SITE_FILES && status == STATUS_OK; i++) {
        status = file_replace_public(folder_fd, files[i].name, files[i].bytes, fault);
    }
    return status;
}

/* An absent member says nothing: manifests had no environment once. */
static bool is_same(const struct json *doc, const char *name, const char *wanted)
{
    json_value value = json_member(doc, JSON_ROOT, name);
    return json_kind(doc, value) != JSON_STRING || json_text_is(doc, value, view_from_text(wanted));
}

enum status tracker_site_compare(const struct tracker_site *site, struct view manifest,
                                 const char *where, struct fault *fault)
{
    struct arena arena;
    struct json doc;
    struct fault ignored;
    const struct bundle_settings *settings = &site->settings;
    arena_init(&arena, ARENA_BYTES);
    bool is_own = json_parse(&doc, manifest, &arena, NULL, &ignored) != STATUS_OK ||
                  (is_same(&doc, "site", settings->site) &&
                   is_same(&doc, "environment", settings->environment));
    enum status status = STATUS_OK;
    if (!is_own) {
        struct view there = json_unquoted(&doc, json_member(&doc, JSON_ROOT, "site"));
        struct view its = json_unquoted(&doc, json_member(&doc, JSON_ROOT, "environment"));
        status =
            fault_set(fault, STATUS_BUSY,
                      "%.150s holds the tracker of site \"%.*s\", environment \"%.*s\", not of "
                      "site \"%.60s\", environment \"%.60s\"; --replace overwrites it",
                      where, (int)(there.len < 60 ? there.len : 60), there.at ? there.at : "",
                      (int)(its.len < 60 ? its.len : 60), its.at ? its.at : "", settings->site,
                      settings->environment);
    }
    arena_free(&arena);
    return status;
}
