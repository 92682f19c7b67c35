#include "privacy/scrub.h"

#include "privacy/scrub_json.h"
#include "privacy/scrub_scan.h"
#include "privacy/scrub_text.h"

static const struct {
    enum column column;
    enum scrub_where where;
} TEXTS[] = {
    {COLUMN_URL, SCRUB_IN_URL},
    {COLUMN_PATH, SCRUB_IN_URL},
    {COLUMN_REFERRER, SCRUB_IN_URL},
    {COLUMN_NAME, SCRUB_IN_TEXT},
    {COLUMN_TITLE, SCRUB_IN_TEXT},
    {COLUMN_CAMPAIGN_SOURCE, SCRUB_IN_TEXT},
    {COLUMN_CAMPAIGN_MEDIUM, SCRUB_IN_TEXT},
    {COLUMN_CAMPAIGN_NAME, SCRUB_IN_TEXT},
    {COLUMN_CAMPAIGN_TERM, SCRUB_IN_TEXT},
    {COLUMN_CAMPAIGN_CONTENT, SCRUB_IN_TEXT},
};
enum { TEXT_COUNT = sizeof(TEXTS) / sizeof(TEXTS[0]), DOCUMENT_COUNT = 3, TOGETHER_BYTES = 1024 };
static const enum column DOCUMENTS[DOCUMENT_COUNT] = {COLUMN_PROPERTIES, COLUMN_USER_PROPERTIES,
                                                      COLUMN_CONTEXT};

/* One event under way. */
struct task {
    const struct scrubber *scrubber;
    struct scrub_job job;
    struct view event_name;
};

/* --- what may stay --- */

static bool is_field(const struct scrub_member *member, struct view field)
{
    for (; member->parent; member = member->parent) {
        size_t len = member->name.len;
        if (field.len <= len || field.at[field.len - len - 1] != '.' ||
            !view_equal(view_part(field, field.len - len, len), member->name)) {
            return false;
        }
        field.len -= len + 1;
    }
    return view_equal(field, member->name);
}

static bool is_allowed(const void *self, const struct scrub_member *member)
{
    const struct task *task = self;
    for (size_t i = 0; i < task->scrubber->allow_count; i++) {
        const struct scrub_allow *allow = &task->scrubber->allows[i];
        bool is_event = view_is(allow->event, "*") || view_equal(allow->event, task->event_name);
        if (is_event && is_field(member, allow->field)) {
            return true;
        }
    }
    return false;
}

static struct view column_name(enum column column)
{
    return view_make(columns[column].name, columns[column].name_len);
}

static bool is_column_allowed(const struct task *task, enum column column)
{
    const struct scrub_member member = {.name = column_name(column)};
    return task->scrubber->allow_count > 0 && is_allowed(task, &member);
}

/* --- texts --- */

static bool is_within(struct view inner, struct view outer)
{
    return inner.at >= outer.at && inner.at + inner.len <= outer.at + outer.len;
}

/* All texts one behind the other, so that they cost one look; 0: too long for that. The path is a
 * part of the url, as a rule. */
static size_t put_together(const struct event *event, char together[TOGETHER_BYTES])
{
    size_t len = 0;
    struct view url = event_text(event, COLUMN_URL);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        struct view text = event_text(event, TEXTS[i].column);
        bool is_seen = TEXTS[i].column == COLUMN_PATH && text.len > 0 && is_within(text, url);
        if (text.len == 0 || is_seen) {
            continue;
        }
        if (text.len >= TOGETHER_BYTES - len) {
            return 0;
        }
        memcpy(together + len, text.at, text.len);
        len += text.len;
        together[len++] = 0;
    }
    return len;
}

/* Whether one of them may hold something. */
static bool texts_may_hold(const struct event *event)
{
    static const struct scrub_place PLACE = {.where = SCRUB_IN_TEXT};
    char together[TOGETHER_BYTES];
    size_t len = put_together(event, together);
    return len == 0 || scrub_may_hold(view_make(together, len), &PLACE);
}

static enum status scrub_texts(struct task *task, struct event *event)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < TEXT_COUNT && status == STATUS_OK; i++) {
        const struct scrub_place place = {.where = TEXTS[i].where};
        enum column column = TEXTS[i].column;
        if (event_text(event, column).len > 0 && !is_column_allowed(task, column)) {
            status = scrub_text(&task->job, &place, &event->values[column].as.text);
        }
    }
    return status;
}

/* --- documents --- */

