#include "event/columns.h"

#include <pthread.h>
#include <stdatomic.h>

#define NAME(text) (text), sizeof(text) - 1, ",\"" text "\":"

const struct column_row columns[COLUMN_COUNT] = {
    [COLUMN_EVENT_ID] = {NAME("event_id"), COLUMN_STRING, true,
                         "unique per site; the client's message id, natively load_id-seq",
                         "9f86d081884c7d65-3"},
    [COLUMN_TYPE] = {NAME("type"), COLUMN_STRING, true,
                     "page, screen, track, identify, group, alias, engagement, "
                     "impression, click, form, error, vitals, consent or loss",
                     "track"},
    [COLUMN_NAME] = {NAME("name"), COLUMN_STRING, true,
                     "what happened, or the page's or screen's name", "product_added"},
    [COLUMN_PROPERTIES] = {NAME("properties"), COLUMN_JSON, true,
                           "what the site said about it, bytes as sent", "{\"price\":12.50}"},
    [COLUMN_USER_PROPERTIES] = {NAME("user_properties"), COLUMN_JSON, true,
                                "what the site said about the user", "{\"plan\":\"pro\"}"},
    [COLUMN_CONTEXT] = {NAME("context"), COLUMN_JSON, true,
                        "whatever else the client sent that has no column", "{}"},
    [COLUMN_ANONYMOUS_ID] = {NAME("anonymous_id"), COLUMN_STRING, true,
                             "random first-party id of the browser",
                             "5f0c7a52e4b14f9c8d7e6a5b4c3d2e1f"},
    [COLUMN_USER_ID] = {NAME("user_id"), COLUMN_STRING, true, "the site's id of a known user",
                        "u-17"},
    [COLUMN_GROUP_ID] = {NAME("group_id"), COLUMN_STRING, true,
                         "the site's id of a group, company or team", "g-3"},
    [COLUMN_PREVIOUS_ID] = {NAME("previous_id"), COLUMN_STRING, true,
                            "the id that an alias replaces", "u-9"},
    [COLUMN_SESSION_ID] = {NAME("session_id"), COLUMN_STRING, true,
                           "visit; ends after 30 minutes of silence, or when another "
                           "campaign brings the visitor",
                           "b1946ac92492d234"},
    [COLUMN_SESSION_INDEX] = {NAME("session_index"), COLUMN_INTEGER, true,
                              "number of the visit in this browser, from 1", "4"},
    [COLUMN_PAGE_VIEW_ID] = {NAME("page_view_id"), COLUMN_STRING, true,
                             "the page view during which it happened", "7c6a180b36896a0a"},
    [COLUMN_LOAD_ID] = {NAME("load_id"), COLUMN_STRING, true, "random per document",
                        "9f86d081884c7d65"},
    [COLUMN_SEQ] = {NAME("seq"), COLUMN_INTEGER, true,
                    "number within the load, from 1, given when the event was made", "3"},
    [COLUMN_TAB_ID] = {NAME("tab_id"), COLUMN_STRING, true,
                       "the browser's tab (module tab), where storage is allowed",
                       "6f1ed002ab559585"},
    [COLUMN_EVENT_TIME] = {NAME("time"), COLUMN_TIME, false, "best estimate of when it happened",
                           "2026-11-24T02:03:04.005Z"},
    [COLUMN_CREATED_AT] = {NAME("created_at"), COLUMN_TIME, true,
                           "when it was made, by the client's clock", "2026-11-24T02:03:04.005Z"},
    [COLUMN_SENT_AT] = {NAME("sent_at"), COLUMN_TIME, true,
                        "when it was sent, by the client's clock", "2026-11-24T02:03:05.000Z"},
    [COLUMN_RECEIVED_AT] = {NAME("received_at"), COLUMN_TIME, false,
                            "when the collector had it, by its own clock",
                            "2026-11-24T02:03:05.040Z"},
    [COLUMN_SINCE_LOAD_MS] =
        {NAME("since_load_ms"), COLUMN_INTEGER, true,
         "milliseconds since the document began to load, by a clock that never goes back", "1840"},
    [COLUMN_SITE] = {NAME("site"), COLUMN_STRING, true, "name of the site", "shop"},
    [COLUMN_ENVIRONMENT] = {NAME("environment"), COLUMN_STRING, true, "production, staging, ...",
                            "production"},
    [COLUMN_IS_TEST] = {NAME("is_test"), COLUMN_BOOLEAN, true,
                        "test traffic, left out of the views by default", "false"},
    [COLUMN_RELEASE] = {NAME("release"), COLUMN_STRING, true, "version of the site", "2026.11.3"},
    [COLUMN_URL] = {NAME("url"), COLUMN_STRING, true, "address of the page",
                    "https://shop.example/cart?step=2"},
    [COLUMN_HOST] = {NAME("host"), COLUMN_STRING, false, "host of the url", "shop.example"},
    [COLUMN_PATH] = {NAME("path"), COLUMN_STRING, false, "path of the url", "/cart"},
    [COLUMN_TITLE] = {NAME("title"), COLUMN_STRING, true, "title of the page", "Your cart"},
    [COLUMN_REFERRER] = {NAME("referrer"), COLUMN_STRING, true, "address of the page before",
                         "https://shop.example/"},
    [COLUMN_REFERRER_KIND] = {NAME("referrer_kind"), COLUMN_STRING, false,
                              "direct, internal, campaign, search, social, mail, ai, video or link",
                              "internal"},
    [COLUMN_REFERRER_NAME] = {NAME("referrer_name"), COLUMN_STRING, false,
                              "name of the search engine, network or assistant", "DuckDuckGo"},
    [COLUMN_CAMPAIGN_SOURCE] = {NAME("campaign_source"), COLUMN_STRING, true, "utm_source",
                                "newsletter"},
    [COLUMN_CAMPAIGN_MEDIUM] = {NAME("campaign_medium"), COLUMN_STRING, true, "utm_medium",
                                "email"},
    [COLUMN_CAMPAIGN_NAME] = {NAME("campaign_name"), COLUMN_STRING, true, "utm_campaign", "autumn"},
    [COLUMN_CAMPAIGN_TERM] = {NAME("campaign_term"), COLUMN_STRING, true, "utm_term", "red shoes"},
    [COLUMN_CAMPAIGN_CONTENT] = {NAME("campaign_content"), COLUMN_STRING, true, "utm_content",
                                 "button"},
    [COLUMN_CLICK_ID_KIND] = {NAME("click_id_kind"), COLUMN_STRING, true,
                              "which advertiser's click id the url carried, never its value",
                              "gclid"},
    [COLUMN_BROWSER] = {NAME("browser"), COLUMN_STRING, false, "family", "Firefox"},
    [COLUMN_BROWSER_VERSION] = {NAME("browser_version"), COLUMN_STRING, false, "major version",
                                "140"},
    [COLUMN_OS] = {NAME("os"), COLUMN_STRING, false, "family", "Android"},
    [COLUMN_OS_VERSION] = {NAME("os_version"), COLUMN_STRING, false, "major version", "16"},
    [COLUMN_DEVICE_KIND] = {NAME("device_kind"), COLUMN_STRING, false,
                            "desktop, mobile, tablet, tv or other", "mobile"},
    [COLUMN_SCREEN_WIDTH] = {NAME("screen_width"), COLUMN_INTEGER, true, "CSS pixels", "1920"},
    [COLUMN_SCREEN_HEIGHT] = {NAME("screen_height"), COLUMN_INTEGER, true, "CSS pixels", "1080"},
    [COLUMN_VIEWPORT_WIDTH] = {NAME("viewport_width"), COLUMN_INTEGER, true, "CSS pixels", "1280"},
    [COLUMN_VIEWPORT_HEIGHT] = {NAME("viewport_height"), COLUMN_INTEGER, true, "CSS pixels", "720"},
    [COLUMN_DENSITY] = {NAME("density"), COLUMN_REAL, true, "device pixels per CSS pixel", "2"},
    [COLUMN_LOCALE] = {NAME("locale"), COLUMN_STRING, true, "language tag (BCP 47)", "de-AT"},
    [COLUMN_TIMEZONE] = {NAME("timezone"), COLUMN_STRING, true, "IANA name", "Europe/Vienna"},
    [COLUMN_COUNTRY] = {NAME("country"), COLUMN_STRING, false, "ISO 3166-1 alpha-2", "AT"},
    [COLUMN_REGION] = {NAME("region"), COLUMN_STRING, false, "ISO 3166-2", "AT-9"},
    [COLUMN_IS_BOT] = {NAME("is_bot"), COLUMN_BOOLEAN, false,
                       "made by a program rather than a person, as far as can be told", "false"},
    [COLUMN_BOT_REASON] = {NAME("bot_reason"), COLUMN_STRING, false,
                           "codes of all that speaks for a bot, whether enough or not, joined by "
                           "commas: crawler, headless, ...",
                           "crawler"},
    [COLUMN_CONSENT] = {NAME("consent"), COLUMN_JSON, true,
                        "purposes, source, banner version and preset as they stood when the event "
                        "was made; of one that waited for consent as they were then given, and its "
                        "state_when_made",
                        "{\"state\":\"granted\"}"},
    [COLUMN_SIGNALS] = {NAME("signals"), COLUMN_JSON, false,
                        "gpc and dnt, as the request carried them", "{\"gpc\":true}"},
    [COLUMN_ADAPTER] = {NAME("adapter"), COLUMN_STRING, false, "which protocol it came in by",
                        "native"},
    [COLUMN_LIBRARY] = {NAME("library"), COLUMN_STRING, true, "the client's software", "pipes.js"},
    [COLUMN_LIBRARY_VERSION] = {NAME("library_version"), COLUMN_STRING, true, "its version",
                                "0.1.0"},
    [COLUMN_DROPPED] = {NAME("dropped"), COLUMN_JSON, false,
                        "on the first event of a batch: what its page load had dropped by then, "
                        "totals by reason",
                        "{\"queue_full\":2}"},
    [COLUMN_INGEST_SEQ] = {NAME("ingest_seq"), COLUMN_INTEGER, false,
                           "number given by the collector, never used twice; gaps are allowed",
                           "1042"},
};

