#include "lake/site_names.h"

#include "base/json.h"

#include <stdlib.h>

enum { ARENA_BYTES = 256 * 1024 * 1024 };

enum status site_names_open(struct site_names *names, struct fault *fault)
{
    arena_init(&names->arena, ARENA_BYTES);
    names->kept = calloc(SITE_NAMES_KEPT, sizeof(*names->kept));
    return names->kept ? STATUS_OK
                       : fault_set(fault, STATUS_NO_MEMORY, "no memory for names of sites");
}

void site_names_close(struct site_names *names)
{
    arena_free(&names->arena);
    free(names->kept);
    *names = (struct site_names){0};
}

struct view site_names_read(struct site_names *names, struct view row)
{
    struct json doc;
    struct view site = {0};
    struct fault ignored;
    arena_clear(&names->arena);
    enum status status = json_parse(&doc, row, &names->arena, NULL, &ignored);
    if (status == STATUS_OK) {
        json_value value = json_member(&doc, JSON_ROOT, "site");
        status = json_text(&doc, value, &names->arena, &site);
    }
    return status == STATUS_OK ? ledger_plain_site(site) : view_from_text(LEDGER_OTHER);
}

struct view site_names_of(struct site_names *names, const struct frame_event *event)
{
    if (event->kind == FRAME_QUARANTINED) {
        return view_make(NULL, 0);
    }
    struct site_name *name = &names->kept[event->site_hash % SITE_NAMES_KEPT];
    if (!name->is_known || name->site_hash != event->site_hash) {
        struct view site = site_names_read(names, event->row);
        *name = (struct site_name){.site_hash = event->site_hash, .is_known = true};
        memcpy(name->site, site.at ? site.at : "", site.len);
    }
    return view_from_text(name->site);
}
