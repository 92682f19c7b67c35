#include "app/deploy_ini.h"

static void keep(struct deploy_ini *ini, struct buf *made)
{
    struct view kept = arena_copy(ini->arena, buf_view(made));
    ini->is_broken = ini->is_broken || buf_status(made) != STATUS_OK || (made->len > 0 && !kept.at);
    ini->text = kept;
    buf_free(made);
}

void deploy_ini_init(struct deploy_ini *ini, struct arena *arena, struct view before)
{
    *ini = (struct deploy_ini){.text = before, .arena = arena};
}

static bool has_name(struct view line, const char *name)
{
    struct view left = view_cut(&line, '=');
    return view_is(view_trim(left), name);
}

void deploy_ini_set(struct deploy_ini *ini, const char *name, const char *value)
{
    struct buf made;
    struct view rest = ini->text;
    bool is_set = false;
    buf_init(&made, DEPLOY_INI_BYTES_MAX);
    while (rest.len > 0) {
        struct view line = view_cut(&rest, '\n');
        if (!has_name(line, name)) {
            buf_append_view(&made, line);
            buf_append_byte(&made, '\n');
        } else if (!is_set) {
            buf_append_format(&made, "%s = %s\n", name, value);
            is_set = true;
        }
    }
    if (!is_set) {
        buf_append_format(&made, "%s = %s\n", name, value);
    }
    keep(ini, &made);
}

/* As the file's reader would read it: no second line, no comment, no blank at either end. */
static bool is_of_one_line(const char *text)
{
    struct view value = view_from_text(text);
    return !strpbrk(text, "\r\n") && !strstr(text, " ;") && view_trim(value).len == value.len;
}

enum status deploy_ini_take_flags(struct deploy_ini *ini, const struct option_set *options,
                                  unsigned uses, struct fault *fault)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option_row *row = &options->rows[i];
        if (!(row->uses & uses) || strncmp(options->origins[i], "flag", 4) != 0) {
            continue;
        }
        if (!is_of_one_line(options->texts[i])) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "--%s has a value that cannot stand in a line of a file", row->name);
        }
        deploy_ini_set(ini, row->name, options->texts[i]);
    }
    return STATUS_OK;
}

enum status deploy_ini_load(const struct deploy_ini *ini, struct config *config,
                            struct option_set *set, struct fault *fault)
{
    *config = (struct config){0};
    if (ini->is_broken) {
        return fault_set(fault, STATUS_TOO_BIG, "the configuration file is over %d bytes",
                         DEPLOY_INI_BYTES_MAX);
    }
    option_set_init(set, config_rows, config_row_count(), config, ini->arena);
    enum status status = option_set_defaults(set, fault);
    if (status == STATUS_OK) {
        status = option_read_file(set, "pipes.ini", ini->text, fault);
    }
    return status;
}
