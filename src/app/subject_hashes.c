#include "app/subject_hashes.h"

#include "lake/held_sites.h"
#include "privacy/identity.h"

#include <openssl/crypto.h>

/* Of the ids that were given; those that are added stand behind them. */
static enum status add_of_site(struct subject *subject, struct key_ring *ring, struct view site,
                               size_t given, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < given && status == STATUS_OK; i++) {
        char text[IDENTITY_TEXT_BYTES];
        if (subject->ids[i].is_hash) {
            continue;
        }
        const struct identity_of of = {site, subject->ids[i].text};
        status = identity_find(ring, KEY_OF_IDS, &of, text, fault);
        if (status == STATUS_OK) {
            status = subject_add_hash(subject, view_make(text, sizeof(text)), fault);
        }
    }
    return status;
}

static enum status add_of_all(struct subject *subject, struct key_ring *ring, int data_fd,
                              const char *library, struct fault *fault)
{
    struct held_sites sites;
    size_t given = subject->count;
    enum status status = held_sites_read(&sites, data_fd, library, fault);
    for (size_t i = 0; i < sites.count && status == STATUS_OK; i++) {
        status = add_of_site(subject, ring, sites.names[i], given, fault);
    }
    held_sites_free(&sites);
    return status;
}

enum status subject_hashes_add(struct subject *subject, int data_fd, const char *library,
                               struct fault *fault)
{
    struct key_ring *ring;
    unsigned char bytes[KEY_RING_BYTES];
    const struct key_periods periods = {0, 0}; /* none is made, and none is ended */
    enum status status = key_ring_open(&ring, data_fd, &periods, fault);
    /* Asked before anything is read for it. */
    status = status == STATUS_OK ? key_ring_find(ring, KEY_OF_IDS, bytes, fault) : status;
    OPENSSL_cleanse(bytes, sizeof(bytes));
    if (status == STATUS_OK) {
        status = subject->site.len > 0
                     ? add_of_site(subject, ring, subject->site, subject->count, fault)
                     : add_of_all(subject, ring, data_fd, library, fault);
    }
    key_ring_close(ring);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
