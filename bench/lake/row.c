#include "bench/lake/row.h"

#include "bench/lake/random.h"
#include "bench/lake/row_properties.h"

#include <stdarg.h>
#include <stdio.h>

enum { ARENA_BYTES = 1 << 20, ROW_BYTES_MAX = 1 << 20, TEXT_BYTES_MAX = 1 << 16 };
static const int64_t DAY_MS = 86400000;

static const char *const HOSTS[SITES] = {"shop.example", "blog.example", "app.example"};

struct device {
    const char *browser, *browser_version, *os, *os_version, *kind;
    int width, height, density;
};
static const struct device DEVICES[] = {
    {"Chrome", "142", "Windows", "11", "desktop", 1920, 1080, 1},
    {"Safari", "19", "iOS", "19", "mobile", 390, 844, 3},
    {"Chrome", "142", "Android", "16", "mobile", 412, 915, 3},
    {"Safari", "19", "macOS", "26", "desktop", 1512, 982, 2},
    {"Firefox", "146", "Windows", "11", "desktop", 1536, 864, 1},
    {"Edge", "142", "Windows", "11", "desktop", 1920, 1080, 1},
    {"Samsung Internet", "28", "Android", "15", "mobile", 360, 780, 3},
    {"Firefox", "146", "Linux", "", "desktop", 2560, 1440, 1},
    {"Chrome", "141", "macOS", "15", "desktop", 1728, 1117, 2},
    {"Safari", "18", "iPadOS", "18", "tablet", 820, 1180, 2},
    {"Chrome", "138", "Android", "14", "mobile", 393, 873, 3},
    {"Firefox", "140", "Android", "16", "mobile", 384, 854, 3},
};

struct place {
    const char *country, *region, *locale, *timezone;
};
static const struct place PLACES[] = {
    {"US", "US-CA", "en-US", "America/Los_Angeles"}, {"DE", "DE-BE", "de-DE", "Europe/Berlin"},
    {"GB", "GB-ENG", "en-GB", "Europe/London"},      {"FR", "FR-IDF", "fr-FR", "Europe/Paris"},
    {"AT", "AT-9", "de-AT", "Europe/Vienna"},        {"JP", "JP-13", "ja-JP", "Asia/Tokyo"},
    {"BR", "BR-SP", "pt-BR", "America/Sao_Paulo"},   {"NL", "NL-NH", "nl-NL", "Europe/Amsterdam"},
    {"IN", "IN-KA", "en-IN", "Asia/Kolkata"},        {"PL", "PL-MZ", "pl-PL", "Europe/Warsaw"},
};

struct entry {
    const char *referrer, *kind, *name, *source, *medium, *campaign, *click_id;
};
static const struct entry ENTRIES[] = {
    {"", "direct", NULL, NULL, NULL, NULL, NULL},
    {"https://www.google.com/", "search", "Google", NULL, NULL, NULL, NULL},
    {"https://duckduckgo.com/", "search", "DuckDuckGo", NULL, NULL, NULL, NULL},
    {"https://www.google.com/", "campaign", "Google", "google", "cpc", "spring", "gclid"},
    {"", "campaign", NULL, "newsletter", "email", "spring_week_9", NULL},
    {"https://www.reddit.com/r/houseplants/", "social", "Reddit", NULL, NULL, NULL, NULL},
    {"https://t.co/Qm3x8TgLwa", "social", "X", NULL, NULL, NULL, NULL},
    {"https://gardening.example/reviews/best-shade-plants", "link", NULL, NULL, NULL, NULL, NULL},
};

