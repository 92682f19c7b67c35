/*
 * The strict request cases of llhttp, the parser of Node.js, held against ours: what it refuses is
 * refused here, what it accepts is accepted with the same number of requests, but for the list
 * below. The cases are read from data/llhttp in the shared folder (../shared, or where
 * PIPES_SHARED_DATA points to); without it the test is skipped.
 *
 * A case is a title, a comment that says of what type it is, the bytes, and the log of llhttp:
 *
 *     ## Title
 *     <!-- meta={"type": "request"} -->
 *     ```http
 *     ```
 *     ```log
 *     ```
 */
#include "net/http_chunked.h"
#include "net/http_head.h"

#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CASE_BYTES_MAX = 64 * 1024, ANY_NUMBER = 1000 };

/* Where we differ on purpose, and why. A case that is listed and does not differ fails as well. */
static const struct {
    const char *file;
    const char *title;
} differences[] = {
    /* HTTP/0.9 has no version; RFC 9112 does not have it any more. */
    {"sample.md", "No HTTP version"},
    /* llhttp speaks the protocols of media servers, too. */
    {"method.md", "SOURCE request with ICE"},
    {"method.md", "OPTIONS request with RTSP"},
    {"method.md", "ANNOUNCE request with RTSP"},
    /* llhttp takes only methods it knows. Here any token is one (RFC 9110, 9.1), and the handler
     * answers those it does not know. */
    {"invalid.md", "HTTP protocol and ANNOUNCE method"},
    {"invalid.md", "Invalid method"},
    /* There are no tunnels here: CONNECT is answered with 501. */
    {"method.md", "CONNECT request"},
    {"method.md", "CONNECT request with CAPS"},
    {"method.md", "CONNECT with body"},
    {"uri.md", "Underscore in hostname"},
    /* The asterisk is for OPTIONS (RFC 9112, 3.2.4); that of SSDP comes over UDP. */
    {"method.md", "M-SEARCH request"},
    /* User information in a target is an error or a trick (RFC 9110, 4.2.4). */
    {"uri.md", "`host:port` and basic auth"},
    /* Chunked over another coding has a clear end, but that coding is not undone here: 501. */
    {"transfer-encoding.md", "POST with `chunked` as last transfer-encoding"},
    {"transfer-encoding.md", "POST with `chunked` as last transfer-encoding (multiple headers)"},
    /* One empty line before a request is overlooked (RFC 9112, 2.2), not two. */
    {"connection.md", "CRLF between requests, implicit `keep-alive`"},
    /* The program that llhttp is tried with leaves the bodies of this case out. */
    {"content-length.md", "Content-Length reset when no body is received"},
};

struct llhttp_case {
    const char *file;
    struct view title;
    struct view meta;
    struct view text; /* of the request, escapes as they stand */
    struct view log;
};

/* What llhttp makes of it. */
struct expectation {
    bool is_error;
    bool is_pause;     /* it stops behind the last request: an upgrade */
    unsigned requests; /* that are complete */
};

/* What we make of it. */
struct outcome {
    const char *sentence; /* NULL when nothing was refused */
    unsigned requests;
};

/* Where the messages of one case stand, and what of them is read. */
struct reading {
    struct buf bytes;
    size_t at;
    bool has_added_host;
    struct http_head head;
    struct http_refusal refusal;
};

static bool has_text(struct view v, const char *text)
{
    return memmem(v.at, v.len, text, strlen(text)) != NULL;
}

static unsigned count_text(struct view v, const char *text)
{
    unsigned count = 0;
    while (v.len > 0) {
        count += has_text(view_cut(&v, '\n'), text);
    }
    return count;
}

/* Its codes 5, 22 and 23 are no errors: data behind "Connection: close", which nobody reads, and
 * pauses for an upgrade. */
static struct expectation read_expectation(struct view log)
{
    bool is_pause = has_text(log, "error code=22 ") || has_text(log, "error code=23 ");
    return (struct expectation){
        .is_error = has_text(log, "error code=") && !is_pause && !has_text(log, "error code=5 "),
        .is_pause = is_pause,
        .requests = count_text(log, "message complete"),
    };
}

static bool is_octal(char byte)
{
    return byte >= '0' && byte <= '7';
}

/* A number behind a backslash: octal, or hexadecimal behind an x. */
static size_t append_number(struct buf *out, struct view text)
{
    char digits[8] = {0};
    size_t len = 0;
    bool is_hex = text.len > 2 && text.at[0] == 'x';
    size_t start = is_hex ? 1 : 0;
    size_t most = is_hex ? 2 : 3;
    while (len < most && start + len < text.len &&
           (is_hex ? strchr("0123456789abcdefABCDEF", text.at[start + len]) != NULL
                   : is_octal(text.at[start + len]))) {
        digits[len] = text.at[start + len];
        len++;
    }
    if (len > 0) {
        buf_append_byte(out, (char)strtoul(digits, NULL, is_hex ? 16 : 8));
    }
    return len > 0 ? start + len : 0;
}

