/*
 * fetch.h - requests to other servers by HTTP and HTTPS, with libcurl.
 *
 * The library is loaded when somebody asks (by `pipes doctor` and `pipes build --out s3://...`): a
 * collector neither needs it nor pays for it. Certificates are always verified (by the system's
 * authorities, or those of the file that SSL_CERT_FILE names); addresses other than http and
 * https are refused, redirects too unless they are asked for; each answer has a ceiling and a time.
 *
 *     fetch_open(&fetch, &fault);
 *     struct fetch_request request = {.url = "https://shop.example/", .follows = true, .bytes_max =
 * 1 << 20}; fetch_run(&fetch, &request, &answer, &fault);      STATUS_OK whatever the answer's
 * status is if (answer.status == 200) { ... fetch_header(&answer, "content-type") ... }
 *     fetch_answer_free(&answer);
 *     fetch_close(&fetch);
 */
#ifndef PIPES_APP_FETCH_H
#define PIPES_APP_FETCH_H

#include "base/buf.h"
#include "base/status.h"

#include <stdint.h>

enum {
    FETCH_TIME_MS = 15000,
    FETCH_CONNECT_MS = 5000,
    FETCH_REDIRECTS_MAX = 5,
    FETCH_HEADER_BYTES_MAX = 64 * 1024,
    FETCH_HEADERS_MAX = 12,
    FETCH_URL_BYTES = 2048,
};

struct fetch {
    void *library;
    void *handle;
};

/* Who signs requests to S3 (Signature Version 4). */
struct fetch_signature {
    const char *region;
    const char *key_id;
    const char *secret;
};

struct fetch_request {
    const char *url;
    const char *method;                     /* NULL: GET */
    const char *headers[FETCH_HEADERS_MAX]; /* "Name: value"; ends with NULL */
    struct view body;
    bool follows; /* redirects */
    size_t bytes_max;
    const struct fetch_signature *signature; /* NULL: none */
};

struct fetch_answer {
    unsigned status;
    char url[FETCH_URL_BYTES]; /* where it came from in the end */
    struct buf headers;        /* lines of the last answer */
    struct buf body;
};

/* STATUS_NOT_FOUND: there is no libcurl. */
enum status fetch_open(struct fetch *fetch, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void fetch_close(struct fetch *fetch);

/* STATUS_IO: nobody answered, or not in time, or the certificate is not good; STATUS_TOO_BIG. */
enum status fetch_run(struct fetch *fetch, const struct fetch_request *request,
                      struct fetch_answer *answer, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void fetch_answer_free(struct fetch_answer *answer);

/* The value of the n-th header of that name, counted from 0; empty when there is none. */
struct view fetch_header_at(const struct fetch_answer *answer, const char *name, size_t n);
struct view fetch_header(const struct fetch_answer *answer, const char *name);

#endif
