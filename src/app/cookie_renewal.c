#include "app/cookie_renewal.h"

#include "app/cookie_domain.h"
#include "base/json.h"
#include "base/url.h"

#include <time.h>

enum {
    NAME_BYTES_MAX = 512,
    LINE_BYTES_MAX = 2048,
    CONSENT_BYTES_MAX = 65536,
    ID_BYTES_MIN = 8,
    ID_BYTES_MAX = 64
};
enum { NUMBER_BYTES_MAX = 15 };
static const int64_t DAY_MS = 86400000;
static const int64_t LIFE_DAYS = 395; /* as LIFE_MS in tracker/src/ids.js */

static bool is_word(char byte)
{
    bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    return is_letter || (byte >= '0' && byte <= '9') || byte == '_';
}

/* As encodeURIComponent() does. */
static void append_encoded(struct buf *out, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        if (is_word(byte) || (byte != 0 && strchr("-.!~*'()", byte))) {
            buf_append_byte(out, byte);
        } else {
            buf_append_format(out, "%%%02X", (unsigned)(unsigned char)byte);
        }
    }
}

static void append_name_part(struct buf *out, char sign, struct view part, const char *plain_one)
{
    if (part.len > 0 && !view_is(part, plain_one)) {
        buf_append_byte(out, sign);
        append_encoded(out, part);
    }
}

/* As the tracker's core makes it: neither part has a + of its own, so no two sites share a name. */
static void append_name(struct buf *out, const struct event *event)
{
    buf_append_text(out, "pipes_anonymous_id");
    append_name_part(out, '.', event_text(event, COLUMN_SITE), "main");
    append_name_part(out, '+', event_text(event, COLUMN_ENVIRONMENT), "production");
}

/* The first of that name, as the tracker reads it. */
static struct view find_cookie(struct view cookies, struct view name)
{
    while (cookies.len > 0) {
        struct view pair = view_trim(view_cut(&cookies, ';'));
        if (view_equal(view_cut(&pair, '='), name)) {
            return pair;
        }
    }
    return view_make(NULL, 0);
}

static bool is_id(struct view id, size_t bytes_min)
{
    for (size_t i = 0; i < id.len; i++) {
        if (!is_word(id.at[i]) && id.at[i] != '-') {
            return false;
        }
    }
    return id.len >= bytes_min && id.len <= ID_BYTES_MAX;
}

static bool is_number(struct view text, uint64_t *number)
{
    return text.len <= NUMBER_BYTES_MAX && view_to_uint64(text, number);
}

/* "<id>.<index>.<last>", which a cookie of an older tracker lacks. */
static bool is_session(struct view text)
{
    uint64_t ignored;
    struct view rest = text;
    return is_id(view_cut(&rest, '.'), 1) && is_number(view_cut(&rest, '.'), &ignored) &&
           is_number(rest, &ignored);
}

/* "1.<id>.<created>", with a session or without, of a cookie that has not ended: *ends_ms. */
static bool is_valid(struct view value, int64_t now_ms, int64_t *ends_ms)
{
    struct view rest = value;
    uint64_t created = 0;
    if (!view_is(view_cut(&rest, '.'), "1") || !is_id(view_cut(&rest, '.'), ID_BYTES_MIN)) {
        return false;
    }
    struct view number = view_cut(&rest, '.');
    bool is_alone = number.at + number.len == value.at + value.len;
    if (!is_number(number, &created) || (!is_alone && !is_session(rest))) {
        return false;
    }
    *ends_ms = (int64_t)created + LIFE_DAYS * DAY_MS;
    return (int64_t)created <= now_ms + DAY_MS && *ends_ms > now_ms;
}

/* What the page and the request say of each other. */
struct place {
    struct view page_host;
    struct view host; /* ours */
    struct view domain;
    bool is_https;
};

/* Browsers that do not say Sec-Fetch-Site are believed when page and collector are one host. */
static bool is_same_site(const struct http_head *head, const struct place *place)
{
    struct view said = http_header(head, "sec-fetch-site");
    return said.len > 0 ? view_is(said, "same-origin") || view_is(said, "same-site")
                        : cookie_domain_is_same(place->page_host, place->host);
}

