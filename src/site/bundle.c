#include "site/bundle.h"

#include "base/json.h"

#include <brotli/encode.h>
#include <dlfcn.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <stdio.h>

static const char SUFFIX[] = ".min.js";
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
    buf_free(&bundle->modules);
}

/* "links" of "links.min.js"; empty for core and stub, which are no modules. */
static struct view module_name(const struct embedded *file)
{
    struct view name = view_from_text(file->name);
    if (!view_ends_with(name, SUFFIX) || view_is(name, "core.min.js") ||
        view_is(name, "stub.min.js")) {
        return view_make(NULL, 0);
    }
    return view_part(name, 0, name.len - (sizeof(SUFFIX) - 1));
}

void bundle_append_modules(struct buf *out, const struct embedded *tracker)
{
    const char *before = "";
    for (; tracker->name; tracker++) {
        struct view name = module_name(tracker);
        if (name.len > 0) {
            buf_append_text(out, before);
            buf_append_view(out, name);
            before = ",";
        }
    }
}

static const struct embedded *find_module(const struct embedded *tracker, struct view name)
{
    for (; tracker->name; tracker++) {
        if (name.len > 0 && view_equal(module_name(tracker), name)) {
            return tracker;
        }
    }
    return NULL;
}

static enum status unknown_module(const struct bundle_settings *settings, struct view name,
                                  struct fault *fault)
{
    struct buf all;
    buf_init(&all, 4096);
    bundle_append_modules(&all, settings->tracker);
    enum status status =
        fault_set(fault, STATUS_BAD_INPUT,
                  "there is no module %.*s; modules must be core, all, or some of %.*s",
                  VIEW_ARG(name), VIEW_ARG(buf_view(&all)));
    buf_free(&all);
    return status;
}

static enum status choose_modules(struct bundle *bundle, const struct bundle_settings *settings,
                                  struct fault *fault)
{
    struct view rest = view_from_text(settings->modules);
    if (view_is(rest, "core")) {
        return STATUS_OK;
    }
    if (view_is(rest, "all")) {
        bundle_append_modules(&bundle->modules, settings->tracker);
        return buf_status(&bundle->modules);
    }
    while (rest.len > 0) {
        struct view name = view_trim(view_cut(&rest, ','));
        if (!find_module(settings->tracker, name)) {
            return unknown_module(settings, name, fault);
        }
        if (bundle->modules.len > 0) {
            buf_append_byte(&bundle->modules, ',');
        }
        buf_append_view(&bundle->modules, name);
    }
    return buf_status(&bundle->modules);
}

/* As in any script: the text must not be able to end the element it may stand in. */
static void append_script_string(struct buf *out, const char *text)
{
    struct buf quoted;
    buf_init(&quoted, BUNDLE_BYTES_MAX);
    json_append_string(&quoted, view_from_text(text));
    struct view rest = buf_view(&quoted);
    while (rest.len > 0) {
        bool is_separator =
            view_starts_with(rest, "\xe2\x80\xa8") || view_starts_with(rest, "\xe2\x80\xa9");
        if (rest.at[0] == '<') {
            buf_append_text(out, "\\u003c");
        } else if (is_separator) {
            buf_append_format(out, "\\u20%02x", rest.at[2] == '\xa8' ? 0x28 : 0x29);
        } else {
            buf_append_byte(out, rest.at[0]);
        }
        size_t used = is_separator ? 3 : 1;
        rest = view_part(rest, used, rest.len);
    }
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

static void append_configuration(struct buf *out, const struct bundle_settings *settings,
                                 const char *hash)
{
    char before = '{';
    append_setting(out, &before, "site", settings->site);
    append_setting(out, &before, "endpoint", settings->endpoint);
    append_setting(out, &before, "environment", settings->environment);
    append_setting(out, &before, "release", settings->release);
    append_setting(out, &before, "consent", settings->consent);
    append_setting(out, &before, "storage", settings->storage);
    append_setting(out, &before, "domain", settings->cookie_domain);
    append_setting(out, &before, "bundle", hash);
    buf_append_text(out, before == '{' ? "{}" : "}");
}

static void append_modules(struct bundle *bundle, const struct bundle_settings *settings)
{
    struct view rest = buf_view(&bundle->modules);
    while (rest.len > 0) {
        const struct embedded *file = find_module(settings->tracker, view_cut(&rest, ','));
        buf_append_view(&bundle->text, file->bytes);
        buf_append_byte(&bundle->text, '\n');
    }
    for (size_t i = 0; i < settings->own_count; i++) {
        buf_append_view(&bundle->text, settings->own[i]);
        buf_append_byte(&bundle->text, '\n');
    }
}

static enum status write_text(struct bundle *bundle, const struct bundle_settings *settings,
                              const char *hash, struct fault *fault)
{
    struct view core = embedded_find(settings->tracker, "core.min.js");
    if (core.len == 0) {
        return fault_set(fault, STATUS_NOT_FOUND, "this program was built without a tracker");
    }
    buf_clear(&bundle->text);
    buf_append_text(&bundle->text, "!function(pipesConfig){var pipesModules=[];");
    buf_append_view(&bundle->text, core);
    buf_append_byte(&bundle->text, '\n');
    append_modules(bundle, settings);
    buf_append_text(&bundle->text, "core(pipesConfig,pipesModules)}(");
    append_configuration(&bundle->text, settings, hash);
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
    for (size_t i = 0; status == STATUS_OK && i < (BUNDLE_HASH_BYTES - 1) / 2; i++) {
        snprintf(bundle->hash + 2 * i, 3, "%02x", sum[i]);
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

static enum status compress_gzip(struct bundle *bundle, struct fault *fault)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
    size_t bound = libdeflate_gzip_compress_bound(compressor, bundle->text.len);
    char *place = compressor ? buf_reserve(&bundle->gzip, bound) : NULL;
    size_t len = 0;
    if (place) {
        len = libdeflate_gzip_compress(compressor, bundle->text.at, bundle->text.len, place, bound);
        buf_used(&bundle->gzip, len);
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
    buf_init(&bundle->modules, 4096);
    enum status status = choose_modules(bundle, settings, fault);
    /* The hash is that of the text without it: it cannot be over itself. */
    status = status == STATUS_OK ? write_text(bundle, settings, NULL, fault) : status;
    status = status == STATUS_OK ? set_hash(bundle, fault) : status;
    status = status == STATUS_OK ? write_text(bundle, settings, bundle->hash, fault) : status;
    return status == STATUS_OK ? set_integrity(bundle, fault) : status;
}

enum status bundle_compress(struct bundle *bundle, struct fault *fault)
{
    enum status status = compress_gzip(bundle, fault);
    return status == STATUS_OK ? compress_brotli(bundle, fault) : status;
}
