/*
 * subject_words.h - who is meant by what stands behind `pipes whois`, `forget`, `export --subject`.
 */
#ifndef PIPES_CMD_SUBJECT_WORDS_H
#define PIPES_CMD_SUBJECT_WORDS_H

#include "cmd/cmd.h"
#include "lake/whois.h"

/* Of the words and --site, --keep-mentions; the subject is to be freed in any case. */
enum status subject_words_read(const struct cmd_context *context, struct subject *subject,
                               struct fault *fault) MUST_CHECK;
/* Adds what its ids are as hashes, where there is a key for them (app/subject_hashes.h). */
enum status subject_words_hash(const struct cmd_context *context, struct subject *subject,
                               struct fault *fault) MUST_CHECK;
/* Of --subject, --site and --linked; an empty subject without the first. */
enum status subject_words_of_option(const struct cmd_context *context, int data_fd,
                                    struct subject *subject, struct fault *fault) MUST_CHECK;
/* What is held, as text or JSON. */
void subject_words_print(const struct cmd_context *context, const struct subject *subject,
                         const struct whois *whois);

#endif