/* Appends what stands behind a backslash and gives its length; 0 when it stands for itself. */
static size_t append_escape(struct buf *out, struct view text)
{
    static const char names[] = "rntf";
    static const char bytes[] = "\r\n\t\f";
    if (text.len == 0 || text.at[0] == '\n') {
        return text.len == 0 ? 0 : 1;
    }
    const char *found = text.at[0] ? strchr(names, text.at[0]) : NULL;
    if (found) {
        buf_append_byte(out, bytes[found - names]);
        return 1;
    }
    return append_number(out, text);
}

/* The bytes of a case: lines end with CR LF, the last one does not end. */
static void append_bytes(struct buf *out, struct view text)
{
    text = view_part(text, 0, text.len > 0 ? text.len - 1 : 0);
    while (text.len > 0) {
        char byte = text.at[0];
        text = view_part(text, 1, text.len);
        size_t escaped = byte == '\\' ? append_escape(out, text) : 0;
        text = view_part(text, escaped, text.len);
        if (byte == '\n') {
            buf_append_text(out, "\r\n");
        } else if (byte != '\\' || escaped == 0) {
            buf_append_byte(out, byte);
        }
    }
}

/* Where the request line ends. */
static size_t end_of_request_line(const struct reading *reading)
{
    struct view bytes = buf_view(&reading->bytes);
    struct view rest = view_part(bytes, reading->at, bytes.len);
    rest = view_part(rest, view_starts_with(rest, "\r\n") ? 2 : 0, rest.len);
    return (size_t)(rest.at - bytes.at) + view_find(rest, '\n') + 1;
}

/* Half of the cases have a fragment in the target, which nobody may send (RFC 9112, 3.2.1) and
 * llhttp accepts. It becomes part of the query, so that the rest of the case is looked at. */
static bool hide_fragment(struct reading *reading)
{
    size_t end = end_of_request_line(reading);
    char *found = memchr(reading->bytes.at + reading->at, '#', end - reading->at);
    if (found && strstr(reading->refusal.sentence, "must be encoded")) {
        *found = '_';
        return true;
    }
    return false;
}

/* Most cases have no Host, which llhttp does not look for. It comes behind the request line. */
static bool add_host(struct reading *reading)
{
    struct view bytes = buf_view(&reading->bytes);
    bool is_missing = strstr(reading->refusal.sentence, "exactly one Host") != NULL;
    if (!is_missing || reading->has_added_host) {
        return false;
    }
    size_t end = end_of_request_line(reading);
    struct buf with_host;
    buf_init(&with_host, CASE_BYTES_MAX);
    buf_append_view(&with_host, view_part(bytes, 0, end));
    buf_append_text(&with_host, "Host: a\r\n");
    buf_append_view(&with_host, view_part(bytes, end, bytes.len));
    buf_free(&reading->bytes);
    reading->bytes = with_host;
    return reading->has_added_host = true;
}

static enum http_progress read_head(struct reading *reading)
{
    enum http_progress progress = HTTP_NEED_MORE;
    reading->has_added_host = false;
    do {
        struct view bytes = buf_view(&reading->bytes);
        progress = http_head_parse(&reading->head, view_part(bytes, reading->at, bytes.len),
                                   &reading->refusal);
    } while (progress == HTTP_REFUSED && (add_host(reading) || hide_fragment(reading)));
    reading->at += progress == HTTP_DONE ? reading->head.len : 0;
    return progress;
}

static enum http_progress read_body(struct reading *reading)
{
    struct view bytes = buf_view(&reading->bytes);
    struct view rest = view_part(bytes, reading->at, bytes.len);
    if (!reading->head.is_chunked) {
        reading->at += reading->head.content_length;
        return reading->head.content_length <= rest.len ? HTTP_DONE : HTTP_NEED_MORE;
    }
    struct http_chunked chunked;
    struct buf body;
    size_t used = 0;
    buf_init(&body, CASE_BYTES_MAX);
    http_chunked_init(&chunked, CASE_BYTES_MAX);
    enum http_progress progress =
        http_chunked_feed(&chunked, rest, &used, &body, &reading->refusal);
    reading->at += used;
    buf_free(&body);
    return progress;
}

/* Reads request after request, as a connection does, but not more than so many. */
static struct outcome read_requests(struct view bytes, unsigned most)
{
    struct reading reading = {0};
    struct outcome outcome = {0};
    buf_init(&reading.bytes, CASE_BYTES_MAX);
    buf_append_view(&reading.bytes, bytes);
    bool goes_on = true;
    while (goes_on && outcome.requests < most) {
        enum http_progress progress = read_head(&reading);
        progress = progress == HTTP_DONE ? read_body(&reading) : progress;
        outcome.requests += progress == HTTP_DONE;
        outcome.sentence = progress == HTTP_REFUSED ? reading.refusal.sentence : NULL;
        goes_on = progress == HTTP_DONE && reading.head.keep_alive;
    }
    buf_free(&reading.bytes);
    return outcome;
}

