#include "app/doctor_page.h"

#include "base/json.h"
#include "base/url.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_BYTES_MAX = 1 << 20, CLOCK_OFF_MS = 5000, DATE_STEP_MS = 1000 };

/* What an address answers, as far as it matters here. */
struct answer {
    unsigned status;
    const char *allowed_origin;
    const char *credentials;
    const char *exposed;
    const char *location;
    const char *type;
    const char *error; /* of a collector's refusal; empty */
    bool is_collector; /* it answers as one does */
    int64_t date_ms;
};

static const char *header(struct doctor *doctor, const struct fetch_answer *from, const char *name)
{
    return doctor_format(doctor, "%.*s", VIEW_ARG(fetch_header(from, name)));
}

static void take_body(struct doctor *doctor, struct view body, struct answer *answer)
{
    struct json doc;
    struct fault ignored;
    struct view text;
    answer->error = "";
    if (json_parse(&doc, body, &doctor->arena, NULL, &ignored) != STATUS_OK) {
        return;
    }
    answer->is_collector = json_kind(&doc, json_member(&doc, JSON_ROOT, "accepted")) == JSON_NUMBER;
    if (json_text(&doc, json_member(&doc, JSON_ROOT, "error"), &doctor->arena, &text) ==
        STATUS_OK) {
        answer->error = doctor_format(doctor, "%.*s", VIEW_ARG(text));
    }
}

static bool send(struct doctor *doctor, const struct doctor_page *page, const char *method,
                 struct view body, struct answer *answer)
{
    struct fetch_answer got = {0};
    struct fault fault = {0};
    struct fetch_request request = {
        .url = page->endpoint,
        .method = method,
        .body = body,
        .bytes_max = ANSWER_BYTES_MAX,
        .headers = {doctor_format(doctor, "Origin: %s", page->origin),
                    body.at ? "Content-Type: text/plain;charset=UTF-8"
                            : "Access-Control-Request-Method: POST",
                    "Expect:"},
    };
    bool is_answered = fetch_run(&doctor->fetch, &request, &got, &fault) == STATUS_OK;
    if (is_answered) {
        *answer = (struct answer){
            .status = got.status,
            .allowed_origin = header(doctor, &got, "access-control-allow-origin"),
            .credentials = header(doctor, &got, "access-control-allow-credentials"),
            .exposed = header(doctor, &got, "access-control-expose-headers"),
            .location = header(doctor, &got, "location"),
            .type = header(doctor, &got, "content-type"),
            .date_ms = doctor_date(fetch_header(&got, "date")),
        };
        take_body(doctor, buf_view(&got.body), answer);
    } else {
        doctor_mistake(doctor, "collector",
                       "see that the collector runs, that its name leads there and that its "
                       "certificate is good; `pipes doctor --data DIR` on its machine says more",
                       "%s", fault.text);
    }
    fetch_answer_free(&got);
    return is_answered;
}

static bool is_same_origin(struct doctor *doctor, const struct doctor_page *page)
{
    return strcmp(doctor_origin(doctor, page->endpoint), page->origin) == 0;
}

/* Nothing is stored of it. With the site, so that its own rules are asked, too. */
static const char *empty_batch(struct doctor *doctor, const struct doctor_page *page)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_append_text(&text, "{\"v\":1");
    if (page->tracker.site && page->tracker.site[0]) {
        buf_append_text(&text, ",\"site\":");
        json_append_string(&text, view_from_text(page->tracker.site));
    }
    buf_append_text(&text, ",\"events\":[]}");
    const char *kept = doctor_format(doctor, "%.*s", VIEW_ARG(buf_view(&text)));
    buf_free(&text);
    return kept;
}

static void say_refused(struct doctor *doctor, const struct doctor_page *page,
                        const struct answer *answer)
{
    const char *advice = "see what stands between here and the collector: a proxy, a firewall, "
                         "another program at this path; events are posted to /e";
    if (answer->error[0] && strstr(answer->error, "origin")) {
        advice = doctor_format(doctor,
                               "set the collector's option: origins = %s (with those that it "
                               "has, between commas)",
                               page->origin);
    } else if (answer->error[0] && strstr(answer->error, "site")) {
        advice = doctor_format(doctor,
                               "give the collector a section [site %s], or build the "
                               "tracker with the --site that it serves",
                               page->tracker.site);
    } else if (answer->status >= 300 && answer->status < 400) {
        advice = doctor_format(doctor,
                               "build the tracker with the address that it leads to: "
                               "--endpoint %s",
                               answer->location);
    } else if (answer->status == 429 || answer->status == 503) {
        advice = "ask it again later; on its machine `pipes doctor --data DIR` says why";
    }
    doctor_mistake(doctor, "collector", advice, "%s answers %u to events: %s", page->endpoint,
                   answer->status,
                   answer->error[0]      ? answer->error
                   : answer->location[0] ? "it leads elsewhere, which browsers do not follow"
                                         : answer->type);
}