const char *column_type_name(enum column_type type)
{
    static const char *const NAMES[] = {"string", "integer", "real", "boolean", "time", "json"};
    return NAMES[type];
}

/* Columns by their names: a slot holds one, or none. */
enum { SLOTS = 256, NAME_BYTES_MAX = 16 };

struct slot {
    uint64_t words[2]; /* the name */
    size_t name_len;   /* 0: free */
    enum column column;
};
static struct slot slots[SLOTS];
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;
static atomic_bool has_slots; /* so that the many calls after the first one cost no lock */

_Static_assert(COLUMN_HEAD_BYTES >= NAME_BYTES_MAX + 4, "the heads are not shorter than the names");

static uint64_t load(const char *at, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, at, len);
    return word;
}

/* A name of 1 to NAME_BYTES_MAX bytes as two words, which may overlap: with its length they tell
 * it apart from all others, and cost no call. */
static inline void to_words(struct view name, uint64_t words[2])
{
    size_t part = name.len >= 8 ? 8 : name.len >= 4 ? 4 : name.len >= 2 ? 2 : 1;
    const char *last = name.at + name.len - part;
    switch (part) {
    case 8:
        words[0] = load(name.at, 8);
        words[1] = load(last, 8);
        break;
    case 4:
        words[0] = load(name.at, 4);
        words[1] = load(last, 4);
        break;
    case 2:
        words[0] = load(name.at, 2);
        words[1] = load(last, 2);
        break;
    default:
        words[0] = words[1] = load(name.at, 1);
    }
}

