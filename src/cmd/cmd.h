/*
 * cmd.h - the contract of a subcommand, and the list of all.
 *
 * A command gets its world as an argument and gives the exit status: 0 only when it did what it
 * says. What it prints for people goes to out, what went wrong to err.
 */
#ifndef PIPES_CMD_CMD_H
#define PIPES_CMD_CMD_H

#include "app/config.h"
#include "base/clock.h"
#include "base/logger.h"

struct cmd_context {
    const struct config *config;
    const struct option_set *options;
    const struct config_source *source; /* where they came from */
    const struct clock *clock;
    struct logger *log;
    int out_fd;
    int err_fd;
};

struct command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* what may stand behind the name */
    unsigned uses;       /* which rows of config.c it takes; 0: none */
    size_t positionals;  /* words behind the name that it takes */
    const char *words;   /* "a|b|c": what the first of them is one of; NULL: anything */
    int (*run)(const struct cmd_context *context);
};

extern const struct command *const cmd_list[]; /* ends with NULL */

/* NULL when there is none of that name. */
const struct command *cmd_find(const char *name);
/* Says so, with the command that was likely meant; gives 2, to be returned. */
int cmd_refuse(int err_fd, const char *name);
/* "pipes: SENTENCE" on err; gives 1, to be returned. */
int cmd_fail(const struct cmd_context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Writes all of it to a file descriptor. */
void cmd_write(int fd, struct view bytes);

extern const struct command cmd_serve;
extern const struct command cmd_build;
extern const struct command cmd_tail;
extern const struct command cmd_query;
extern const struct command cmd_export;
extern const struct command cmd_verify;
extern const struct command cmd_compact;
extern const struct command cmd_ledger;
extern const struct command cmd_replay;
extern const struct command cmd_raw;
extern const struct command cmd_schema;
extern const struct command cmd_config;
extern const struct command cmd_columns;
extern const struct command cmd_bench;
extern const struct command cmd_limits;
extern const struct command cmd_version;
extern const struct command cmd_retention;
extern const struct command cmd_privacy;
extern const struct command cmd_whois;
extern const struct command cmd_forget;
extern const struct command cmd_help;
extern const struct command cmd_deploy;
extern const struct command cmd_doctor;

#endif
