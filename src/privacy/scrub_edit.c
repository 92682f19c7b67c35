#include "privacy/scrub_edit.h"

static void append(struct scrub_edit *edit, struct view bytes)
{
    if (edit->has_failed || bytes.len == 0) {
        return;
    }
    if (bytes.len > edit->room - edit->len) {
        size_t room = 2 * (edit->len + bytes.len) + edit->in.len + 64;
        char *out = arena_alloc(edit->job->arena, room);
        if (!out) {
            edit->has_failed = true;
            return;
        }
        if (edit->len > 0) {
            memcpy(out, edit->out, edit->len);
        }
        edit->out = out;
        edit->room = room;
    }
    memcpy(edit->out + edit->len, bytes.at, bytes.len);
    edit->len += bytes.len;
}

void scrub_edit_replace(struct scrub_edit *edit, size_t from, size_t to, struct view by)
{
    append(edit, view_part(edit->in, edit->done, from - edit->done));
    append(edit, by);
    edit->done = to;
    edit->is_changed = true;
}

void scrub_edit_hit(struct scrub_edit *edit, enum scrub_rule rule, size_t from, size_t to)
{
    struct view value = view_part(edit->in, from, to - from);
    if (scrub_action_is_done(value)) {
        return;
    }
    struct view by = rule == SCRUB_USERINFO
                         ? view_make("", 0)
                         : scrub_action_apply(edit->job->treatment, rule, value, edit->job->arena);
    edit->has_failed = edit->has_failed || !by.at;
    edit->job->found |= 1u << rule;
    scrub_edit_replace(edit, from, to, by);
}

enum status scrub_edit_finish(struct scrub_edit *edit, struct view *text)
{
    if (edit->has_failed) {
        return STATUS_NO_MEMORY;
    }
    if (!edit->is_changed) {
        return STATUS_OK;
    }
    append(edit, view_part(edit->in, edit->done, edit->in.len));
    if (edit->has_failed) {
        return STATUS_NO_MEMORY;
    }
    *text = view_make(edit->out ? edit->out : "", edit->len);
    return STATUS_OK;
}
