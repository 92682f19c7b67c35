#include "net/http_head.h"

#include "net/http_scan.h"
#include "net/http_target.h"

enum { METHOD_BYTES_MAX = 32, VERSION_BYTES = 8 };

static enum http_progress refuse(struct http_refusal *refusal, unsigned status,
                                 const char *sentence)
{
    *refusal = (struct http_refusal){status, sentence};
    return HTTP_REFUSED;
}

bool http_is_token(struct view v)
{
    return v.len > 0 && http_bytes_are(v, HTTP_BYTE_TOKEN);
}

bool http_head_add(struct http_head *head, struct view name, struct view value)
{
    if (head->header_count == HTTP_HEADERS_MAX) {
        return false;
    }
    size_t place = head->header_count++;
    head->headers[place] = (struct http_header){name, value};
    head->next[place] = 0;
    uint8_t *link = &head->first[http_name_key(name)];
    while (*link > 0) {
        link = &head->next[*link - 1];
    }
    *link = (uint8_t)(place + 1);
    return true;
}

static bool is_named(const struct http_header *header, struct view name)
{
    return header->name.len == name.len && view_is_text_ignoring_case(header->name, name.at);
}

const struct http_header *http_header_from(const struct http_head *head, uint8_t link,
                                           struct view name)
{
    while (link > 0 && !is_named(&head->headers[link - 1], name)) {
        link = head->next[link - 1];
    }
    return link > 0 ? &head->headers[link - 1] : NULL;
}

struct view http_header_list(const struct http_head *head, const char *name, struct buf *joined)
{
    const struct http_header *header = http_header_first(head, name);
    const struct http_header *next = header ? http_header_next(head, header, name) : NULL;
    if (!next) {
        return header ? header->value : view_make(NULL, 0);
    }
    for (; header; header = http_header_next(head, header, name)) {
        buf_append_text(joined, joined->len > 0 ? ", " : "");
        buf_append_view(joined, header->value);
    }
    return buf_view(joined);
}

bool http_list_has(struct view list, const char *word)
{
    while (list.len > 0) {
        if (view_is_ignoring_case(view_trim(view_cut(&list, ',')), word)) {
            return true;
        }
    }
    return false;
}

static enum http_method method_from(struct view v)
{
    static const struct {
        struct view name;
        enum http_method method;
    } names[] = {
        {{"POST", 4}, HTTP_POST},     {{"GET", 3}, HTTP_GET}, {{"OPTIONS", 7}, HTTP_OPTIONS},
        {{"HEAD", 4}, HTTP_HEAD},     {{"PUT", 3}, HTTP_PUT}, {{"PATCH", 5}, HTTP_PATCH},
        {{"DELETE", 6}, HTTP_DELETE},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (view_equal(v, names[i].name)) {
            return names[i].method;
        }
    }
    return HTTP_OTHER;
}

void http_head_set_method(struct http_head *head, struct view text)
{
    head->method_text = text;
    head->method = method_from(text);
}

