#include "app/deploy_text.h"

#include "base/buf.h"
#include "base/embedded.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

/* The value of the name at the beginning of text, and how long "@NAME@" is. */
static const char *find(struct view text, const struct deploy_value *values, size_t *len)
{
    struct view rest = view_part(text, 1, text.len);
    size_t end = view_find(rest, '@');
    struct view name = view_part(rest, 0, end);
    for (; end < rest.len && values->name; values++) {
        if (view_is(name, values->name)) {
            *len = end + 2;
            return values->value;
        }
    }
    return NULL;
}

struct view deploy_text(struct arena *arena, const char *file, const struct deploy_value *values)
{
    struct view rest = embedded_find(embedded_deploy, file);
    struct buf made;
    buf_init(&made, TEXT_BYTES_MAX);
    while (rest.len > 0) {
        size_t len = view_find(rest, '@');
        buf_append_view(&made, view_part(rest, 0, len));
        rest = view_part(rest, len, rest.len);
        if (rest.len > 0) {
            size_t name_len = 1;
            const char *value = find(rest, values, &name_len);
            buf_append_view(&made, value ? view_from_text(value) : view_part(rest, 0, 1));
            rest = view_part(rest, name_len, rest.len);
        }
    }
    struct view kept =
        buf_status(&made) == STATUS_OK ? arena_copy(arena, buf_view(&made)) : view_make(NULL, 0);
    buf_free(&made);
    return kept;
}
