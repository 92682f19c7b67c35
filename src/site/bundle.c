#include "site/bundle.h"

#include "base/hex.h"
#include "base/json.h"
#include "site/module_options.h"

#include <brotli/encode.h>
#include <dlfcn.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <stdio.h>

enum { GZIP_LEVEL = 12 };
typedef BROTLI_BOOL brotli_compress_fn(int quality, int window, BrotliEncoderMode mode, size_t len,
                                       const uint8_t *text, size_t *out_len, uint8_t *out);
/* At most, for texts as short as a tracker (see BrotliEncoderMaxCompressedSize). */
#define BROTLI_BYTES(len) ((len) + 64 + ((len) >> 10))

void bundle_free(struct bundle *bundle)
{
    buf_free(&bundle->text);
    buf_free(&bundle->gzip);
    buf_free(&bundle->brotli);
    buf_free(&bundle->options);
}

static void append_script_string(struct buf *out, const char *text)
{
    struct buf quoted;
    buf_init(&quoted, BUNDLE_BYTES_MAX);
    json_append_string(&quoted, view_from_text(text));
    module_options_append_script(out, buf_view(&quoted));
    if (buf_status(&quoted) != STATUS_OK) {
        out->status = buf_status(&quoted);
    }
    buf_free(&quoted);
}

static void append_setting(struct buf *out, char *before, const char *name, const char *value)
{
    if (value && value[0]) {
        buf_append_format(out, "%c\"%s\":", *before, name);
        append_script_string(out, value);
        *before = ',';
    }
}

static void append_flag(struct buf *out, char *before, const char *name, bool is_set)
{
    if (is_set) {
        buf_append_format(out, "%c\"%s\":true", *before, name);
        *before = ',';
    }
}

static void append_configuration(struct bundle *bundle, const struct bundle_settings *settings,
                                 const char *hash)
{
    struct buf *out = &bundle->text;
    char before = '{';
    append_setting(out, &before, "site", settings->site);
    append_setting(out, &before, "endpoint", settings->endpoint);
    append_setting(out, &before, "environment", settings->environment);
    append_setting(out, &before, "release", settings->release);
    append_setting(out, &before, "consent", settings->consent);
    append_setting(out, &before, "dnt", settings->dnt);
    append_setting(out, &before, "gpc", settings->gpc);
    append_setting(out, &before, "storage", settings->storage);
    append_setting(out, &before, "domain", settings->cookie_domain);
    append_setting(out, &before, "credentials", settings->has_server_cookie ? "include" : "");
    append_setting(out, &before, "bundle", hash);
    append_flag(out, &before, "is_test", settings->is_test);
    struct view options = buf_view(&bundle->options);
    if (before == '{') {
        buf_append_byte(out, '{');
        options = view_part(options, options.len > 0, options.len);
    }
    buf_append_view(out, options);
    buf_append_byte(out, '}');
}

static void append_modules(struct bundle *bundle, const struct bundle_settings *settings)
{
    for (size_t i = 0; i < bundle->list.count; i++) {
        if (bundle->chosen & module_bit(i)) {
            buf_append_view(&bundle->text, bundle->list.rows[i].text);
            buf_append_byte(&bundle->text, '\n');
        }
    }
    for (size_t i = 0; i < settings->own_count; i++) {
        buf_append_view(&bundle->text, settings->own[i].text);
        buf_append_byte(&bundle->text, '\n');
    }
}

/* The comment is for Chromium: functions are compiled as they are read, not read over and compiled
 * later one by one, as most of them run at the start (docs/decisions/0014). */
static const char BEGIN[] = "//# allFunctionsCalledOnLoad\n"
                            "!function(pipesConfig){var pipesModules=[];";

static enum status write_text(struct bundle *bundle, const struct bundle_settings *settings,
                              const char *hash, struct fault *fault)
{
    struct view core = embedded_find(settings->tracker, "core.min.js");
    if (core.len == 0) {
        return fault_set(fault, STATUS_NOT_FOUND, "this program was built without a tracker");
    }
    buf_clear(&bundle->text);
    buf_append_text(&bundle->text, BEGIN);
    buf_append_view(&bundle->text, core);
    buf_append_byte(&bundle->text, '\n');
    append_modules(bundle, settings);
    buf_append_text(&bundle->text, "core(pipesConfig,pipesModules)}(");
    append_configuration(bundle, settings, hash);
    buf_append_text(&bundle->text, ");\n");
    enum status status = buf_status(&bundle->text);
    return status == STATUS_OK
               ? status
               : fault_set(fault, status, "the tracker would be larger than %d bytes",
                           BUNDLE_BYTES_MAX);
}

static enum status digest(struct view bytes, const EVP_MD *kind, unsigned char *sum,
                          struct fault *fault)
{
    if (EVP_Digest(bytes.at, bytes.len, sum, NULL, kind, NULL) != 1) {
        return fault_set(fault, STATUS_NO_MEMORY, "cannot compute a digest");
    }
    return STATUS_OK;
}

static enum status set_hash(struct bundle *bundle, struct fault *fault)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    enum status status = digest(buf_view(&bundle->text), EVP_sha256(), sum, fault);
    if (status == STATUS_OK) {
        hex_write(bundle->hash, sum, (BUNDLE_HASH_BYTES - 1) / 2);
        bundle->hash[BUNDLE_HASH_BYTES - 1] = 0;
    }
    return status;
}

