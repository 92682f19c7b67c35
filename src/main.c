#include "app/settings.h"
#include "cmd/cmd.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 16 * 1024 * 1024, HELP_BYTES = 1 << 20, LARGE_BYTES = 256 * 1024 };

extern char **environ;

static void print_commands(int fd)
{
    dprintf(fd, "Pipes collects what visitors do on your site, on your own machine.\n\n"
                "usage: pipes COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; cmd_list[i]; i++) {
        dprintf(fd, "  %-10s %s\n", cmd_list[i]->name, cmd_list[i]->summary);
    }
    dprintf(fd, "\n`pipes COMMAND --help` shows its options; each can also be given as "
                "PIPES_NAME\nin the environment or as a line in pipes.ini.\n");
}

static int print_help(const struct command *command)
{
    struct buf text;
    buf_init(&text, HELP_BYTES);
    buf_append_format(&text, "pipes %s: %s\n\nusage: pipes %s %s\n\n", command->name,
                      command->summary, command->name, command->usage);
    option_append_help(&text, config_rows, config_row_count(), command->uses);
    cmd_write(STDOUT_FILENO, buf_view(&text));
    buf_free(&text);
    return 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; cmd_list[i]; i++) {
        if (strcmp(cmd_list[i]->name, name) == 0) {
            return cmd_list[i];
        }
    }
    return NULL;
}

static int refuse_command(const char *name)
{
    const char *nearest = NULL;
    for (size_t i = 0; cmd_list[i] && !nearest; i++) {
        nearest = option_distance(name, cmd_list[i]->name) <= 2 ? cmd_list[i]->name : NULL;
    }
    dprintf(STDERR_FILENO, "pipes: there is no command %.40s%s%s; `pipes --help` lists all\n", name,
            nearest ? "; did you mean " : "", nearest ? nearest : "");
    return 2;
}

static int run_command(const struct command *command, int count, char **words)
{
    struct arena arena;
    struct config config;
    struct option_set options;
    struct fault fault = {0};
    arena_init(&arena, ARENA_BYTES);
    struct config_source source = {
        .uses = command->uses, .count = count, .words = words, .environment = environ};
    int result = 2;
    if (config_load(&config, &options, &source, &arena, &fault) != STATUS_OK) {
        dprintf(STDERR_FILENO, "pipes: %s\n", fault.text);
    } else if (options.wants_help) {
        result = print_help(command);
    } else if (options.positional_count > command->positionals) {
        dprintf(STDERR_FILENO, "pipes: %.60s is not understood here; options begin with --\n",
                options.positionals[command->positionals]);
    } else {
        struct clock clock = clock_system();
        struct logger log;
        logger_init(&log, STDERR_FILENO, settings_log_level(&config), &clock);
        struct cmd_context context = {&config, &options,      &source,      &clock,
                                      &log,    STDOUT_FILENO, STDERR_FILENO};
        result = command->run(&context);
    }
    arena_free(&arena);
    return result;
}

int main(int argc, char **argv)
{
    /* Fixed, or the first large piece that is freed raises it: tables of which little is used would
     * then be zeroed on the heap instead of staying untouched. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_commands(argc > 1 ? STDOUT_FILENO : STDERR_FILENO);
        return argc > 1 ? 0 : 2;
    }
    name = strcmp(name, "--version") == 0 ? "version" : name;
    const struct command *command = find_command(name);
    return command ? run_command(command, argc - 2, argv + 2) : refuse_command(name);
}
