#include "app/event_scrub.h"

#include "privacy/privacy_scrub.h"

static const struct {
    enum column column;
    enum scrub_where where;
} TEXTS[] = {
    {COLUMN_URL, SCRUB_URL},
    {COLUMN_PATH, SCRUB_URL},
    {COLUMN_REFERRER, SCRUB_URL},
    {COLUMN_NAME, SCRUB_TEXT},
    {COLUMN_TITLE, SCRUB_TEXT},
    {COLUMN_CAMPAIGN_SOURCE, SCRUB_TEXT},
    {COLUMN_CAMPAIGN_MEDIUM, SCRUB_TEXT},
    {COLUMN_CAMPAIGN_NAME, SCRUB_TEXT},
    {COLUMN_CAMPAIGN_TERM, SCRUB_TEXT},
    {COLUMN_CAMPAIGN_CONTENT, SCRUB_TEXT},
};

static const enum column DOCUMENTS[] = {COLUMN_PROPERTIES, COLUMN_USER_PROPERTIES, COLUMN_CONTEXT};

static enum status scrub_text(struct event *event, enum column column, enum scrub_where where,
                              struct arena *arena)
{
    struct event_value *value = &event->values[column];
    bool is_text =
        event_has(event, column) && (value->kind == EVENT_TEXT || value->kind == EVENT_PLAIN);
    return is_text ? privacy_scrub(&value->as.text, where, arena) : STATUS_OK;
}

/* As raw text, which is what it becomes in the row anyway. */
static enum status to_raw(struct event_value *value, struct arena *arena)
{
    const struct json *doc = value->as.json.doc;
    char *text = arena_alloc(arena, json_raw(doc, value->as.json.value).len);
    if (!text) {
        return STATUS_NO_MEMORY;
    }
    char *end = json_put_compact(text, doc, value->as.json.value);
    value->kind = EVENT_RAW;
    value->as.text = view_make(text, (size_t)(end - text));
    return STATUS_OK;
}

static enum status scrub_document(struct event_value *value, struct arena *arena, bool *is_changed)
{
    enum status status = value->kind == EVENT_JSON ? to_raw(value, arena) : STATUS_OK;
    if (status != STATUS_OK || value->kind != EVENT_RAW) {
        return status;
    }
    const char *before = value->as.text.at;
    status = privacy_scrub_json(&value->as.text, arena);
    *is_changed = *is_changed || value->as.text.at != before;
    return status;
}

enum status event_scrub(struct event *event, struct arena *arena, bool *is_changed)
{
    enum status status = STATUS_OK;
    *is_changed = false;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]) && status == STATUS_OK; i++) {
        const char *before = event_text(event, TEXTS[i].column).at;
        status = scrub_text(event, TEXTS[i].column, TEXTS[i].where, arena);
        *is_changed = *is_changed || event_text(event, TEXTS[i].column).at != before;
    }
    for (size_t i = 0; i < sizeof(DOCUMENTS) / sizeof(DOCUMENTS[0]) && status == STATUS_OK; i++) {
        if (event_has(event, DOCUMENTS[i])) {
            status = scrub_document(&event->values[DOCUMENTS[i]], arena, is_changed);
        }
    }
    return status;
}