static void check_sharing(struct doctor *doctor, const struct doctor_page *page,
                          const struct answer *answer)
{
    const char *allowed = answer->allowed_origin;
    bool needs_credentials = page->tracker.asks_for_cookie;
    bool is_any = strcmp(allowed, "*") == 0 && !needs_credentials;
    if (is_same_origin(doctor, page)) {
        doctor_good(doctor, "origins", "page and collector are of one origin");
    } else if (!allowed[0] || (!is_any && strcmp(allowed, page->origin) != 0)) {
        doctor_mistake(doctor, "origins",
                       doctor_format(doctor,
                                     "set the collector's option origins = %s, and let no proxy "
                                     "drop or write Access-Control-Allow-Origin",
                                     page->origin),
                       "the answer is not for pages of %s (Access-Control-Allow-Origin: %s)",
                       page->origin, allowed[0] ? allowed : "none");
    } else if (needs_credentials && strcmp(answer->credentials, "true") != 0) {
        doctor_mistake(doctor, "origins",
                       "let no proxy drop Access-Control-Allow-Credentials: true",
                       "server-cookie is on, but the answer allows no cookies");
    } else if (!strcasestr(answer->exposed, "retry-after")) {
        doctor_warn(doctor, "origins",
                    "let no proxy drop Access-Control-Expose-Headers: Retry-After",
                    "the tracker cannot read Retry-After and has to guess when to come back");
    } else {
        doctor_good(doctor, "origins", "pages of %s may send events there", page->origin);
    }
}

/* Words that lists of ad blockers look for. */
static void check_name(struct doctor *doctor, const struct doctor_page *page)
{
    static const char *const WORDS[] = {
        "analytics", "tracking", "tracker", "telemetry", "collect",   "beacon", "pixel", "metrics",
        "/stats",    "/track",   "stats.",  "track.",    "marketing", "matomo", "piwik"};
    const char *const urls[] = {page->endpoint, page->script_url ? page->script_url : ""};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof(WORDS) / sizeof(WORDS[0]); k++) {
            if (strcasestr(urls[i], WORDS[k])) {
                doctor_warn(doctor, "names", "give it a name of no meaning: see docs/install.md",
                            "%s has \"%s\" in it, which lists of blockers look for", urls[i],
                            WORDS[k]);
                return;
            }
        }
    }
}

static bool is_off(int64_t a_ms, int64_t b_ms)
{
    return llabs(a_ms - b_ms) > CLOCK_OFF_MS + DATE_STEP_MS;
}

/* Three clocks: the one that two others contradict is the wrong one. */
static void check_clock(struct doctor *doctor, const struct doctor_page *page,
                        const struct answer *answer)
{
    int64_t now_ms = clock_now_ms(doctor->clock);
    if (answer->date_ms == 0) {
        return;
    }
    if (!is_off(answer->date_ms, now_ms)) {
        doctor_good(doctor, "clock", "the collector's clock is right to %d seconds",
                    CLOCK_OFF_MS / 1000);
        return;
    }
    long long seconds = (long long)(answer->date_ms - now_ms) / 1000;
    if (page->date_ms != 0 && !is_off(page->date_ms, answer->date_ms)) {
        doctor_warn(doctor, "clock", "let this machine set its clock by NTP",
                    "this machine's clock is %lld seconds off those of page and collector",
                    -seconds);
    } else {
        doctor_mistake(doctor, "clock", "let the collector's machine set its clock by NTP",
                       "the collector's clock is %lld seconds %s", llabs(seconds),
                       seconds > 0 ? "ahead" : "behind");
    }
}

/* Only where a preflight is ever asked for is its answer a mistake: the tracker sends none. */
static void check_preflight(struct doctor *doctor, const struct doctor_page *page)
{
    struct answer answer = {0};
    if (!is_same_origin(doctor, page) &&
        send(doctor, page, "OPTIONS", view_make(NULL, 0), &answer) &&
        (answer.status < 200 || answer.status > 299)) {
        doctor_warn(doctor, "origins", "let the proxy pass OPTIONS on to the collector",
                    "a preflight is answered %u: the tracker needs none, other senders do",
                    answer.status);
    }
}

void doctor_check_collector(struct doctor *doctor, const struct doctor_page *page)
{
    struct answer answer = {0};
    if (!page->endpoint[0]) {
        doctor_warn(doctor, "collector", "name it: --endpoint https://events.example/e",
                    "where events go is not known, so it was not asked");
        return;
    }
    if (page->is_https && strncmp(page->endpoint, "http:", 5) == 0) {
        doctor_mistake(doctor, "collector",
                       "give the collector HTTPS (`pipes deploy --domain`) and build the tracker "
                       "with that endpoint",
                       "the page is on https and events go to %s: browsers block that",
                       page->endpoint);
    }
    check_name(doctor, page);
    if (!send(doctor, page, "POST", view_from_text(empty_batch(doctor, page)), &answer)) {
        return;
    }
    if (answer.status != 200) {
        say_refused(doctor, page, &answer);
        return;
    }
    if (!answer.is_collector) {
        doctor_mistake(doctor, "collector",
                       "see what answers there instead: a proxy's own page, or the page of a site "
                       "that knows no such path",
                       "%s answers 200, but not as a collector does (%s)", page->endpoint,
                       answer.type[0] ? answer.type : "no type");
        return;
    }
    doctor_good(doctor, "collector", "%s takes events", page->endpoint);
    check_sharing(doctor, page, &answer);
    check_preflight(doctor, page);
    check_clock(doctor, page, &answer);
}
