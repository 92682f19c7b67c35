/*
 * module_options.h - options of single modules, as a JSON file gives them, for the tracker's
 * script.
 *
 *     {"cross_domain": {"hosts": ["blog.example"]}, "site_search": {"terms": true}}
 *
 *     module_options_append(&out, text, &list, chosen, &fault);
 *     ... out is ,"cross_domain":{"hosts":["blog.example"]} ...
 */
#ifndef PIPES_SITE_MODULE_OPTIONS_H
#define PIPES_SITE_MODULE_OPTIONS_H

#include "base/buf.h"
#include "site/module_list.h"

enum { MODULE_OPTIONS_BYTES_MAX = 64 * 1024 };

/* Which modules may have options. */
struct module_options_for {
    const struct module_list *list;
    module_set chosen;
    bool
        has_own; /* modules of the site's own, whose names nobody knows: then any but a setting's */
};

/* Appends every member with a comma before it, as a script may hold it. An empty text gives none.
 * STATUS_BAD_INPUT when it is no JSON object of objects, or names a module that is not there (the
 * fault says which there are); then nothing is appended. */
enum status module_options_append(struct buf *out, struct view text,
                                  const struct module_options_for *modules, struct fault *fault)
    MUST_CHECK;

/* Appends JSON so that it can end neither the script it stands in nor a line of it. */
void module_options_append_script(struct buf *out, struct view json);

#endif
