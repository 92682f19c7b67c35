#include "app/subject_hashes.h"

#include "lake/held_sites.h"
#include "privacy/identity.h"

enum { DAYS_MAX = 3650 };
static const int64_t DAY_MS = 86400000;

/* Of the ids that were given; those that are added stand behind them. */
static enum status add_of_site(struct subject *subject, struct identity *identity, struct view site,
                               size_t given, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < given && status == STATUS_OK; i++) {
        char text[IDENTITY_TEXT_BYTES];
        if (subject->ids[i].is_hash) {
            continue;
        }
        status = identity_find(identity, IDENTITY_OF_ID, site, subject->ids[i].text, text, fault);
        if (status == STATUS_OK) {
            status = subject_add_hash(subject, view_make(text, sizeof(text)), fault);
        }
    }
    return status;
}

static enum status add_of_all(struct subject *subject, struct identity *identity, int data_fd,
                              const char *library, struct fault *fault)
{
    struct held_sites sites;
    size_t given = subject->count;
    enum status status = held_sites_read(&sites, data_fd, library, fault);
    for (size_t i = 0; i < sites.count && status == STATUS_OK; i++) {
        status = add_of_site(subject, identity, sites.names[i], given, fault);
    }
    held_sites_free(&sites);
    return status;
}

enum status subject_hashes_add(struct subject *subject, int data_fd, const char *library,
                               struct fault *fault)
{
    struct identity *identity;
    char text[IDENTITY_TEXT_BYTES];
    enum status status = identity_open(&identity, data_fd, DAYS_MAX * DAY_MS, fault);
    /* Asked before anything is read for it. */
    status = status == STATUS_OK ? identity_find(identity, IDENTITY_OF_ID, subject->site,
                                                 subject->site, text, fault)
                                 : status;
    if (status == STATUS_OK) {
        status = subject->site.len > 0
                     ? add_of_site(subject, identity, subject->site, subject->count, fault)
                     : add_of_all(subject, identity, data_fd, library, fault);
    }
    identity_close(identity);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
