#include "app/erasure.h"

#include "base/uuid.h"
#include "lake/erase_parts.h"
#include "journal/data_folder.h"

#include <stdio.h>
#include <unistd.h>

enum status erasure_begin(const struct erasure_world *world, struct erase_intent *intent,
                          struct fault *fault)
{
    intent->asked_ms = clock_now_ms(world->clock);
    return erase_intent_save(world->lake_fd, intent, fault);
}

static enum status erase_tree(const struct erasure_world *world, enum tree tree,
                              const struct erase_job *job, struct erase_counts *counts,
                              struct fault *fault)
{
    int fd;
    const char *name = tree == TREE_RAW ? "raw" : "quarantine";
    enum status status = data_folder_enter(world->lake_fd, name, true, &fd, fault);
    if (status == STATUS_OK) {
        status = erase_parts(fd, tree, job, counts, fault);
        close(fd);
    }
    return status;
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
    const struct erase_job job = {.subject = &intent->subject, .should_stop = world->should_stop};
    receipt->asked_ms = intent->asked_ms;
    receipt->ids = intent->subject.count;
    receipt->has_site = intent->subject.site.len > 0;
    enum status status = name_receipt(receipt, fault);
    if (status == STATUS_OK) {
        status = world->settle(world->self, &intent->subject, receipt, fault);
    }
    if (status == STATUS_OK) {
        status = erase_tree(world, TREE_QUARANTINE, &job, &receipt->quarantine, fault);
    }
    if (status == STATUS_OK) {
        status = erase_tree(world, TREE_RAW, &job, &receipt->raw, fault);
    }
    if (status == STATUS_OK) {
        status = world->erase_hours(world->self, &job, &receipt->parquet, fault);
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