/* A cookie without a domain is one of the page's host alone, so that must be ours. */
static bool find_place(const struct http_head *head, struct view domain, struct place *place)
{
    struct view origin = http_header(head, "origin");
    place->is_https = view_starts_with(origin, "https://");
    place->page_host = cookie_domain_host(url_split(origin).host);
    place->host = cookie_domain_host(http_header(head, "host"));
    place->domain = domain;
    if (!cookie_domain_is_host(place->page_host) || !cookie_domain_is_host(place->host) ||
        !is_same_site(head, place)) {
        return false;
    }
    if (domain.len == 0) {
        return cookie_domain_is_same(place->page_host, place->host);
    }
    return cookie_domain_is_host(domain) && cookie_domain_covers(domain, place->host) &&
           cookie_domain_covers(domain, place->page_host);
}

/* Of a beacon no page hears the answer: one that came late would go unnoticed. */
static bool is_beacon(struct view query)
{
    struct view id;
    return url_find_parameter(query, "beacon", &id);
}

/* What says no state says nothing against it. */
static bool is_allowed(const struct event *event, struct arena *arena)
{
    struct buf row;
    struct json doc;
    struct fault ignored;
    struct event only = {0};
    if (!event_has(event, COLUMN_CONSENT)) {
        return true;
    }
    only.present = UINT64_C(1) << COLUMN_CONSENT;
    only.values[COLUMN_CONSENT] = event->values[COLUMN_CONSENT];
    buf_init(&row, CONSENT_BYTES_MAX);
    bool is_granted = event_append_row(&row, &only) == STATUS_OK &&
                      json_parse(&doc, buf_view(&row), arena, NULL, &ignored) == STATUS_OK;
    if (is_granted) {
        json_value consent = json_member(&doc, JSON_ROOT, columns[COLUMN_CONSENT].name);
        json_value state = json_member(&doc, consent, "state");
        is_granted = state == JSON_NO_VALUE || view_is(json_unquoted(&doc, state), "granted");
    }
    buf_free(&row);
    return is_granted;
}

static bool are_allowed(const struct batch *batch, struct arena *arena)
{
    for (size_t i = 0; i < batch->event_count; i++) {
        if (!is_allowed(&batch->events[i], arena)) {
            return false;
        }
    }
    return batch->event_count > 0;
}

static void add_line(struct http_reply *reply, const struct place *place, struct view pair,
                     int64_t ends_ms)
{
    char date[64];
    struct buf line;
    struct tm parts;
    time_t ends = (time_t)(ends_ms / 1000);
    gmtime_r(&ends, &parts);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    buf_init(&line, LINE_BYTES_MAX);
    buf_append_view(&line, pair);
    buf_append_format(&line, "; Path=/; Expires=%s", date);
    if (place->domain.len > 0) {
        buf_append_format(&line, "; Domain=%.*s", VIEW_ARG(place->domain));
    }
    buf_append_text(&line, "; SameSite=Lax");
    buf_append_text(&line, place->is_https ? "; Secure" : "");
    if (buf_status(&line) == STATUS_OK) {
        http_reply_header(reply, "Set-Cookie", buf_view(&line));
    }
    buf_free(&line);
}

void cookie_renewal_add(const struct cookie_renewal *asking, struct http_reply *reply)
{
    const struct batch *batch = asking->batch;
    struct place place;
    int64_t ends_ms;
    if (!batch->asks_cookie || is_beacon(asking->head->query) ||
        !find_place(asking->head, batch->cookie_domain, &place) ||
        !are_allowed(batch, asking->arena)) {
        return;
    }
    struct buf pair;
    buf_init(&pair, NAME_BYTES_MAX);
    append_name(&pair, &batch->events[0]);
    struct view value = find_cookie(http_header(asking->head, "cookie"), buf_view(&pair));
    if (buf_status(&pair) == STATUS_OK && is_valid(value, asking->now_ms, &ends_ms)) {
        buf_append_byte(&pair, '=');
        buf_append_view(&pair, value);
        add_line(reply, &place, buf_view(&pair), ends_ms);
    }
    buf_free(&pair);
}