static struct view put(struct row *row, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A text that lasts as long as the row. */
static struct view put(struct row *row, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return arena_copy(&row->arena, view_make(text, (size_t)len));
}

static struct view take(struct row *row, struct buf *made)
{
    struct view text = arena_copy(&row->arena, buf_view(made));
    buf_free(made);
    return text;
}

static void set_text(struct event *event, enum column column, const char *text)
{
    if (text && text[0]) {
        event_set_plain(event, column, view_from_text(text));
    }
}

static void set_hex(struct row *row, struct event *event, enum column column, enum random_salt salt,
                    uint64_t index)
{
    uint64_t seed = row->world->seed;
    event_set_plain(event, column,
                    put(row, "%016llx%016llx", (unsigned long long)random_id(seed, salt, index),
                        (unsigned long long)random_id(seed, salt, index + (1ULL << 40))));
}

static void set_what(struct row *row, struct event *event, const struct step *step)
{
    const struct step_kind_row *kind = &step_kinds[step->kind];
    event_set_plain(event, COLUMN_TYPE, view_from_text(kind->type));
    set_text(event, COLUMN_NAME, kind->name);
    if (step->kind == STEP_DRIFT) {
        struct drift_event drifting = drift_event_of(row->world->seed, step->number);
        event_set_plain(event, COLUMN_NAME, put(row, "drift_%05u", drifting.name));
    }
    struct buf properties;
    buf_init(&properties, TEXT_BYTES_MAX);
    struct row_subject subject = {row->world, &row->visitor, step, row->start_ms};
    row_append_properties(&subject, &properties);
    event_set_raw(event, COLUMN_PROPERTIES, take(row, &properties));
    buf_init(&properties, TEXT_BYTES_MAX);
    if (row_append_user_properties(&subject, &properties)) {
        event_set_raw(event, COLUMN_USER_PROPERTIES, take(row, &properties));
    }
}

static void set_who(struct row *row, struct event *event, const struct step *step)
{
    char id[ID_BYTES];
    const struct world *world = row->world;
    uint32_t person = row->visitor.person;
    if (step->kind != STEP_RENEWED) {
        world_anonymous_id(world, step->visitor, id);
        event_set_plain(event, COLUMN_ANONYMOUS_ID, put(row, "%s", id));
    }
    if (step->has_user) {
        world_user_id(world, person, step->is_renamed, id);
        event_set_plain(event, COLUMN_USER_ID, put(row, "%s", id));
    }
    if (step->kind == STEP_ALIAS) {
        world_user_id(world, person, false, id);
        event_set_plain(event, COLUMN_PREVIOUS_ID, put(row, "%s", id));
    }
    if (row->visitor.site == SITE_APP && step->has_user) {
        event_set_plain(event, COLUMN_GROUP_ID, put(row, "team-%u", person / 40));
    }
}

static void set_visit(struct row *row, struct event *event, const struct step *step)
{
    set_hex(row, event, COLUMN_SESSION_ID, RANDOM_SESSION, step->session);
    event_set_integer(event, COLUMN_SESSION_INDEX, step->session_index);
    set_hex(row, event, COLUMN_PAGE_VIEW_ID, RANDOM_VIEW, step->view);
    set_hex(row, event, COLUMN_LOAD_ID, RANDOM_LOAD, step->load);
    event_set_integer(event, COLUMN_SEQ, step->seq);
    set_hex(row, event, COLUMN_TAB_ID, RANDOM_SESSION, step->session + (1ULL << 50));
    uint64_t drawn = random_id(row->world->seed, RANDOM_LOAD, step->view);
    event_set_integer(event, COLUMN_SINCE_LOAD_MS,
                      (int64_t)(drawn % 900) + (int64_t)step->seq * step->seq * 700 +
                          (int64_t)(step->id * 37 % 700));
}

static void set_times(struct row *row, struct event *event, const struct step *step)
{
    int64_t skew_ms = row->visitor.skew_ms;
    int64_t sent_ms = step->received_ms - 15 - (int64_t)(step->load % 60);
    sent_ms = sent_ms > step->time_ms ? sent_ms : step->time_ms;
    event_set_time(event, COLUMN_EVENT_TIME, step->time_ms);
    event_set_time(event, COLUMN_CREATED_AT, step->time_ms - skew_ms);
    event_set_time(event, COLUMN_SENT_AT, sent_ms - skew_ms);
    event_set_time(event, COLUMN_RECEIVED_AT, step->received_ms);
}

static struct view address(struct row *row, uint32_t page, const char *query)
{
    struct buf url;
    buf_init(&url, TEXT_BYTES_MAX);
    buf_append_text(&url, "https://");
    buf_append_text(&url, HOSTS[row->visitor.site]);
    world_append_path(row->world, &url, row->visitor.site, page);
    buf_append_text(&url, query);
    return take(row, &url);
}

static void set_entry(struct row *row, struct event *event, const struct step *step)
{
    struct random random = random_of(row->world->seed, RANDOM_SESSION, step->session);
    const struct entry *entry =
        &ENTRIES[random_heavy(&random, sizeof(ENTRIES) / sizeof(ENTRIES[0]))];
    event_set_plain(event, COLUMN_REFERRER, view_from_text(entry->referrer));
    set_text(event, COLUMN_REFERRER_KIND, entry->kind);
    set_text(event, COLUMN_REFERRER_NAME, entry->name);
    set_text(event, COLUMN_CAMPAIGN_SOURCE, entry->source);
    set_text(event, COLUMN_CAMPAIGN_MEDIUM, entry->medium);
    set_text(event, COLUMN_CAMPAIGN_NAME, entry->campaign);
    set_text(event, COLUMN_CLICK_ID_KIND, entry->click_id);
}

static void set_where(struct row *row, struct event *event, const struct step *step)
{
    enum site site = row->visitor.site;
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    world_append_path(row->world, &text, site, step->page);
    event_set_plain(event, COLUMN_PATH, take(row, &text));
    buf_init(&text, TEXT_BYTES_MAX);
    world_append_title(row->world, &text, site, step->page);
    event_set_plain(event, COLUMN_TITLE, take(row, &text));
    const char *query = step->view % 11 == 0 ? "?sort=price" : step->view % 17 == 0 ? "?p=2" : "";
    event_set_plain(event, COLUMN_URL, address(row, step->page, query));
    set_text(event, COLUMN_HOST, HOSTS[site]);
    if (step->from_page == STEP_NO_PAGE) {
        set_entry(row, event, step);
    } else {
        event_set_plain(event, COLUMN_REFERRER, address(row, step->from_page, ""));
        set_text(event, COLUMN_REFERRER_KIND, "internal");
    }
}

static void set_device(struct row *row, struct event *event)
{
    const struct device *device = &DEVICES[row->visitor.device];
    int bars = 60 + (int)(row->visitor.index % 5) * 20;
    set_text(event, COLUMN_BROWSER, device->browser);
    set_text(event, COLUMN_BROWSER_VERSION, device->browser_version);
    set_text(event, COLUMN_OS, device->os);
    set_text(event, COLUMN_OS_VERSION, device->os_version);
    set_text(event, COLUMN_DEVICE_KIND, device->kind);
    event_set_integer(event, COLUMN_SCREEN_WIDTH, device->width);
    event_set_integer(event, COLUMN_SCREEN_HEIGHT, device->height);
    event_set_integer(event, COLUMN_VIEWPORT_WIDTH, device->width);
    event_set_integer(event, COLUMN_VIEWPORT_HEIGHT, device->height - bars);
    event_set_raw(event, COLUMN_DENSITY, put(row, "%d", device->density));
}

static void set_place(struct row *row, struct event *event)
{
    const struct place *place = &PLACES[row->visitor.place];
    set_text(event, COLUMN_LOCALE, place->locale);
    set_text(event, COLUMN_TIMEZONE, place->timezone);
    set_text(event, COLUMN_COUNTRY, place->country);
    set_text(event, COLUMN_REGION, place->region);
    event_set_boolean(event, COLUMN_IS_BOT, row->visitor.is_bot);
    set_text(event, COLUMN_BOT_REASON, row->visitor.is_bot ? "agent" : NULL);
    if (row->visitor.index % 3 == 0) {
        event_set_raw(event, COLUMN_CONSENT,
                      VIEW_LITERAL("{\"state\":\"granted\",\"source\":\"tcf\"}"));
    }
}

static void set_site(struct row *row, struct event *event, const struct step *step)
{
    bool is_newer = step->time_ms >= row->start_ms + 3 * DAY_MS;
    set_text(event, COLUMN_SITE, world_site_name(row->visitor.site));
    set_text(event, COLUMN_ENVIRONMENT, row->visitor.is_test ? "staging" : "production");
    if (row->visitor.is_test) {
        event_set_boolean(event, COLUMN_IS_TEST, true);
    }
    set_text(event, COLUMN_RELEASE, is_newer ? "2026.3.2" : "2026.3.1");
    bool is_server = step->kind == STEP_RENEWED;
    set_text(event, COLUMN_ADAPTER, is_server ? "ancestor" : "native");
    set_text(event, COLUMN_LIBRARY, is_server ? "billing" : "pipes.js");
    set_text(event, COLUMN_LIBRARY_VERSION, is_server ? "3.1.0" : "0.1.0");
}

/* Natively load_id-seq. Some clients number what they send: the same ids come up on every site. */
static void set_id(struct row *row, struct event *event, const struct step *step)
{
    struct view load = event_text(event, COLUMN_LOAD_ID);
    row->event_id = step->kind == STEP_RENEWED    ? put(row, "renewal-%u", step->id)
                    : step->kind == STEP_IDENTIFY ? put(row, "identify-%u", step->number)
                                                  : put(row, "%.*s-%u", VIEW_ARG(load), step->seq);
    event_set_plain(event, COLUMN_EVENT_ID, row->event_id);
}

static void fill(struct row *row, struct event *event, const struct step *step)
{
    set_what(row, event, step);
    set_who(row, event, step);
    set_times(row, event, step);
    set_site(row, event, step);
    if (step->kind != STEP_RENEWED) {
        set_visit(row, event, step);
        set_where(row, event, step);
        set_device(row, event);
        set_place(row, event);
    }
    set_id(row, event, step);
}

void row_init(struct row *row, const struct world *world, int64_t start_ms)
{
    *row = (struct row){.world = world, .start_ms = start_ms, .visitor_index = UINT32_MAX};
    arena_init(&row->arena, ARENA_BYTES);
    buf_init(&row->text, ROW_BYTES_MAX);
}

void row_free(struct row *row)
{
    arena_free(&row->arena);
    buf_free(&row->text);
}

enum status row_make(struct row *row, const struct step *step, uint64_t ingest_seq,
                     struct fault *fault)
{
    struct event event;
    event_clear(&event);
    arena_clear(&row->arena);
    buf_clear(&row->text);
    if (row->visitor_index != step->visitor) {
        row->visitor = world_visitor(row->world, step->visitor);
        row->visitor_index = step->visitor;
    }
    fill(row, &event, step);
    row->site = event_text(&event, COLUMN_SITE);
    event_set_integer(&event, COLUMN_INGEST_SEQ, (int64_t)ingest_seq);
    enum status status = event_append_row(&row->text, &event);
    return status == STATUS_OK ? status : fault_set(fault, status, "no memory for a row");
}
