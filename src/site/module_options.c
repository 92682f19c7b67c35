#include "site/module_options.h"

#include "base/json.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, NAMES_BYTES = 4096 };

static const struct view SEPARATORS[] = {
    {"\xe2\x80\xa8", 3}, /* U+2028 */
    {"\xe2\x80\xa9", 3}, /* U+2029: both end a line of old JavaScript */
};
static const char *const SEPARATOR_ESCAPES[] = {"\\u2028", "\\u2029"};

/* In JSON all three stand in strings only, where an escape means the same. */
void module_options_append_script(struct buf *out, struct view json)
{
    while (json.len > 0) {
        size_t used = 1;
        const char *escape = json.at[0] == '<' ? "\\u003c" : NULL;
        for (size_t i = 0; i < 2; i++) {
            if (json.len >= 3 && memcmp(json.at, SEPARATORS[i].at, 3) == 0) {
                escape = SEPARATOR_ESCAPES[i];
                used = 3;
            }
        }
        if (escape) {
            buf_append_text(out, escape);
        } else {
            buf_append_byte(out, json.at[0]);
        }
        json = view_part(json, used, json.len);
    }
}

/* Those the tracker's own configuration has: a module of the site's own cannot be called so. */
static bool is_setting(struct view name)
{
    static const char *const SETTINGS[] = {"site",    "endpoint", "environment",
                                           "release", "consent",  "storage",
                                           "domain",  "bundle",   "credentials"};
    for (size_t i = 0; i < sizeof(SETTINGS) / sizeof(SETTINGS[0]); i++) {
        if (view_is(name, SETTINGS[i])) {
            return true;
        }
    }
    return false;
}

static bool is_there(const struct module_options_for *modules, struct view name)
{
    for (size_t i = 0; i < modules->list->count; i++) {
        if (view_equal(modules->list->rows[i].name, name)) {
            return modules->chosen & module_bit(i);
        }
    }
    return modules->has_own && !is_setting(name);
}

static enum status refuse(const struct module_options_for *modules, struct view name,
                          struct fault *fault)
{
    struct buf names;
    buf_init(&names, NAMES_BYTES);
    module_list_append_names(&names, modules->list, modules->chosen);
    (void)fault_set(
        fault, STATUS_BAD_INPUT,
        "module-options: '%.*s' is no module of this tracker; it has %.*s (see the option "
        "modules)",
        VIEW_ARG(name), VIEW_ARG(buf_view(&names)));
    buf_free(&names);
    return STATUS_BAD_INPUT;
}

static enum status append_member(struct buf *out, const struct json *doc, json_value key,
                                 const struct module_options_for *modules, struct fault *fault)
{
    struct view name = json_unquoted(doc, key);
    json_value value = json_key_value(doc, key);
    struct buf compact;
    if (!is_there(modules, name)) {
        return refuse(modules, name, fault);
    }
    if (json_kind(doc, value) != JSON_OBJECT) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "module-options: the options of '%.*s' must be an object, like "
                         "{\"name\": value}",
                         VIEW_ARG(name));
    }
    buf_init(&compact, MODULE_OPTIONS_BYTES_MAX);
    enum status status = json_append_compact(&compact, doc, value);
    buf_append_byte(out, ',');
    module_options_append_script(out, json_raw(doc, key));
    buf_append_byte(out, ':');
    module_options_append_script(out, buf_view(&compact));
    buf_free(&compact);
    return status == STATUS_OK ? buf_status(out) : status;
}

static enum status append_members(struct buf *out, const struct json *doc,
                                  const struct module_options_for *modules, struct fault *fault)
{
    enum status status = STATUS_OK;
    if (json_kind(doc, JSON_ROOT) != JSON_OBJECT) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "module-options: one object is expected, with an object for each module");
    }
    for (json_value key = json_first(doc, JSON_ROOT); status == STATUS_OK && json_has(doc, key);
         key = json_next(doc, key)) {
        status = append_member(out, doc, key, modules, fault);
    }
    return status;
}

enum status module_options_append(struct buf *out, struct view text,
                                  const struct module_options_for *modules, struct fault *fault)
{
    struct arena arena;
    struct json doc;
    size_t before = out->len;
    if (text.len == 0) {
        return STATUS_OK;
    }
    arena_init(&arena, ARENA_BYTES);
    struct fault why = {0};
    enum status status = json_parse(&doc, text, &arena, NULL, &why);
    if (status != STATUS_OK) {
        (void)fault_set(fault, status, "module-options: %s", why.text);
    }
    status = status == STATUS_OK ? append_members(out, &doc, modules, fault) : status;
    if (status != STATUS_OK) {
        buf_truncate(out, before);
    }
    arena_free(&arena);
    return status;
}
