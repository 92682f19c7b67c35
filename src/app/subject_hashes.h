/*
 * subject_hashes.h - a person whose ids are stored as keyed hashes (user-id = hash): to each id
 * that was given comes the hash that it has in each site, as long as the key exists that made it.
 *
 *     subject_hashes_add(&subject, data_fd, library, &fault);
 *
 * Makes no key and ends none, so that it may run beside a collector. Rows under hashes of a key
 * that was destroyed are nobody's any more, and are not found.
 */
#ifndef PIPES_APP_SUBJECT_HASHES_H
#define PIPES_APP_SUBJECT_HASHES_H

#include "lake/subject.h"

/* Of the subject's site, or of all that the data folder has rows of. Nothing is added when there is
 * no key. STATUS_TOO_BIG when it comes to more ids than a subject may have. */
enum status subject_hashes_add(struct subject *subject, int data_fd, const char *library,
                               struct fault *fault) MUST_CHECK;

#endif
