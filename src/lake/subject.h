/*
 * subject.h - a person as the data knows one: some ids, in one site or all; and what of a row is
 * that person's.
 *
 * A row belongs to the subject when its anonymous_id, user_id or previous_id is one of the ids. A
 * row of somebody else may mention the subject: in properties, a URL, a title. There the id is
 * replaced (subject_redact()), the rest of the row stays.
 *
 *     subject_init(&subject, site);
 *     subject_add(&subject, id, &fault);
 *     if (subject_owns(&subject, row)) { ... }
 *     subject_free(&subject);
 *
 * Where a mention is looked for: properties, user_properties, context, group_id, title, the URLs
 * and campaigns. What counts as one: the id between quotes, whole; and of ids of SUBJECT_LONG_BYTES
 * and more any place where its bytes stand, also as JSON or a URL may write them. A shorter one
 * would be found in words that have nothing to do with it.
 */
#ifndef PIPES_LAKE_SUBJECT_H
#define PIPES_LAKE_SUBJECT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum {
    SUBJECT_ID_BYTES_MAX = 1024,
    SUBJECT_IDS_MAX = 256,
    SUBJECT_LONG_BYTES = 8,
    SUBJECT_NEEDLES_MAX = 4,
};

struct subject_id {
    struct view text;
    struct view needles[SUBJECT_NEEDLES_MAX]; /* as it may be written in a row */
    size_t needle_count;
    bool is_long;
    bool is_hash;            /* made here of another one, by a key */
    const char *replacement; /* JSON stays JSON with it, within a string and without */
};

struct subject {
    struct view site; /* empty: all sites */
    struct subject_id ids[SUBJECT_IDS_MAX];
    size_t count;
    bool keeps_mentions;
    struct arena arena; /* of texts */
};

/* site is copied. */
void subject_init(struct subject *subject, struct view site);
/* Accepts a zeroed one. */
void subject_free(struct subject *subject);
/* Copied; one that is there already is not added again. STATUS_BAD_INPUT for an empty one,
 * STATUS_TOO_BIG for too long or too many. */
enum status subject_add(struct subject *subject, struct view id, struct fault *fault) MUST_CHECK;
/* The same for the hash of one of the others. */
enum status subject_add_hash(struct subject *subject, struct view id, struct fault *fault)
    MUST_CHECK;
bool subject_has(const struct subject *subject, struct view id);
/* How many of the ids are such hashes. */
size_t subject_hash_count(const struct subject *subject);

/* What of a row says whose it is. Absent texts are empty. */
enum { SUBJECT_ROW_IDS = 3 };
struct subject_row {
    struct view site;
    struct view ids[SUBJECT_ROW_IDS]; /* anonymous_id, user_id, previous_id */
    struct view type;
    struct view received_at;
    struct arena arena; /* of texts with escapes */
};
void subject_row_init(struct subject_row *row);
void subject_row_free(struct subject_row *row);
/* Borrowed from `text` until the next call. False when it is no row. */
bool subject_row_read(struct subject_row *row, struct view text);

bool subject_owns(const struct subject *subject, const struct subject_row *row);
/* Whether an id stands in the bytes, whatever they are. */
bool subject_is_in(const struct subject *subject, struct view bytes);
/* Appends the row of somebody else with every mention replaced; returns how many there were. 0:
 * nothing was appended. */
size_t subject_redact(const struct subject *subject, struct view row, struct buf *out);

#endif
