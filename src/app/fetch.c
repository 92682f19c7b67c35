#include "app/fetch.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static const char FILE_NAME[] = "libcurl.so.4";

/* All that is used of it. */
struct curl_api {
    CURL *(*init)(void);
    void (*cleanup)(CURL *);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    void (*reset)(CURL *);
    const char *(*strerror)(CURLcode);
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    void (*free_all)(struct curl_slist *);
};

/* POSIX lets a function's address come as a void pointer; the language only by its bytes. */
static bool find(void *library, const char *name, void *place)
{
    void *symbol = dlsym(library, name);
    memcpy(place, &symbol, sizeof(symbol));
    return symbol != NULL;
}

static bool find_all(void *library, struct curl_api *api)
{
    return find(library, "curl_easy_init", &api->init) &&
           find(library, "curl_easy_cleanup", &api->cleanup) &&
           find(library, "curl_easy_setopt", &api->setopt) &&
           find(library, "curl_easy_perform", &api->perform) &&
           find(library, "curl_easy_getinfo", &api->getinfo) &&
           find(library, "curl_easy_reset", &api->reset) &&
           find(library, "curl_easy_strerror", &api->strerror) &&
           find(library, "curl_slist_append", &api->append) &&
           find(library, "curl_slist_free_all", &api->free_all);
}

enum status fetch_open(struct fetch *fetch, struct fault *fault)
{
    struct curl_api api;
    *fetch = (struct fetch){.library = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL)};
    if (!fetch->library) {
        return fault_set(fault, STATUS_NOT_FOUND,
                         "%s was not found, which fetches pages: install what Debian calls "
                         "libcurl4",
                         FILE_NAME);
    }
    if (!find_all(fetch->library, &api)) {
        return fault_set(fault, STATUS_BAD_INPUT, "this %s is too old", FILE_NAME);
    }
    fetch->handle = api.init();
    return fetch->handle ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "no memory to fetch");
}

void fetch_close(struct fetch *fetch)
{
    struct curl_api api;
    if (fetch->handle && find_all(fetch->library, &api)) {
        api.cleanup(fetch->handle);
    }
    /* The library stays: its own libraries keep state that does not survive their going. */
    *fetch = (struct fetch){0};
}

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct fetch_answer *answer = self;
    return buf_append(&answer->body, bytes, size * count) == STATUS_OK ? size * count : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *self)
{
    struct fetch_answer *answer = self;
    struct view line = view_make(bytes, size * count);
    if (view_starts_with(line, "HTTP/")) {
        buf_clear(&answer->headers); /* another answer: after a redirect, or 100 */
        buf_clear(&answer->body);
    }
    return buf_append_view(&answer->headers, line) == STATUS_OK ? line.len : 0;
}

static void set_up(const struct curl_api *api, CURL *curl, const struct fetch_request *request,
                   struct fetch_answer *answer)
{
    api->setopt(curl, CURLOPT_URL, request->url);
    api->setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    api->setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    api->setopt(curl, CURLOPT_FOLLOWLOCATION, request->follows ? 1L : 0L);
    api->setopt(curl, CURLOPT_MAXREDIRS, (long)FETCH_REDIRECTS_MAX);
    api->setopt(curl, CURLOPT_TIMEOUT_MS, (long)FETCH_TIME_MS);
    api->setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)FETCH_CONNECT_MS);
    api->setopt(curl, CURLOPT_NOSIGNAL, 1L);
    api->setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    api->setopt(curl, CURLOPT_USERAGENT, "Pipes/" PIPES_VERSION);
    api->setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    api->setopt(curl, CURLOPT_WRITEDATA, answer);
    api->setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    api->setopt(curl, CURLOPT_HEADERDATA, answer);
    /* As OpenSSL's own programs do: authorities of a private network. */
    const char *authorities = secure_getenv("SSL_CERT_FILE");
    if (authorities && authorities[0]) {
        api->setopt(curl, CURLOPT_CAINFO, authorities);
    }
    if (request->method) {
        api->setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    }
    if (request->body.at) {
        api->setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        api->setopt(curl, CURLOPT_POSTFIELDS, request->body.at);
    }
}

static void sign(const struct curl_api *api, CURL *curl, const struct fetch_signature *signature)
{
    char how[128];
    snprintf(how, sizeof(how), "aws:amz:%.64s:s3", signature->region);
    api->setopt(curl, CURLOPT_AWS_SIGV4, how);
    api->setopt(curl, CURLOPT_USERNAME, signature->key_id);
    api->setopt(curl, CURLOPT_PASSWORD, signature->secret);
}

static enum status judge(const struct curl_api *api, CURLcode code,
                         const struct fetch_answer *answer, const char *url, struct fault *fault)
{
    if (code == CURLE_OK) {
        return STATUS_OK;
    }
    if (buf_status(&answer->body) != STATUS_OK || buf_status(&answer->headers) != STATUS_OK) {
        return fault_set(fault, STATUS_TOO_BIG, "%.200s answers with more than %zu bytes", url,
                         answer->body.ceiling);
    }
    return fault_set(fault, STATUS_IO, "%.200s: %s", url, api->strerror(code));
}

enum status fetch_run(struct fetch *fetch, const struct fetch_request *request,
                      struct fetch_answer *answer, struct fault *fault)
{
    struct curl_api api;
    char *url = NULL;
    long status = 0;
    struct curl_slist *headers = NULL;
    *answer = (struct fetch_answer){0};
    buf_init(&answer->body, request->bytes_max);
    buf_init(&answer->headers, FETCH_HEADER_BYTES_MAX);
    if (!find_all(fetch->library, &api)) {
        return fault_set(fault, STATUS_BAD_INPUT, "this %s is too old", FILE_NAME);
    }
    api.reset(fetch->handle);
    set_up(&api, fetch->handle, request, answer);
    for (size_t i = 0; i < FETCH_HEADERS_MAX && request->headers[i]; i++) {
        headers = api.append(headers, request->headers[i]);
    }
    api.setopt(fetch->handle, CURLOPT_HTTPHEADER, headers);
    if (request->signature) {
        sign(&api, fetch->handle, request->signature);
    }
    CURLcode code = api.perform(fetch->handle);
    api.getinfo(fetch->handle, CURLINFO_RESPONSE_CODE, &status);
    api.getinfo(fetch->handle, CURLINFO_EFFECTIVE_URL, &url);
    answer->status = (unsigned)status;
    snprintf(answer->url, sizeof(answer->url), "%s", url ? url : request->url);
    api.free_all(headers);
    return judge(&api, code, answer, request->url, fault);
}

void fetch_answer_free(struct fetch_answer *answer)
{
    buf_free(&answer->headers);
    buf_free(&answer->body);
}

struct view fetch_header_at(const struct fetch_answer *answer, const char *name, size_t n)
{
    struct view rest = buf_view(&answer->headers);
    while (rest.len > 0) {
        struct view value = view_cut(&rest, '\n');
        value = view_part(value, 0, view_find(value, '\r'));
        bool has_colon = view_find(value, ':') < value.len;
        if (has_colon && view_is_ignoring_case(view_trim(view_cut(&value, ':')), name) &&
            n-- == 0) {
            return view_trim(value);
        }
    }
    return view_make(NULL, 0);
}

struct view fetch_header(const struct fetch_answer *answer, const char *name)
{
    return fetch_header_at(answer, name, 0);
}
