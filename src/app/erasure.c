#include "app/erasure.h"

#include "base/uuid.h"

#include <stdio.h>

enum status erasure_begin(const struct erasure_world *world, struct erase_intent *intent,
                          struct fault *fault)
{
    intent->asked_ms = clock_now_ms(world->clock);
    return erase_intent_save(world->lake_fd, intent, fault);
}

static enum status name_receipt(struct erasure_receipt *receipt, struct fault *fault)
{
    uint64_t number;
    enum status status = uuid_random(&number, sizeof(number), fault);
    snprintf(receipt->id, sizeof(receipt->id), "%016llx", (unsigned long long)number);
    return status;
}

static enum status erase(const struct erasure_world *world, const struct erase_intent *intent,
                         struct erasure_receipt *receipt, struct fault *fault)
{
    receipt->asked_ms = intent->asked_ms;
    receipt->hashes = subject_hash_count(&intent->subject);
    receipt->ids = intent->subject.count - receipt->hashes;
    receipt->has_site = intent->subject.site.len > 0;
    enum status status = name_receipt(receipt, fault);
    if (status == STATUS_OK) {
        status = world->settle(world->self, &intent->subject, receipt, fault);
    }
    if (status == STATUS_OK) {
        status = world->forget_raw(world->self, &intent->subject, &receipt->raw_requests, fault);
    }
    if (status == STATUS_OK) {
        status = world->erase_files(world->self, &intent->subject, &receipt->files, fault);
    }
    receipt->done_ms = clock_now_ms(world->clock);
    return status;
}

enum status erasure_finish(const struct erasure_world *world, struct erasure_receipt *receipt,
                           struct fault *fault)
{
    struct erase_intent intent;
    enum status status = erase_intent_load(&intent, world->lake_fd, fault);
    if (status == STATUS_OK) {
        status = erase(world, &intent, receipt, fault);
    }
    erase_intent_free(&intent);
    if (status == STATUS_OK) {
        status = erasure_receipt_keep(world->lake_fd, receipt, fault);
    }
    return status == STATUS_OK ? erase_intent_remove(world->lake_fd, fault) : status;
}
