/*
 * uuid.h - random identifiers (RFC 9562, version 4) from the operating system's generator.
 *
 *     char text[UUID_TEXT_BYTES];
 *     if (uuid_make(text, &fault) != STATUS_OK) { ... }
 */
#ifndef PIPES_BASE_UUID_H
#define PIPES_BASE_UUID_H

#include "base/status.h"

#include <stddef.h>

enum { UUID_TEXT_BYTES = 37 };

/* Fills bytes with randomness that nobody can guess. */
enum status uuid_random(void *bytes, size_t len, struct fault *fault) MUST_CHECK;
/* Lower case, with its zero byte. */
enum status uuid_make(char text[UUID_TEXT_BYTES], struct fault *fault) MUST_CHECK;

#endif
