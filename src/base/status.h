/*
 * status.h - how a function says that it failed.
 *
 * What can fail returns enum status; the caller's struct fault then holds one sentence for a
 * person: it names the file, offset, option or host, and what is allowed.
 *
 *     struct fault fault = {0};
 *     if (journal_open(&journal, path, &fault) != STATUS_OK) {
 *         logger_error(log, "journal", "%s", fault.text);
 *     }
 */
#ifndef PIPES_BASE_STATUS_H
#define PIPES_BASE_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_NO_MEMORY, /* the allocator refused */
    STATUS_TOO_BIG,   /* a ceiling was reached */
    STATUS_BAD_INPUT, /* bytes or words from outside that are not understood */
    STATUS_IO,        /* the operating system refused; the fault has its reason */
    STATUS_FULL,      /* no space left on the device, or the quota is used up */
    STATUS_BUSY,      /* somebody else holds it */
    STATUS_NOT_FOUND, /* there is no such thing */
    STATUS_END,       /* nothing more to read */
    STATUS_DAMAGED,   /* our own bytes on disk do not check out */
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* The sentence that goes with a failure. Zeroed at birth, owned by the caller. */
struct fault {
    char text[512];
};

/* Writes the sentence (cut at the struct's size) and returns status, so that a function can
 * `return fault_set(fault, STATUS_IO, ...)`. fault may be NULL. */
enum status fault_set(struct fault *fault, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of errno_value behind it; ENOSPC and EDQUOT give STATUS_FULL,
 * all others STATUS_IO. */
enum status fault_errno(struct fault *fault, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
