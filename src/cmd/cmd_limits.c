#include "app/ceiling_table.h"
#include "app/ceilings.h"
#include "cmd/cmd.h"

#include <unistd.h>

enum { TEXT_BYTES_MAX = 256 * 1024, COLUMNS_MAX = 3, CELL_BYTES_MAX = 80 };

/* Without the marks of Markdown. */
static struct view plain(struct view cell, char text[CELL_BYTES_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < cell.len && len < CELL_BYTES_MAX; i++) {
        if (cell.at[i] != '`' && cell.at[i] != '*') {
            text[len++] = cell.at[i];
        }
    }
    return view_make(text, len);
}

/* Takes the next cell off a line "| a | b | c |". */
static bool next_cell(struct view *line, struct view *cell)
{
    bool is_there = line->len > 0;
    *cell = view_trim(view_cut(line, '|'));
    return is_there;
}

static bool is_rule(struct view line)
{
    return view_starts_with(line, "|---");
}

static void widen(struct view table, size_t widths[COLUMNS_MAX])
{
    char text[CELL_BYTES_MAX];
    while (table.len > 0) {
        struct view line = view_cut(&table, '\n');
        struct view cell;
        view_cut(&line, '|');
        for (size_t i = 0; i < COLUMNS_MAX && next_cell(&line, &cell); i++) {
            size_t width = plain(cell, text).len;
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
}

static void append_line(struct buf *out, struct view line, const size_t widths[COLUMNS_MAX])
{
    char text[CELL_BYTES_MAX];
    struct view cell;
    view_cut(&line, '|');
    for (size_t i = 0; i < COLUMNS_MAX && next_cell(&line, &cell); i++) {
        struct view shown = plain(cell, text);
        bool is_last = i + 1 == COLUMNS_MAX;
        buf_append_format(out, "  %-*.*s", is_last ? 0 : (int)widths[i], VIEW_ARG(shown));
    }
    buf_append_byte(out, '\n');
}

/* For people: columns instead of bars. */
static void append_aligned(struct buf *out, struct view table)
{
    size_t widths[COLUMNS_MAX] = {0};
    widen(table, widths);
    while (table.len > 0) {
        struct view line = view_cut(&table, '\n');
        if (!is_rule(line)) {
            append_line(out, line, widths);
        }
    }
}

static void append_both(struct buf *out, const struct config *config, bool is_for_people)
{
    struct buf tables[2];
    for (size_t i = 0; i < 2; i++) {
        buf_init(&tables[i], TEXT_BYTES_MAX);
    }
    ceiling_table_append(&tables[0], config);
    ceiling_memory_append(&tables[1], config, config_workers(config));
    for (size_t i = 0; i < 2; i++) {
        buf_append_text(out, i == 0 ? "" : "\n");
        if (is_for_people) {
            append_aligned(out, buf_view(&tables[i]));
        } else {
            buf_append_view(out, buf_view(&tables[i]));
        }
        buf_free(&tables[i]);
    }
}

static int run(const struct cmd_context *context)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    bool is_for_people = view_is(view_from_text(context->config->format), "text");
    append_both(&text, context->config, is_for_people);
    cmd_write(context->out_fd, buf_view(&text));
    buf_free(&text);
    return 0;
}

const struct command cmd_limits = {
    .name = "limits",
    .summary = "print every ceiling, what happens above it, and the memory of a full house",
    .usage = "[OPTIONS]",
    .uses = CONFIG_LIMITS,
    .run = run,
};