static enum status set_integrity(struct bundle *bundle, struct fault *fault)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    enum status status = digest(buf_view(&bundle->text), EVP_sha384(), sum, fault);
    if (status == STATUS_OK) {
        memcpy(bundle->integrity, "sha384-", 7);
        EVP_EncodeBlock((unsigned char *)bundle->integrity + 7, sum, 48);
    }
    return status;
}

static enum status compress_gzip(struct buf *out, struct view text, struct fault *fault)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
    size_t bound = libdeflate_gzip_compress_bound(compressor, text.len);
    char *place = compressor ? buf_reserve(out, bound) : NULL;
    size_t len = 0;
    if (place) {
        len = libdeflate_gzip_compress(compressor, text.at, text.len, place, bound);
        buf_used(out, len);
    }
    libdeflate_free_compressor(compressor);
    return len > 0 ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "cannot gzip the tracker");
}

/* Brotli and what it brings hold over a megabyte of an idle collector's seven, for one use at the
 * start: so it is loaded for that long. */
static enum status compress_brotli(struct bundle *bundle, struct fault *fault)
{
    size_t len = BROTLI_BYTES(bundle->text.len);
    char *place = buf_reserve(&bundle->brotli, len);
    void *library = dlopen("libbrotlienc.so.1", RTLD_NOW | RTLD_LOCAL);
    brotli_compress_fn *run = NULL;
    if (library) {
        *(void **)&run = dlsym(library, "BrotliEncoderCompress");
    }
    bool is_done = place && run &&
                   run(BROTLI_MAX_QUALITY, BROTLI_MAX_WINDOW_BITS, BROTLI_MODE_TEXT,
                       bundle->text.len, (const uint8_t *)bundle->text.at, &len, (uint8_t *)place);
    enum status status =
        is_done ? STATUS_OK
                : fault_set(fault, STATUS_NO_MEMORY, "cannot compress the tracker with brotli%s%s",
                            run ? "" : ": ", run ? "" : dlerror());
    if (is_done) {
        buf_used(&bundle->brotli, len);
    }
    if (library) {
        dlclose(library);
    }
    return status;
}

enum status bundle_make(struct bundle *bundle, const struct bundle_settings *settings,
                        struct fault *fault)
{
    *bundle = (struct bundle){0};
    buf_init(&bundle->text, BUNDLE_BYTES_MAX);
    buf_init(&bundle->gzip, 2 * BUNDLE_BYTES_MAX);
    buf_init(&bundle->brotli, 2 * BUNDLE_BYTES_MAX);
    buf_init(&bundle->options, 2 * MODULE_OPTIONS_BYTES_MAX);
    enum status status = module_list_read(&bundle->list, settings->tracker, fault);
    if (status == STATUS_OK) {
        status = module_list_choose(&bundle->list, settings->modules, &bundle->chosen, fault);
    }
    bundle->chosen &= ~(settings->without ? module_list_find(&bundle->list, settings->without) : 0);
    bundle->chosen |=
        settings->has_server_cookie ? module_list_find(&bundle->list, "server_cookie") : 0;
    if (status == STATUS_OK) {
        struct module_options_for modules = {&bundle->list, bundle->chosen,
                                             settings->own_count > 0};
        status = module_options_append(&bundle->options, settings->options, &modules, fault);
    }
    /* The hash is that of the text without it: it cannot be over itself. */
    status = status == STATUS_OK ? write_text(bundle, settings, NULL, fault) : status;
    status = status == STATUS_OK ? set_hash(bundle, fault) : status;
    status = status == STATUS_OK ? write_text(bundle, settings, bundle->hash, fault) : status;
    return status == STATUS_OK ? set_integrity(bundle, fault) : status;
}

enum status bundle_compress(struct bundle *bundle, struct fault *fault)
{
    enum status status = compress_gzip(&bundle->gzip, buf_view(&bundle->text), fault);
    return status == STATUS_OK ? compress_brotli(bundle, fault) : status;
}

static void append_weight(struct buf *out, struct view name, struct view text)
{
    struct buf scratch;
    struct fault ignored;
    buf_init(&scratch, 2 * BUNDLE_BYTES_MAX);
    if (compress_gzip(&scratch, text, &ignored) == STATUS_OK) {
        buf_append_format(out, "  %-24.*s %7zu bytes gzip\n", VIEW_ARG(name), scratch.len);
    }
    buf_free(&scratch);
}

static void append_module_weights(struct buf *out, const struct module_list *list, module_set set)
{
    for (size_t i = 0; i < list->count; i++) {
        if (set & module_bit(i)) {
            append_weight(out, list->rows[i].name, list->rows[i].text);
        }
    }
}

enum status bundle_append_weights(struct buf *out, const struct bundle *bundle,
                                  const struct bundle_settings *settings)
{
    buf_append_text(out, "What is in it, each part alone:\n");
    append_weight(out, view_from_text("core"), embedded_find(settings->tracker, "core.min.js"));
    append_module_weights(out, &bundle->list, bundle->chosen);
    for (size_t i = 0; i < settings->own_count; i++) {
        append_weight(out, settings->own[i].path, settings->own[i].text);
    }
    buf_append_format(out, "  %-24s %7zu bytes gzip\n", "all of it as one script",
                      bundle->gzip.len);
    module_set absent = module_list_all(&bundle->list) & ~bundle->chosen;
    if (absent) {
        buf_append_text(out, "What --modules would add:\n");
        append_module_weights(out, &bundle->list, absent);
    }
    return buf_status(out);
}