/* As raw text, which is what it becomes in the row anyway. */
static enum status to_raw(struct event *event, enum column column, struct arena *arena)
{
    const struct event_value *value = &event->values[column];
    const struct json *doc = value->as.json.doc;
    char *text = arena_alloc(arena, json_raw(doc, value->as.json.value).len);
    if (!text) {
        return STATUS_NO_MEMORY;
    }
    char *end = json_put_compact(text, doc, value->as.json.value);
    event_set_raw(event, column, view_make(text, (size_t)(end - text)));
    return STATUS_OK;
}

static enum status scrub_document(struct task *task, struct event *event, enum column column)
{
    const struct scrub_json how = {
        .job = &task->job,
        .name = column_name(column),
        .is_allowed = task->scrubber->allow_count > 0 ? is_allowed : NULL,
        .self = task,
        .cache = task->scrubber->cache,
    };
    struct event_value *value = &event->values[column];
    enum status status = STATUS_OK;
    if (value->kind == EVENT_JSON) {
        status = to_raw(event, column, task->job.arena);
    }
    return status == STATUS_OK && value->kind == EVENT_RAW ? scrub_json(&how, &value->as.text)
                                                           : status;
}

enum status scrub_event(const struct scrubber *scrubber, struct event *event, struct arena *arena,
                        uint32_t *found)
{
    struct view name = event_text(event, COLUMN_NAME);
    struct task task = {
        .scrubber = scrubber,
        .job = {&scrubber->treatment, arena, 0},
        .event_name = name.len > 0 ? name : event_text(event, COLUMN_TYPE),
    };
    enum status status = STATUS_OK;
    *found = 0;
    if (scrubber->is_off) {
        return STATUS_OK;
    }
    if (texts_may_hold(event)) {
        status = scrub_texts(&task, event);
    }
    for (size_t i = 0; i < DOCUMENT_COUNT && status == STATUS_OK; i++) {
        if (event_has(event, DOCUMENTS[i])) {
            status = scrub_document(&task, event, DOCUMENTS[i]);
        }
    }
    *found = task.job.found;
    return status;
}

/* What the columns of these names keep, too: as events they would not be touched either. */
static bool is_own_id(const void *self, const struct scrub_member *member)
{
    static const char *const IDS[] = {"user_id",     "userId",       "group_id",   "groupId",
                                      "previous_id", "previousId",   "event_id",   "messageId",
                                      "load_id",     "anonymous_id", "anonymousId"};
    (void)self;
    for (size_t i = 0; i < sizeof(IDS) / sizeof(IDS[0]); i++) {
        if (view_is(member->name, IDS[i])) {
            return true;
        }
    }
    return false;
}

enum status scrub_bytes(const struct scrubber *scrubber, struct view *bytes, struct arena *arena,
                        uint32_t *found)
{
    static const struct scrub_place PLACE = {.where = SCRUB_IN_TEXT};
    struct scrub_job job = {&scrubber->treatment, arena, 0};
    struct scrub_json how = {.job = &job, .is_allowed = is_own_id};
    struct json doc;
    enum status status = STATUS_OK;
    *found = 0;
    if (scrubber->is_off) {
        return STATUS_OK;
    }
    if (json_parse(&doc, *bytes, arena, NULL, NULL) == STATUS_OK) {
        how.is_spaced = doc.has_space;
        status = scrub_json(&how, bytes);
    } else {
        status = scrub_text(&job, &PLACE, bytes);
    }
    *found = job.found;
    return status;
}

static bool is_scrubbed_column(struct view field)
{
    enum column column = column_find(view_part(field, 0, view_find(field, '.')));
    bool has_path = view_find(field, '.') < field.len;
    for (size_t i = 0; i < DOCUMENT_COUNT; i++) {
        if (DOCUMENTS[i] == column) {
            return true;
        }
    }
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (TEXTS[i].column == column) {
            return !has_path;
        }
    }
    return false;
}

/* The first point behind which a field begins: names of events have points of their own. */
bool scrub_allow_read(struct scrub_allow *allow, struct view text)
{
    for (size_t i = 1; i + 1 < text.len; i++) {
        struct view field = view_part(text, i + 1, text.len);
        if (text.at[i] == '.' && is_scrubbed_column(field)) {
            *allow = (struct scrub_allow){view_part(text, 0, i), field};
            return true;
        }
    }
    return false;
}

enum scrub_rule scrub_rule_find(struct view name)
{
    enum scrub_rule rule = 0;
    while (rule < SCRUB_RULES && !view_is(name, scrub_rule_rows[rule].name)) {
        rule++;
    }
    return rule;
}
