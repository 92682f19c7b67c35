#include "cmd/manual.h"

static const char ABOUT[] = "Pipes collects what visitors do on your site, on your own machine.";

static void append_command_help(struct buf *out, const struct command *command)
{
    buf_append_format(out, "pipes %s: %s\n\nusage: pipes %s %s\n\n", command->name,
                      command->summary, command->name, command->usage);
    option_append_help(out, config_rows, config_row_count(), command->uses);
}

void manual_append_text(struct buf *out, const struct command *command)
{
    if (command) {
        append_command_help(out, command);
        return;
    }
    buf_append_format(out, "%s\n\nusage: pipes COMMAND [OPTIONS]\n\n", ABOUT);
    for (size_t i = 0; cmd_list[i]; i++) {
        buf_append_format(out, "  %-10s %s\n", cmd_list[i]->name, cmd_list[i]->summary);
    }
    buf_append_text(out, "\n`pipes COMMAND --help` shows its options; each can also be given as "
                         "PIPES_NAME\nin the environment or as a line in pipes.ini.\n");
}

/* As text of roff: no dot or quote begins a line with a command, no hyphen is one of typography. */
static void append_roff(struct buf *out, const char *text)
{
    bool is_line_start = out->len == 0 || out->at[out->len - 1] == '\n';
    for (; *text; text++) {
        if (is_line_start && (*text == '.' || *text == '\'')) {
            buf_append_text(out, "\\&");
        }
        if (*text == '\\') {
            buf_append_text(out, "\\e");
        } else if (*text == '-') {
            buf_append_text(out, "\\-");
        } else {
            buf_append_byte(out, *text);
        }
        is_line_start = *text == '\n';
    }
}

static void append_roff_line(struct buf *out, const char *text)
{
    append_roff(out, text);
    buf_append_byte(out, '\n');
}

static void append_title(struct buf *out, const struct command *command)
{
    buf_append_text(out, ".TH PIPES");
    for (const char *at = command ? command->name : ""; *at; at++) {
        buf_append_text(out, at == command->name ? "\\-" : "");
        buf_append_byte(out, (char)(*at - ('a' - 'A')));
    }
    buf_append_text(out, " 1 \"\" \"pipes " PIPES_VERSION "\" \"Pipes\"\n.SH NAME\npipes");
    if (command) {
        buf_append_format(out, "\\-%s", command->name);
    }
    buf_append_text(out, " \\- ");
}

static void append_rows(struct buf *out, unsigned uses)
{
    for (size_t i = 0; i < config_row_count(); i++) {
        const struct option_row *row = &config_rows[i];
        if (!(row->uses & uses)) {
            continue;
        }
        buf_append_text(out, ".TP\n\\fB\\-\\-");
        append_roff(out, row->name);
        buf_append_text(out, "\\fR \\fI");
        append_roff(out, option_value_word(row));
        buf_append_text(out, "\\fR\n");
        append_roff(out, row->help);
        if (row->default_text[0]) {
            buf_append_text(out, " (default ");
            append_roff(out, row->default_text);
            buf_append_byte(out, ')');
        }
        buf_append_byte(out, '\n');
    }
}

static void append_of_command(struct buf *out, const struct command *command)
{
    append_title(out, command);
    append_roff_line(out, command->summary);
    buf_append_format(out, ".SH SYNOPSIS\n.B pipes %s\n", command->name);
    append_roff_line(out, command->usage);
    if (command->uses) {
        buf_append_text(out, ".SH OPTIONS\n");
        append_rows(out, command->uses);
        buf_append_text(out, ".SH ENVIRONMENT\nEach option is also PIPES_NAME, in capitals and "
                             "with _ for - and for a dot, or a line\n"
                             ".I name = value\nin pipes.ini. What is further "
                             "to the right wins: default, file, environment, command line.\n");
    }
    buf_append_text(out, ".SH EXIT STATUS\n0 only when the command did what it says.\n"
                         ".SH SEE ALSO\n.BR pipes (1)\n");
}

static void append_of_program(struct buf *out)
{
    append_title(out, NULL);
    buf_append_text(out, "collects what visitors do on your site, on your own machine\n"
                         ".SH SYNOPSIS\n.B pipes\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.SH COMMANDS\n");
    for (size_t i = 0; cmd_list[i]; i++) {
        buf_append_format(out, ".TP\n.BR pipes\\-%s (1)\n", cmd_list[i]->name);
        append_roff_line(out, cmd_list[i]->summary);
    }
    buf_append_text(
        out, ".SH FILES\n.TP\n.I pipes.ini\nOptions, one\n.I name = value\na line: in the working "
             "folder, or wherever\n.B \\-\\-config\nor PIPES_CONFIG says.\n"
             ".TP\n.I /etc/pipes/pipes.ini\nThe file of an installed service.\n"
             ".TP\n.I /var/lib/pipes\nIts data.\n"
             ".SH EXIT STATUS\n0 only when the command did what it says.\n");
}

void manual_append_page(struct buf *out, const struct command *command)
{
    if (command) {
        append_of_command(out, command);
    } else {
        append_of_program(out);
    }
}

/* "a|b|c" as words of a shell. */
static void append_words(struct buf *out, const char *choices)
{
    for (; *choices; choices++) {
        buf_append_byte(out, *choices == '|' ? ' ' : *choices);
    }
}

static void append_values_of(struct buf *out, const struct command *command)
{
    for (size_t i = 0; i < config_row_count(); i++) {
        const struct option_row *row = &config_rows[i];
        if (!(row->uses & command->uses) || row->type == OPTION_SWITCH) {
            continue;
        }
        buf_append_format(out, "    %s:--%s) ", command->name, row->name);
        if (row->type == OPTION_CHOICE) {
            buf_append_text(out, "words='");
            append_words(out, row->choices);
            buf_append_text(out, "' ;;\n");
        } else {
            buf_append_text(out, "return ;;\n");
        }
    }
}

static void append_flags_of(struct buf *out, const struct command *command)
{
    buf_append_format(out, "    %s:*) words='", command->name);
    append_words(out, command->words ? command->words : "");
    for (size_t i = 0; i < config_row_count(); i++) {
        if (config_rows[i].uses & command->uses) {
            buf_append_format(out, " --%s", config_rows[i].name);
        }
    }
    buf_append_text(out, " --help' ;;\n");
}

void manual_append_bash(struct buf *out)
{
    buf_append_text(out, "# Completion of pipes for bash; written by `pipes help --format bash`.\n"
                         "_pipes() {\n"
                         "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
                         "    local before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                         "    if [[ $word == = ]]; then\n"
                         "        word=\n"
                         "    elif [[ $before == = ]]; then\n"
                         "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
                         "    fi\n"
                         "    COMPREPLY=()\n"
                         "    case $COMP_CWORD:$before in\n"
                         "    1:*) words='");
    for (size_t i = 0; cmd_list[i]; i++) {
        buf_append_format(out, "%s%s", i > 0 ? " " : "", cmd_list[i]->name);
    }
    buf_append_text(out, " --help --version' ;;\n    *) case ${COMP_WORDS[1]}:$before in\n");
    for (size_t i = 0; cmd_list[i]; i++) {
        append_values_of(out, cmd_list[i]);
    }
    for (size_t i = 0; cmd_list[i]; i++) {
        append_flags_of(out, cmd_list[i]);
    }
    buf_append_text(out, "    esac ;;\n    esac\n"
                         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                         "}\n"
                         "complete -o default -F _pipes pipes\n");
}