static enum http_progress parse_version(struct http_head *head, struct view version,
                                        struct http_refusal *refusal)
{
    bool is_shaped = version.len == VERSION_BYTES && memcmp(version.at, "HTTP/", 5) == 0 &&
                     version.at[5] >= '0' && version.at[5] <= '9' && version.at[6] == '.' &&
                     version.at[7] >= '0' && version.at[7] <= '9';
    if (!is_shaped) {
        return refuse(refusal, 400, "the request line does not end with an HTTP version");
    }
    if (version.at[5] != '1' || version.at[7] > '1') {
        return refuse(refusal, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    head->minor_version = version.at[7] - '0';
    return HTTP_DONE;
}

static enum http_progress parse_request_line(struct http_head *head, struct view line,
                                             struct http_refusal *refusal)
{
    size_t len = (size_t)(http_token_end(line.at, line.at + line.len) - line.at);
    if (len == 0 || (len < line.len && line.at[len] != ' ')) {
        return refuse(refusal, 400, "the request line does not start with a method");
    }
    if (len > METHOD_BYTES_MAX) {
        return refuse(refusal, 501, "no method here has a name that long");
    }
    http_head_set_method(head, view_part(line, 0, len));
    line = view_part(line, len + 1, line.len);
    struct view target = view_cut(&line, ' ');
    enum http_progress progress = http_target_parse(head, target, refusal);
    return progress == HTTP_DONE ? parse_version(head, line, refusal) : progress;
}

static enum http_progress check_host(struct http_head *head, struct http_refusal *refusal)
{
    const struct http_header *host = http_header_first(head, "host");
    bool is_one = host ? !http_header_next(head, host, "host") : head->minor_version == 0;
    if (!is_one) {
        return refuse(refusal, 400, "the request must have exactly one Host header");
    }
    if (host && !http_is_host(host->value)) {
        return refuse(refusal, 400, "the Host header is not a host name");
    }
    /* RFC 9112, 3.2.2: the authority of an absolute target counts, not what Host says. */
    if (host && head->authority.len > 0) {
        head->headers[host - head->headers].value = head->authority;
    }
    return HTTP_DONE;
}

static enum http_progress note_length(struct http_head *head, uint64_t length,
                                      struct http_refusal *refusal)
{
    if (head->has_content_length && head->content_length != length) {
        return refuse(refusal, 400, "the request has two different Content-Lengths");
    }
    head->content_length = length;
    head->has_content_length = true;
    return HTTP_DONE;
}

/* Equal lengths may be repeated, as headers or in one list (RFC 9112, 6.3). A number that overflows
 * is a length like any other, but over every ceiling. */
static enum http_progress read_length(struct http_head *head, struct view list,
                                      struct http_refusal *refusal)
{
    uint64_t length = 0;
    enum http_progress progress = HTTP_DONE;
    bool has_more = true;
    if (view_to_uint64(list, &length)) {
        return note_length(head, length, refusal); /* as a rule */
    }
    while (has_more && progress == HTTP_DONE) {
        has_more = view_find(list, ',') < list.len;
        struct view number = view_trim(view_cut(&list, ','));
        if (number.len == 0 || !http_bytes_are(number, HTTP_BYTE_DIGIT)) {
            return refuse(refusal, 400, "the Content-Length is not a number");
        }
        if (!view_to_uint64(number, &length)) {
            return refuse(refusal, 413, "the request body is too large");
        }
        progress = note_length(head, length, refusal);
    }
    return progress;
}

static enum http_progress read_lengths(struct http_head *head, struct http_refusal *refusal)
{
    const struct http_header *header = http_header_first(head, "content-length");
    for (; header; header = http_header_next(head, header, "content-length")) {
        if (read_length(head, header->value, refusal) != HTTP_DONE) {
            return HTTP_REFUSED;
        }
    }
    return HTTP_DONE;
}

/* RFC 9112, 6.1 and 6.3: without chunked at the very end, or with chunked twice, nobody knows where
 * the body ends (400); chunked over another coding is clear but not spoken here (501). An empty
 * member (RFC 9110, 5.6.1.2) is not overlooked: who sends one is after a server that does. */
static enum http_progress read_codings(struct http_head *head, const struct http_header *header,
                                       struct http_refusal *refusal)
{
    struct view last = {0};
    size_t codings = 0;
    size_t chunked = 0;
    bool has_empty = false;
    for (; header; header = http_header_next(head, header, "transfer-encoding")) {
        struct view list = header->value;
        bool has_more = true;
        while (has_more) {
            has_more = view_find(list, ',') < list.len;
            last = view_trim(view_cut(&list, ','));
            codings++;
            has_empty |= last.len == 0;
            chunked += view_is_ignoring_case(last, "chunked");
        }
    }
    if (has_empty || chunked != 1 || !view_is_ignoring_case(last, "chunked")) {
        return refuse(refusal, 400, "the Transfer-Encoding must be chunked, once and last");
    }
    if (codings > 1) {
        return refuse(refusal, 501, "the only Transfer-Encoding accepted is chunked");
    }
    head->is_chunked = true;
    return HTTP_DONE;
}

static enum http_progress read_framing(struct http_head *head, struct http_refusal *refusal)
{
    if (read_lengths(head, refusal) != HTTP_DONE) {
        return HTTP_REFUSED;
    }
    const struct http_header *codings = http_header_first(head, "transfer-encoding");
    if (!codings) {
        return HTTP_DONE;
    }
    if (head->has_content_length) {
        return refuse(refusal, 400, "Content-Length and Transfer-Encoding exclude each other");
    }
    if (head->minor_version == 0) {
        return refuse(refusal, 400, "HTTP/1.0 has no Transfer-Encoding");
    }
    return read_codings(head, codings, refusal);
}

static enum http_progress read_connection(struct http_head *head, struct http_refusal *refusal)
{
    bool wants_close = false;
    bool wants_keep = false;
    const struct http_header *header = http_header_first(head, "connection");
    for (; header; header = http_header_next(head, header, "connection")) {
        bool is_usual = view_is_ignoring_case(header->value, "keep-alive"); /* needs no list */
        wants_close |= !is_usual && http_list_has(header->value, "close");
        wants_keep |= is_usual || http_list_has(header->value, "keep-alive");
    }
    head->keep_alive = !wants_close && (head->minor_version == 1 || wants_keep);
    struct view expect = http_header(head, "expect");
    if (expect.len > 0 && !view_is_ignoring_case(expect, "100-continue")) {
        return refuse(refusal, 417, "the only expectation known is 100-continue");
    }
    /* RFC 9110, 10.1.1: ignored in an HTTP/1.0 request. */
    head->expects_continue = expect.len > 0 && head->minor_version == 1;
    return HTTP_DONE;
}

static enum http_progress finish(struct http_head *head, struct http_refusal *refusal)
{
    if (check_host(head, refusal) != HTTP_DONE || read_framing(head, refusal) != HTTP_DONE) {
        return HTTP_REFUSED;
    }
    return read_connection(head, refusal);
}

/* Cuts the next line off at its CRLF. */
static enum http_progress next_line(struct view bytes, size_t start, struct view *line,
                                    struct http_refusal *refusal)
{
    struct view rest = view_part(bytes, start, bytes.len);
    size_t cr = view_find(rest, '\r');
    size_t lf = view_find(view_part(rest, 0, cr), '\n');
    if (lf < cr || (cr + 1 < rest.len && rest.at[cr + 1] != '\n')) {
        return refuse(refusal, 400, "lines must end with CR LF, and neither may stand alone");
    }
    *line = view_part(rest, 0, cr);
    return cr + 1 < rest.len ? HTTP_DONE : HTTP_NEED_MORE;
}

/* The head has no end yet: can it still become one? */
static enum http_progress need_more(struct view bytes, bool in_request_line, struct view line,
                                    struct http_refusal *refusal)
{
    if (view_find(line, '\0') < line.len) {
        return refuse(refusal, 400, "the request head holds a zero byte");
    }
    if (in_request_line &&
        line.len > HTTP_TARGET_BYTES_MAX + METHOD_BYTES_MAX + VERSION_BYTES + 2) {
        return refuse(refusal, 414, "the request target is longer than 8 kB");
    }
    if (bytes.len >= HTTP_HEAD_BYTES_MAX) {
        return refuse(refusal, 431, "the request head is longer than 16 kB");
    }
    return HTTP_NEED_MORE;
}

/* Moves *at behind the line. */
static enum http_progress take_request_line(struct http_head *head, struct view bytes, size_t *at,
                                            struct http_refusal *refusal)
{
    struct view line = {0};
    enum http_progress progress = next_line(bytes, *at, &line, refusal);
    if (progress == HTTP_NEED_MORE) {
        return need_more(bytes, true, line, refusal);
    }
    *at += line.len + 2;
    return progress == HTTP_DONE ? parse_request_line(head, line, refusal) : progress;
}

/* One pass over a header line that is as it should be; *at moves on to the next. False when it is
 * not, or not whole yet: why_not_header() says which. */
static bool read_header(const char **at, const char *end, struct http_header *header)
{
    const char *line = *at;
    const char *colon = http_token_end(line, end);
    if (colon == line || colon == end || *colon != ':') {
        return false;
    }
    const char *value = colon + 1;
    while (value < end && view_is_blank(*value)) {
        value++;
    }
    const char *cr = http_field_end(value, end);
    if (end - cr < 2 || cr[0] != '\r' || cr[1] != '\n') {
        return false;
    }
    const char *value_end = cr;
    while (value_end > value && view_is_blank(value_end[-1])) {
        value_end--;
    }
    /* An empty value keeps its place, so that it differs from a missing header. */
    *header = (struct http_header){view_make(line, (size_t)(colon - line)),
                                   view_make(value, (size_t)(value_end - value))};
    *at = cr + 2;
    return true;
}

static enum http_progress why_not_header(struct view bytes, size_t at, struct http_refusal *refusal)
{
    struct view line = {0};
    enum http_progress progress = next_line(bytes, at, &line, refusal);
    if (progress == HTTP_NEED_MORE) {
        return need_more(bytes, false, line, refusal);
    }
    if (progress == HTTP_REFUSED) {
        return HTTP_REFUSED;
    }
    if (line.at[0] == ' ' || line.at[0] == '\t') {
        return refuse(refusal, 400, "folded header lines are not accepted");
    }
    size_t colon = view_find(line, ':');
    if (colon == line.len || !http_is_token(view_part(line, 0, colon))) {
        return refuse(refusal, 400, "a header line has no proper name before its colon");
    }
    return refuse(refusal, 400, "a header value holds control characters");
}

static bool is_at_end(struct view bytes, size_t at)
{
    return bytes.len - at >= 2 && bytes.at[at] == '\r' && bytes.at[at + 1] == '\n';
}

/* Up to the empty line. */
static enum http_progress take_headers(struct http_head *head, struct view bytes, size_t at,
                                       struct http_refusal *refusal)
{
    const char *line = bytes.at + at;
    struct http_header header;
    while (read_header(&line, bytes.at + bytes.len, &header)) {
        if (!http_head_add(head, header.name, header.value)) {
            return refuse(refusal, 431, "the request has more than 64 headers");
        }
    }
    at = (size_t)(line - bytes.at);
    head->len = at + 2;
    return is_at_end(bytes, at) ? HTTP_DONE : why_not_header(bytes, at, refusal);
}

/* The arrays are left as they are: only header_count of them counts. */
static void empty(struct http_head *head)
{
    memset(head, 0, offsetof(struct http_head, headers));
    memset((char *)head + offsetof(struct http_head, header_count), 0,
           sizeof(*head) - offsetof(struct http_head, header_count));
}

void http_head_clear(struct http_head *head)
{
    empty(head);
    head->minor_version = 1;
    head->keep_alive = true;
}

enum http_progress http_head_set_target(struct http_head *head, struct view target,
                                        struct http_refusal *refusal)
{
    bool is_shaped = view_starts_with(target, "/") || view_is(target, "*");
    return is_shaped ? http_target_parse(head, target, refusal)
                     : refuse(refusal, 400, "the request path does not start with a slash");
}

enum http_progress http_head_parse(struct http_head *head, struct view bytes,
                                   struct http_refusal *refusal)
{
    empty(head);
    bytes = view_part(bytes, 0, HTTP_HEAD_BYTES_MAX);
    /* One empty line before the request is overlooked (RFC 9112, 2.2). */
    size_t at = is_at_end(bytes, 0) ? 2 : 0;
    enum http_progress progress = take_request_line(head, bytes, &at, refusal);
    if (progress == HTTP_DONE) {
        progress = take_headers(head, bytes, at, refusal);
    }
    return progress == HTTP_DONE ? finish(head, refusal) : progress;
}
