/*
 * option.h - options as rows: one table from which flags, environment variables, file keys, help
 * and documents follow.
 *
 * A value comes from, in rising order: its default, the configuration file (NAME = VALUE), the
 * environment (PIPES_NAME), the command line (--name VALUE or --name=VALUE). Where each one came
 * from is kept.
 *
 *     static const struct option_row ROWS[] = {
 *         {.name = "listen", .type = OPTION_ADDRESS, .default_text = "*:8080",
 *          .offset = offsetof(struct config, listen), .help = "where pages send events"},
 *     };
 *     option_set_init(&set, ROWS, 1, &config, &arena);
 *     option_set_defaults(&set, &fault); option_read_file(...); option_read_environment(...);
 *     option_read_flags(...);
 */
#ifndef PIPES_BASE_OPTION_H
#define PIPES_BASE_OPTION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum option_type {
    OPTION_TEXT,     /* const char * */
    OPTION_NUMBER,   /* int64_t */
    OPTION_SIZE,     /* int64_t, bytes: "500", "64kB", "1MiB", "2GB" */
    OPTION_DURATION, /* int64_t, milliseconds: "500ms", "10s", "5m", "2h", "8d" */
    OPTION_SWITCH,   /* bool: "true", "false"; as a flag alone it means true */
    OPTION_ADDRESS,  /* const char *: "HOST:PORT", host an IPv4 address, an [IPv6] one or "*" */
    OPTION_CHOICE,   /* const char *: one of `choices` */
};

struct option_row {
    const char *name; /* lower case, words joined by '-' */
    enum option_type type;
    const char *default_text;
    size_t offset;       /* of the field in the values struct */
    int64_t min, max;    /* of numbers, sizes and durations; both 0: no bound but 0 and up */
    const char *choices; /* "a|b|c" */
    const char *value;   /* what stands for it in help: "DIR"; NULL: by its type */
    const char *help;
    unsigned uses;      /* bit mask of the commands it belongs to; rows of one name share none */
    bool is_reloadable; /* a running program takes a new value */
};

enum { OPTION_ORIGIN_BYTES = 160, OPTION_ROWS_MAX = 160, OPTION_POSITIONALS_MAX = 64 };

/* Values and where they came from. */
struct option_set {
    const struct option_row *rows;
    size_t count;
    void *values;        /* the caller's struct */
    struct arena *arena; /* texts are copied there */
    char origins[OPTION_ROWS_MAX][OPTION_ORIGIN_BYTES];
    const char *texts[OPTION_ROWS_MAX]; /* as they were written */
    const char *positionals[OPTION_POSITIONALS_MAX];
    size_t positional_count;
    bool wants_help; /* --help or -h was there */
    /* Of lines below a [section] that has a blank in its name: "site shop". NULL: passed over. */
    enum status (*on_section)(void *self, const char *section, const char *name, const char *value,
                              struct fault *fault);
    void *section_self;
};

void option_set_init(struct option_set *set, const struct option_row *rows, size_t count,
                     void *values, struct arena *arena);
enum status option_set_defaults(struct option_set *set, struct fault *fault) MUST_CHECK;
/* Lines "name = value"; '#' and ';' begin comments; [sections] are passed over, but those with a
 * blank in their name have lines of their own (on_section). A name that is no option is an error
 * that names file and line. */
enum status option_read_file(struct option_set *set, const char *path, struct view text,
                             struct fault *fault) MUST_CHECK;
/* PIPES_* of the NULL-terminated list; names that are no option are passed over. */
enum status option_read_environment(struct option_set *set, char *const *environment,
                                    struct fault *fault) MUST_CHECK;
/* Words that are no flags become positionals, as does everything behind "--". Only rows whose uses
 * meet `uses` are known. */
enum status option_read_flags(struct option_set *set, unsigned uses, int count, char *const *words,
                              struct fault *fault) MUST_CHECK;

/* Whether nobody set any row of that name so far. */
bool option_is_unset(const struct option_set *set, const char *name);
/* Of every row of that name that nobody set so far. STATUS_NOT_FOUND: no row has that name. */
enum status option_set_unset(struct option_set *set, const char *name, const char *text,
                             const char *origin, struct fault *fault) MUST_CHECK;

/* What stands for the value in help: "DIR", "on|off"; empty when the flag needs none. */
const char *option_value_word(const struct option_row *row);
/* Help for the rows whose uses meet `uses`. */
enum status option_append_help(struct buf *out, const struct option_row *rows, size_t count,
                               unsigned uses);
/* All values with their origins. */
enum status option_append_values(struct buf *out, const struct option_set *set);

/* How many letters must change to make b of a, for "did you mean"; 99 for long words. */
unsigned option_distance(const char *a, const char *b);

#endif
