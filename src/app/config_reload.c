#include "app/config_reload.h"

#include "app/options_file.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 4 * 1024 * 1024 };

struct reading {
    struct arena arena;
    struct option_set set;
    struct config config;
};

struct config_reload {
    struct config_source source;
    const struct logger *log;
    struct reading first; /* what needs a restart stays as it is here */
    struct reading others[2];
    struct reading *last; /* that took effect */
    struct reading *next;
};

static enum status read_all(struct config_reload *reload, struct reading *reading,
                            struct fault *fault)
{
    arena_clear(&reading->arena);
    return config_load(&reading->config, &reading->set, &reload->source, &reading->arena, fault);
}

enum status config_reload_create(struct config_reload **reload, const struct config_source *source,
                                 const struct logger *log, struct fault *fault)
{
    struct config_reload *made = calloc(1, sizeof(*made)); /* too large for a stack */
    *reload = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the options");
    }
    made->source = *source;
    made->log = log;
    arena_init(&made->first.arena, ARENA_BYTES);
    arena_init(&made->others[0].arena, ARENA_BYTES);
    arena_init(&made->others[1].arena, ARENA_BYTES);
    made->last = &made->first;
    made->next = &made->others[0];
    enum status status = read_all(made, &made->first, fault);
    if (status != STATUS_OK) {
        config_reload_destroy(made);
        return status;
    }
    *reload = made;
    return STATUS_OK;
}

void config_reload_destroy(struct config_reload *reload)
{
    if (reload) {
        arena_free(&reload->first.arena);
        arena_free(&reload->others[0].arena);
        arena_free(&reload->others[1].arena);
        free(reload);
    }
}

enum status config_reload_read(struct config_reload *reload, struct config *config,
                               struct fault *fault)
{
    enum status status = read_all(reload, reload->next, fault);
    *config = reload->next->config;
    return status;
}

static void say_changes(const struct config_reload *reload)
{
    const struct option_set *set = &reload->next->set;
    unsigned changes = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct option_row *row = &set->rows[i];
        const struct reading *running = row->is_reloadable ? reload->last : &reload->first;
        const char *before = running->set.texts[i];
        const char *now = set->texts[i];
        if (strcmp(before, now) == 0) {
            continue;
        }
        changes += row->is_reloadable;
        if (row->is_reloadable) {
            logger_info(reload->log, "config", "%s: '%.200s' became '%.200s'", row->name, before,
                        now);
        } else {
            logger_warn(reload->log, "config",
                        "%s needs a restart to become '%.200s'; it stays '%.200s'", row->name, now,
                        before);
        }
    }
    bool has_other_sites =
        !config_sites_equal(reload->last->config.sites, reload->next->config.sites);
    logger_info(reload->log, "config", "read again: %u option%s changed%s", changes,
                changes == 1 ? "" : "s", has_other_sites ? ", and sections of sites" : "");
}

enum status config_reload_write(struct config_reload *reload, int data_fd, struct fault *fault)
{
    struct option_set *set = calloc(1, sizeof(*set)); /* too large for a stack */
    if (!set) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the options");
    }
    *set = reload->first.set;
    for (size_t i = 0; i < set->count; i++) {
        if (set->rows[i].is_reloadable) {
            set->texts[i] = reload->last->set.texts[i];
        }
    }
    enum status status = options_file_write(data_fd, set, &reload->last->config, fault);
    free(set);
    return status;
}

void config_reload_end(struct config_reload *reload, bool took_effect)
{
    if (!took_effect) {
        return;
    }
    say_changes(reload);
    reload->last = reload->next;
    reload->next = reload->last == &reload->others[0] ? &reload->others[1] : &reload->others[0];
}
