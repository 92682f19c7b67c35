/*
 * sql_script.h - cuts a script of SQL at its semicolons, not those in strings, names and comments.
 *
 *     struct view rest = script, statement;
 *     while (sql_script_next(&rest, &statement)) { ... }
 */
#ifndef PIPES_LAKE_SQL_SCRIPT_H
#define PIPES_LAKE_SQL_SCRIPT_H

#include "base/view.h"

/* The next statement that is more than space and comments; false behind the last. */
bool sql_script_next(struct view *rest, struct view *statement);

#endif
