#include "app/site_bucket.h"

#include "app/fetch.h"
#include "base/hex.h"

#include <openssl/evp.h>
#include <stdio.h>

enum {
    ANSWER_BYTES_MAX = 1 << 20,
    NAME_BYTES = 512,
    HEADER_BYTES = 2048,
    BUCKET_BYTES_MAX = 63,
    SHA256_BYTES = 32,
};

struct bucket {
    struct fetch fetch;
    struct fetch_signature signature;
    char base[NAME_BYTES]; /* "https://host/prefix/" */
    char token[HEADER_BYTES];
};

static const char SCHEME[] = "s3://";

bool site_bucket_is(const char *target)
{
    return strncmp(target, SCHEME, sizeof(SCHEME) - 1) == 0;
}

static const char *variable(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (; environment && *environment; environment++) {
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=') {
            return *environment + len + 1;
        }
    }
    return "";
}

static const char *first_of(const char *a, const char *b, const char *c, const char *d)
{
    return a[0] ? a : b[0] ? b : c[0] ? c : d;
}

/* Names that need no escape, in addresses and in what is signed. */
static bool is_plain(const char *text, size_t len, bool has_slash)
{
    for (size_t i = 0; i < len; i++) {
        char byte = text[i];
        bool is_letter =
            ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || (byte >= '0' && byte <= '9');
        if (!is_letter && !strchr("-._", byte) && !(has_slash && byte == '/')) {
            return false;
        }
    }
    return true;
}

static enum status find_base(struct bucket *bucket, const struct site_bucket_options *options,
                             struct fault *fault)
{
    const char *name = options->target + sizeof(SCHEME) - 1;
    size_t len = strcspn(name, "/");
    const char *prefix = name + len + strspn(name + len, "/");
    size_t prefix_len = strlen(prefix);
    while (prefix_len > 0 && prefix[prefix_len - 1] == '/') {
        prefix_len--;
    }
    if (len < 3 || len > BUCKET_BYTES_MAX || !is_plain(name, len, false) ||
        !is_plain(prefix, prefix_len, true) || strstr(prefix, "..") || strstr(prefix, "//")) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "--out s3://BUCKET/PREFIX is of letters, digits, '-', '.' and '_'; not "
                         "\"%.100s\"",
                         options->target);
    }
    char server[NAME_BYTES / 2];
    bool is_part_of_host = !options->endpoint[0] && !memchr(name, '.', len);
    if (options->endpoint[0]) {
        size_t end = strlen(options->endpoint);
        end -= options->endpoint[end - 1] == '/';
        snprintf(server, sizeof(server), "%.*s/", (int)end, options->endpoint);
    } else {
        snprintf(server, sizeof(server), "https://%.*s%ss3.%s.amazonaws.com/",
                 is_part_of_host ? (int)len : 0, name, is_part_of_host ? "." : "",
                 bucket->signature.region);
    }
    int written = snprintf(bucket->base, sizeof(bucket->base), "%s%.*s%s%.*s%s", server,
                           is_part_of_host ? 0 : (int)len, name, is_part_of_host ? "" : "/",
                           (int)prefix_len, prefix, prefix_len > 0 ? "/" : "");
    return written > 0 && (size_t)written < sizeof(bucket->base)
               ? STATUS_OK
               : fault_set(fault, STATUS_TOO_BIG, "the bucket's address is too long");
}

static enum status set_up(struct bucket *bucket, const struct site_bucket_options *options,
                          struct fault *fault)
{
    char *const *environment = options->environment;
    const char *token = variable(environment, "AWS_SESSION_TOKEN");
    *bucket = (struct bucket){
        .signature = {
            .region = first_of(options->region, variable(environment, "AWS_REGION"),
                               variable(environment, "AWS_DEFAULT_REGION"), "us-east-1"),
            .key_id = variable(environment, "AWS_ACCESS_KEY_ID"),
            .secret = variable(environment, "AWS_SECRET_ACCESS_KEY"),
        }};
    if (!bucket->signature.key_id[0] || !bucket->signature.secret[0]) {
        return fault_set(fault, STATUS_NOT_FOUND,
                         "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be in the environment "
                         "to write to %.100s",
                         options->target);
    }
    if (token[0]) {
        int len = snprintf(bucket->token, sizeof(bucket->token), "x-amz-security-token: %s", token);
        if (len < 0 || (size_t)len >= sizeof(bucket->token)) {
            return fault_set(fault, STATUS_TOO_BIG, "AWS_SESSION_TOKEN is too long");
        }
    }
    enum status status = find_base(bucket, options, fault);
    return status == STATUS_OK ? fetch_open(&bucket->fetch, fault) : status;
}

