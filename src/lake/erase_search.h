/*
 * erase_search.h - inside of erase_file: which columns of a Parquet file may hold a subject.
 *
 * Most files hold nothing of it, and of the others few columns do: to look for bytes in
 * decompressed pages (parquet_search.h) takes a fraction of what it takes to ask SQL about each
 * value.
 *
 *     erase_search_create(&search, &subject, &fault);
 *     erase_search_file(search, fd, &fault);
 *     if (erase_search_has_any(search)) { ... }
 *     erase_search_destroy(search);
 */
#ifndef PIPES_LAKE_ERASE_SEARCH_H
#define PIPES_LAKE_ERASE_SEARCH_H

#include "lake/subject_sql.h"

struct erase_search;

/* The subject is borrowed. */
enum status erase_search_create(struct erase_search **search, const struct subject *subject,
                                struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void erase_search_destroy(struct erase_search *search);

/* Forgets what was found in another file. In one that is not understood every column may hold it:
 * then DuckDB is to say what is wrong with it. */
enum status erase_search_file(struct erase_search *search, int fd, struct fault *fault) MUST_CHECK;
bool erase_search_has_any(const struct erase_search *search);
/* Whether rows may be the subject's. */
bool erase_search_has_ids(const struct erase_search *search);
/* Columns that do not mention it become SUBJECT_SQL_FIXED. */
void erase_search_narrow(const struct erase_search *search, struct subject_sql_columns *columns);

#endif
