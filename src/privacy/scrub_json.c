#include "privacy/scrub_json.h"

#include "base/json.h"
#include "privacy/scrub_names.h"
#include "privacy/scrub_scan.h"
#include "privacy/scrub_text.h"

struct walk {
    const struct scrub_json *how;
    struct json doc;
    struct scrub_edit edit; /* of the document's text */
};

/* What is known of a value by the keys above it. */
struct under {
    const struct scrub_member *member;
    struct view name; /* the word before its text; empty in an array */
    unsigned flags;   /* of the key; elements have those of their array */
};

static struct arena *arena_of(const struct walk *walk)
{
    return walk->how->job->arena;
}

static void replace_value(struct walk *walk, json_value value, struct view by)
{
    const struct json_node *node = &walk->doc.nodes[value];
    scrub_edit_replace(&walk->edit, node->start, node->end, by);
}

/* `text` in place of a string; nothing at all becomes null. */
static enum status write_string(struct walk *walk, json_value value, struct view text)
{
    if (text.len == 0) {
        replace_value(walk, value, VIEW_LITERAL("null"));
        return STATUS_OK;
    }
    char *quoted = arena_alloc(arena_of(walk), json_string_bytes(text));
    if (!quoted) {
        return STATUS_NO_MEMORY;
    }
    char *end = json_put_string(quoted, text);
    replace_value(walk, value, view_make(quoted, (size_t)(end - quoted)));
    return STATUS_OK;
}

/* What a rule says of a whole value. */
static struct view treat(struct walk *walk, enum scrub_rule rule, struct view text)
{
    struct scrub_job *job = walk->how->job;
    job->found |= 1u << rule;
    return scrub_action_apply(job->treatment, rule, text, job->arena);
}

static enum status scrub_string(struct walk *walk, json_value value, const struct under *under)
{
    struct view text;
    enum status status = json_text(&walk->doc, value, arena_of(walk), &text);
    struct view before = text;
    const struct scrub_place place = {.where = SCRUB_IN_TEXT, .name = under->name};
    if (status != STATUS_OK || text.len == 0) {
        return status;
    }
    bool is_secret = (under->flags & SCRUB_NAME_SECRET) != 0 && !scrub_action_is_done(text);
    bool is_place = (under->flags & SCRUB_NAME_PLACE) != 0 && scrub_is_precise(text);
    if (is_secret || is_place) {
        text = treat(walk, is_secret ? SCRUB_KEY : SCRUB_PLACE, text);
    } else {
        status = scrub_text(walk->how->job, &place, &text);
    }
    if (status != STATUS_OK || !text.at) {
        return STATUS_NO_MEMORY;
    }
    return text.at == before.at ? STATUS_OK : write_string(walk, value, text);
}

/* Masked and dropped numbers are null, so that a column of numbers stays one; a hash is a text. */
static enum status scrub_number(struct walk *walk, json_value value, const struct under *under)
{
    struct view raw = json_raw(&walk->doc, value);
    bool is_secret = (under->flags & SCRUB_NAME_NUMBERS) != 0;
    bool is_place = (under->flags & SCRUB_NAME_PLACE) != 0 && scrub_is_precise(raw);
    if (!is_secret && !is_place) {
        return STATUS_OK;
    }
    struct view by = treat(walk, is_secret ? SCRUB_KEY : SCRUB_PLACE, raw);
    bool is_hash = by.at && by.len == SCRUB_HASH_BYTES;
    return by.at ? write_string(walk, value, is_hash ? by : view_make("", 0)) : STATUS_NO_MEMORY;
}

static enum status scrub_value(struct walk *walk, json_value value, const struct under *under);

static enum status scrub_array(struct walk *walk, json_value array, const struct under *under)
{
    const struct under inside = {under->member, {0}, under->flags};
    enum status status = STATUS_OK;
    for (json_value at = json_first(&walk->doc, array); status == STATUS_OK && at != JSON_NO_VALUE;
         at = json_next(&walk->doc, at)) {
        status = scrub_value(walk, at, &inside);
    }
    return status;
}

static enum status scrub_object(struct walk *walk, json_value object, const struct under *under)
{
    enum status status = STATUS_OK;
    for (json_value key = json_first(&walk->doc, object);
         status == STATUS_OK && key != JSON_NO_VALUE; key = json_next(&walk->doc, key)) {
        struct scrub_member member = {.parent = under->member};
        status = json_text(&walk->doc, key, arena_of(walk), &member.name);
        if (status == STATUS_OK) {
            const struct under inside = {&member, member.name,
                                         scrub_name(member.name, SCRUB_OF_KEY)};
            status = scrub_value(walk, json_key_value(&walk->doc, key), &inside);
        }
    }
    return status;
}

/* As deep as the reader lets documents be. */
static enum status scrub_value(struct walk *walk, json_value value, const struct under *under)
{
    const struct scrub_json *how = walk->how;
    if (how->is_allowed && how->is_allowed(how->self, under->member)) {
        return STATUS_OK;
    }
    switch (json_kind(&walk->doc, value)) {
    case JSON_STRING:
        return scrub_string(walk, value, under);
    case JSON_NUMBER:
        return scrub_number(walk, value, under);
    case JSON_ARRAY:
        return scrub_array(walk, value, under);
    case JSON_OBJECT:
        return scrub_object(walk, value, under);
    default:
        return STATUS_OK;
    }
}

enum status scrub_json(const struct scrub_json *how, struct view *text)
{
    const struct scrub_place place = {.where = SCRUB_IN_TEXT, .cache = how->cache, .is_json = true};
    const struct scrub_member root = {.name = how->name};
    const struct under under = {.member = &root};
    struct walk walk = {.how = how, .edit = {.job = how->job, .in = *text}};
    if (!how->is_spaced && !scrub_may_hold(*text, &place)) {
        return STATUS_OK;
    }
    enum status status = json_parse(&walk.doc, *text, how->job->arena, NULL, NULL);
    if (status == STATUS_OK) {
        status = scrub_value(&walk, JSON_ROOT, &under);
    }
    return status == STATUS_OK ? scrub_edit_finish(&walk.edit, text) : status;
}