static struct outcome run_case(const struct llhttp_case *one, struct expectation expected)
{
    struct buf bytes;
    buf_init(&bytes, CASE_BYTES_MAX);
    append_bytes(&bytes, one->text);
    unsigned most = expected.is_pause ? expected.requests : ANY_NUMBER;
    struct outcome outcome = read_requests(buf_view(&bytes), most);
    if (expected.is_error && !outcome.sentence && outcome.requests == expected.requests) {
        /* Its bytes may end where llhttp stops; we look at a line when all of it is there. */
        buf_append_text(&bytes, "\r\n\r\n");
        outcome = read_requests(buf_view(&bytes), most);
    }
    assert_int_equal(buf_status(&bytes), STATUS_OK);
    buf_free(&bytes);
    return outcome;
}

static bool is_listed(const struct llhttp_case *one)
{
    for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
        if (strcmp(differences[i].file, one->file) == 0 &&
            view_is(one->title, differences[i].title)) {
            return true;
        }
    }
    return false;
}

/* Cases for its looser modes are not for us. */
static bool is_strict(struct view meta)
{
    return has_text(meta, "\"request\"") || has_text(meta, "\"request-finish\"");
}

/* True when we differ in a way that is not listed, or are listed and do not differ. */
static bool is_wrong(const struct llhttp_case *one)
{
    struct expectation expected = read_expectation(one->log);
    struct outcome outcome = run_case(one, expected);
    bool is_refused = outcome.sentence != NULL;
    bool is_same =
        is_refused == expected.is_error && (is_refused || outcome.requests == expected.requests);
    if (is_same != is_listed(one)) {
        return false;
    }
    print_error("%s: %.*s: llhttp %s, %u requests; here %s, %u requests\n", one->file,
                VIEW_ARG(one->title), expected.is_error ? "refuses" : "accepts", expected.requests,
                is_refused ? outcome.sentence : "accepted", outcome.requests);
    return true;
}

/* What stands up to the end of a fenced block. */
static struct view take_block(struct view *text)
{
    struct view block = view_make(text->at, 0);
    while (text->len > 0) {
        struct view line = view_cut(text, '\n');
        if (view_starts_with(line, "```")) {
            break;
        }
        block.len += line.len + 1;
    }
    return block;
}

static struct view title_of(struct view line)
{
    while (view_starts_with(line, "#")) {
        line = view_part(line, 1, line.len);
    }
    return view_trim(line);
}

/* Reads up to the log of the next case; false when there is none. */
static bool next_case(struct llhttp_case *one, struct view *text)
{
    while (text->len > 0) {
        struct view line = view_cut(text, '\n');
        if (view_starts_with(line, "#")) {
            one->title = title_of(line);
        } else if (view_starts_with(line, "<!-- meta=")) {
            one->meta = line;
        } else if (view_starts_with(line, "```http")) {
            one->text = take_block(text);
        } else if (view_starts_with(line, "```log")) {
            one->log = take_block(text);
            return true;
        }
    }
    return false;
}

static unsigned wrong_in_file(int folder_fd, const char *name, unsigned *cases)
{
    struct buf file;
    struct fault fault = {0};
    unsigned wrong = 0;
    buf_init(&file, 1 << 20);
    assert_int_equal(file_read(folder_fd, name, &file, &fault), STATUS_OK);
    struct llhttp_case one = {.file = name};
    for (struct view text = buf_view(&file); next_case(&one, &text);) {
        if (is_strict(one.meta)) {
            wrong += is_wrong(&one);
            *cases += 1;
        }
    }
    buf_free(&file);
    return wrong;
}

static DIR *open_cases(void)
{
    char path[4096];
    const char *data = getenv("PIPES_SHARED_DATA");
    snprintf(path, sizeof(path), "%s/llhttp/test/request", data ? data : "../shared/data");
    return opendir(path);
}

static void agrees_with_llhttp_but_for_the_list(void **state)
{
    (void)state;
    DIR *folder = open_cases();
    if (!folder) {
        print_message("skipped: there is no ../shared/data/llhttp\n");
        skip();
    }
    unsigned cases = 0;
    unsigned wrong = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (view_ends_with(view_from_text(entry->d_name), ".md")) {
            wrong += wrong_in_file(dirfd(folder), entry->d_name, &cases);
        }
    }
    closedir(folder);
    print_message("%u strict cases\n", cases);
    assert_true(cases > 0);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_llhttp_but_for_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