/* S3 wants the hash of what is sent among what is signed; libcurl of Debian 12 leaves that to us.
 */
static void write_hash(struct view bytes, char header[128])
{
    unsigned char sum[EVP_MAX_MD_SIZE] = {0};
    (void)EVP_Digest(bytes.len > 0 ? bytes.at : "", bytes.len, sum, NULL, EVP_sha256(), NULL);
    int len = snprintf(header, 128, "x-amz-content-sha256: ");
    hex_write(header + len, sum, SHA256_BYTES);
    header[len + 2 * SHA256_BYTES] = 0;
}

/* The <Message> of S3's error, as far as there is one. */
static struct view reason_of(const struct fetch_answer *answer)
{
    static const char BEGIN[] = "<Message>";
    struct view body = buf_view(&answer->body);
    const char *at = body.len > 0 ? memmem(body.at, body.len, BEGIN, sizeof(BEGIN) - 1) : NULL;
    struct view rest =
        at ? view_part(body, (size_t)(at - body.at) + sizeof(BEGIN) - 1, 200) : view_make(NULL, 0);
    return view_part(rest, 0, view_find(rest, '<'));
}

static enum status put(struct bucket *bucket, const struct tracker_site_file *file,
                       struct fault *fault)
{
    char url[NAME_BYTES + TRACKER_SITE_NAME_BYTES];
    char hash[128];
    char type[128];
    char cache[128];
    char coding[64];
    size_t count = 0;
    struct fetch_answer answer = {0};
    snprintf(url, sizeof(url), "%s%.59s", bucket->base, file->name);
    struct fetch_request request = {.url = url,
                                    .method = "PUT",
                                    .body = file->bytes,
                                    .bytes_max = ANSWER_BYTES_MAX,
                                    .signature = &bucket->signature};
    write_hash(file->bytes, hash);
    snprintf(type, sizeof(type), "Content-Type: %s", file->type);
    snprintf(cache, sizeof(cache), "Cache-Control: %s", file->cache);
    snprintf(coding, sizeof(coding), "Content-Encoding: %s", file->coding);
    request.headers[count++] = hash;
    request.headers[count++] = type;
    request.headers[count++] = cache;
    if (file->coding[0]) {
        request.headers[count++] = coding;
    }
    if (bucket->token[0]) {
        request.headers[count++] = bucket->token;
    }
    enum status status = fetch_run(&bucket->fetch, &request, &answer, fault);
    if (status == STATUS_OK && answer.status != 200) {
        status = fault_set(fault, STATUS_IO, "%.200s answers %u: %.*s", url, answer.status,
                           VIEW_ARG(reason_of(&answer)));
    }
    fetch_answer_free(&answer);
    return status;
}

/* What cannot be read, because there is none or because reading is not allowed, is nobody's. */
static enum status check_manifest(struct bucket *bucket, const struct site_bucket_options *options,
                                  const struct tracker_site *site, struct fault *fault)
{
    char url[NAME_BYTES + TRACKER_SITE_NAME_BYTES];
    char hash[128];
    struct fetch_answer answer = {0};
    snprintf(url, sizeof(url), "%smanifest.json", bucket->base);
    write_hash(view_make(NULL, 0), hash);
    const struct fetch_request request = {
        .url = url,
        .bytes_max = ANSWER_BYTES_MAX,
        .signature = &bucket->signature,
        .headers = {hash, bucket->token[0] ? bucket->token : NULL}};
    enum status status = fetch_run(&bucket->fetch, &request, &answer, fault);
    if (status == STATUS_OK && answer.status == 200) {
        status = tracker_site_compare(site, buf_view(&answer.body), options->target, fault);
    }
    fetch_answer_free(&answer);
    return status;
}

enum status site_bucket_write(const struct site_bucket_options *options,
                              const struct tracker_site *site, struct fault *fault)
{
    struct bucket bucket;
    struct tracker_site_file files[TRACKER_SITE_FILES];
    enum status status = set_up(&bucket, options, fault);
    if (status == STATUS_OK && !options->may_replace) {
        status = check_manifest(&bucket, options, site, fault);
    }
    tracker_site_list(site, files);
    for (size_t i = 0; i < TRACKER_SITE_FILES && status == STATUS_OK; i++) {
        status = put(&bucket, &files[i], fault);
    }
    fetch_close(&bucket.fetch);
    return status;
}
