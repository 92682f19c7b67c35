#include "site/module_list.h"

#include "base/arena.h"
#include "base/json.h"

#include <stdio.h>

static const char LIST_FILE[] = "modules.json";
enum { ARENA_BYTES = 1024 * 1024, NAME_BYTES = 64, NAMES_BYTES = 4096 };
static const size_t NOT_FOUND = MODULE_LIST_MAX;

static size_t find(const struct module_list *list, struct view name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (view_equal(list->rows[i].name, name)) {
            return i;
        }
    }
    return NOT_FOUND;
}

static enum status read_row(struct module_list *list, const struct json *doc, json_value value,
                            const struct embedded *tracker, struct fault *fault)
{
    json_value name = json_member(doc, value, "name");
    struct module_row row = {.name = json_unquoted(doc, name)};
    char file[NAME_BYTES];
    if (!json_is_plain(doc, name) || row.name.len == 0 || list->count == MODULE_LIST_MAX) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "%s: a module without a name, or more than %d modules", LIST_FILE,
                         MODULE_LIST_MAX);
    }
    snprintf(file, sizeof(file), "%.*s.min.js", VIEW_ARG(row.name));
    row.text = embedded_find(tracker, file);
    if (!row.text.at) {
        return fault_set(fault, STATUS_NOT_FOUND, "this program was built without module %.*s",
                         VIEW_ARG(row.name));
    }
    if (json_kind(doc, json_member(doc, value, "default")) == JSON_TRUE) {
        list->defaults |= module_bit(list->count);
    }
    list->rows[list->count++] = row;
    return STATUS_OK;
}

/* After all rows are there: a module may need one that stands further down. */
static enum status read_needs(struct module_list *list, const struct json *doc, json_value modules,
                              struct fault *fault)
{
    struct module_row *row = list->rows;
    for (json_value value = json_first(doc, modules); json_has(doc, value);
         value = json_next(doc, value), row++) {
        json_value need = json_first(doc, json_member(doc, value, "needs"));
        for (; json_has(doc, need); need = json_next(doc, need)) {
            size_t index = find(list, json_unquoted(doc, need));
            if (index == NOT_FOUND) {
                return fault_set(fault, STATUS_BAD_INPUT, "%s: %.*s needs an unknown module",
                                 LIST_FILE, VIEW_ARG(row->name));
            }
            row->needs |= module_bit(index);
        }
    }
    return STATUS_OK;
}

enum status module_list_read(struct module_list *list, const struct embedded *tracker,
                             struct fault *fault)
{
    struct arena arena;
    struct json doc;
    struct view text = embedded_find(tracker, LIST_FILE);
    *list = (struct module_list){0};
    if (!text.at) {
        return fault_set(fault, STATUS_NOT_FOUND, "this program was built without a tracker");
    }
    arena_init(&arena, ARENA_BYTES);
    enum status status = json_parse(&doc, text, &arena, NULL, fault);
    json_value modules = json_member(&doc, JSON_ROOT, "modules");
    json_value value = json_first(&doc, modules);
    while (status == STATUS_OK && json_has(&doc, value)) {
        status = read_row(list, &doc, value, tracker, fault);
        value = json_next(&doc, value);
    }
    if (status == STATUS_OK) {
        status = read_needs(list, &doc, modules, fault);
    }
    arena_free(&arena);
    return status;
}

module_set module_list_all(const struct module_list *list)
{
    return list->count == MODULE_LIST_MAX ? ~(module_set)0 : module_bit(list->count) - 1;
}

/* Until nothing is added: what is needed may need something itself. */
static module_set with_needs(const struct module_list *list, module_set set)
{
    module_set before;
    do {
        before = set;
        for (size_t i = 0; i < list->count; i++) {
            set |= set & module_bit(i) ? list->rows[i].needs : 0;
        }
    } while (set != before);
    return set;
}

static enum status unknown_module(const struct module_list *list, struct view name,
                                  struct fault *fault)
{
    struct buf all;
    buf_init(&all, NAMES_BYTES);
    module_list_append_names(&all, list, module_list_all(list));
    enum status status = fault_set(
        fault, STATUS_BAD_INPUT, "there is no module %.*s; there are core, default, all, and %.*s",
        VIEW_ARG(name), VIEW_ARG(buf_view(&all)));
    buf_free(&all);
    return status;
}

module_set module_list_find(const struct module_list *list, const char *name)
{
    size_t index = find(list, view_from_text(name));
    return index != NOT_FOUND ? module_bit(index) : 0;
}

enum status module_list_choose(const struct module_list *list, const char *words, module_set *set,
                               struct fault *fault)
{
    struct view rest = view_from_text(words);
    *set = 0;
    while (rest.len > 0) {
        struct view word = view_trim(view_cut(&rest, ','));
        size_t index = find(list, word);
        if (index != NOT_FOUND) {
            *set |= module_bit(index);
        } else if (view_is(word, "all")) {
            *set |= module_list_all(list);
        } else if (view_is(word, "default")) {
            *set |= list->defaults;
        } else if (!view_is(word, "core")) {
            return unknown_module(list, word, fault);
        }
    }
    *set = with_needs(list, *set);
    return STATUS_OK;
}

void module_list_append_names(struct buf *out, const struct module_list *list, module_set set)
{
    const char *before = "";
    for (size_t i = 0; i < list->count; i++) {
        if (set & module_bit(i)) {
            buf_append_text(out, before);
            buf_append_view(out, list->rows[i].name);
            before = ",";
        }
    }
}
