#include "app/settings.h"
#include "cmd/cmd.h"
#include "cmd/manual.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 16 * 1024 * 1024, HELP_BYTES = 1 << 20, LARGE_BYTES = 256 * 1024 };

extern char **environ;

static void print_help(int fd, const struct command *command)
{
    struct buf text;
    buf_init(&text, HELP_BYTES);
    manual_append_text(&text, command);
    cmd_write(fd, buf_view(&text));
    buf_free(&text);
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
        print_help(STDOUT_FILENO, command);
        result = 0;
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
    if (argc < 2) {
        print_help(STDERR_FILENO, NULL);
        return 2;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(STDOUT_FILENO, NULL);
        return 0;
    }
    name = strcmp(name, "--version") == 0 ? "version" : name;
    const struct command *command = cmd_find(name);
    return command ? run_command(command, argc - 2, argv + 2) : cmd_refuse(STDERR_FILENO, name);
}
