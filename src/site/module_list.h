/*
 * module_list.h - the tracker's modules as tracker/modules.json lists them, and a site's choice.
 *
 *     struct module_list list;
 *     module_list_read(&list, embedded_tracker, &fault);
 *     module_list_choose(&list, "links,forms", &chosen, &fault);
 *     for (size_t i = 0; i < list.count; i++) {
 *         if (chosen & module_bit(i)) { ... list.rows[i].text ... }
 *     }
 */
#ifndef PIPES_SITE_MODULE_LIST_H
#define PIPES_SITE_MODULE_LIST_H

#include "base/buf.h"
#include "base/embedded.h"
#include "base/status.h"

enum { MODULE_LIST_MAX = 64 };

/* Some modules of a list: a bit for each. */
typedef uint64_t module_set;

static inline module_set module_bit(size_t index)
{
    return (module_set)1 << index;
}

struct module_row {
    struct view name;
    struct view text; /* minified */
    module_set needs; /* modules without which it does not work */
};

/* Views are into the embedded files. */
struct module_list {
    struct module_row rows[MODULE_LIST_MAX];
    size_t count;
    module_set defaults; /* what a site gets unasked */
};

/* STATUS_NOT_FOUND when the program has no list or lacks a module of it, STATUS_BAD_INPUT when the
 * list is not as it should be. */
enum status module_list_read(struct module_list *list, const struct embedded *tracker,
                             struct fault *fault) MUST_CHECK;
module_set module_list_all(const struct module_list *list);
/* The one of that name; none when there is no such module. */
module_set module_list_find(const struct module_list *list, const char *name);
/* From "core" (none), "default", "all" or "links,forms", with everything the chosen ones need.
 * STATUS_BAD_INPUT for an unknown module; the fault names those there are. */
enum status module_list_choose(const struct module_list *list, const char *words, module_set *set,
                               struct fault *fault) MUST_CHECK;
/* Their names in the order of the list, comma-separated. */
void module_list_append_names(struct buf *out, const struct module_list *list, module_set set);

#endif