static inline size_t slot_of(const uint64_t words[2])
{
    /* With this factor no two of the names meet. */
    return (size_t)((words[0] + (words[1] << 1)) * UINT64_C(0x3BF5A5D5F1C5E79B) >> 56);
}

static void fill_slots(void)
{
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        struct slot slot = {.name_len = columns[i].name_len, .column = i};
        to_words(view_make(columns[i].name, columns[i].name_len), slot.words);
        size_t at = slot_of(slot.words);
        while (slots[at].name_len > 0) {
            at = (at + 1) % SLOTS;
        }
        slots[at] = slot;
    }
    atomic_store_explicit(&has_slots, true, memory_order_release);
}

enum column column_find(struct view name)
{
    if (!atomic_load_explicit(&has_slots, memory_order_acquire)) {
        pthread_once(&slots_once, fill_slots);
    }
    if (name.len == 0 || name.len > NAME_BYTES_MAX) {
        return COLUMN_COUNT;
    }
    uint64_t words[2];
    to_words(name, words);
    for (size_t at = slot_of(words); slots[at].name_len > 0; at = (at + 1) % SLOTS) {
        const struct slot *slot = &slots[at];
        if (slot->name_len == name.len && slot->words[0] == words[0] &&
            slot->words[1] == words[1]) {
            return slot->column;
        }
    }
    return COLUMN_COUNT;
}
