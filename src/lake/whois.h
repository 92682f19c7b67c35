/*
 * whois.h - what the data folder holds of a subject, and which other ids belong to it.
 *
 * Reads a snapshot, so it may run beside a collector.
 *
 *     struct whois_options options = {.data_fd = fd, .library = library, .subject = &subject};
 *     whois_look(&whois, &options, &fault);
 *     ... whois->groups, whois->files, whois->linked ...
 *     whois_free(whois);
 */
#ifndef PIPES_LAKE_WHOIS_H
#define PIPES_LAKE_WHOIS_H

#include "lake/subject.h"

enum { WHOIS_NAME_BYTES = 160, WHOIS_WORD_BYTES = 65, WHOIS_DAY_BYTES = 11 };

struct whois_group {
    char site[WHOIS_WORD_BYTES];
    char type[WHOIS_WORD_BYTES];
    char day[WHOIS_DAY_BYTES]; /* "2026-11-24": of received_at, UTC */
    uint64_t rows;
};

struct whois_file {
    char name[WHOIS_NAME_BYTES]; /* below data/lake; "journal" */
    uint64_t rows;
    uint64_t mentions; /* rows of others in which the subject is mentioned */
};

struct whois {
    struct whois_group *groups; /* by day, site and type */
    size_t group_count;
    struct whois_file *files; /* that hold something */
    size_t file_count;
    uint64_t rows;
    uint64_t mentions;
    uint64_t quarantined;
    struct subject linked; /* other ids that stand in its rows */
};

struct whois_options {
    int data_fd;         /* borrowed */
    const char *library; /* of DuckDB; NULL or empty: looked for */
    struct subject *subject;
    /* Takes ids that stand in a row with one of the subject's into the subject, and those that
     * stand with them, and so on: to be used with care, for one device may have had two users. */
    bool is_following;
    bool is_counting_mentions;
};

/* STATUS_TOO_BIG when more ids belong together than a subject may have. */
enum status whois_look(struct whois **whois, const struct whois_options *options,
                       struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void whois_free(struct whois *whois);

#endif
