#include "lake/row_keys.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A pass over the file looks at so many keys, about; the table is twice as large. */
enum { GATHERED = 4096, KEYS_A_PASS = 1024 * 1024, SLOTS = 2 * KEYS_A_PASS, NAME_BYTES = 32 };

struct entry {
    uint64_t key[2];
    uint64_t ingest_seq; /* 0 in the table: free */
};

struct row_keys {
    int folder_fd; /* borrowed */
    char name[NAME_BYTES];
    int fd;
    uint64_t count; /* in the file */
    size_t gathered;
    struct entry entries[GATHERED];
    uint64_t *later; /* sorted after row_keys_find() */
    size_t later_count;
    size_t later_room;
};

enum status row_keys_create(struct row_keys **keys, int folder_fd, const char *name,
                            struct fault *fault)
{
    struct row_keys *made = calloc(1, sizeof(*made));
    *keys = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for keys of rows");
    }
    made->folder_fd = folder_fd;
    strncpy(made->name, name, sizeof(made->name) - 1);
    made->fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (made->fd < 0) {
        free(made);
        *keys = NULL;
        return fault_errno(fault, errno, "cannot create %s", name);
    }
    return STATUS_OK;
}

void row_keys_destroy(struct row_keys *keys)
{
    if (keys) {
        close(keys->fd);
        unlinkat(keys->folder_fd, keys->name, 0);
        free(keys->later);
        free(keys);
    }
}

static enum status flush(struct row_keys *keys, struct fault *fault)
{
    struct view bytes =
        view_make((const char *)keys->entries, keys->gathered * sizeof(struct entry));
    enum status status = file_write_at(keys->fd, bytes, keys->count * sizeof(struct entry), fault);
    keys->count += keys->gathered;
    keys->gathered = 0;
    return status;
}

enum status row_keys_add(struct row_keys *keys, const uint64_t key[2], uint64_t ingest_seq,
                         struct fault *fault)
{
    keys->entries[keys->gathered++] =
        (struct entry){.key = {key[0], key[1]}, .ingest_seq = ingest_seq};
    return keys->gathered == GATHERED ? flush(keys, fault) : STATUS_OK;
}

static enum status note_later(struct row_keys *keys, uint64_t ingest_seq, struct fault *fault)
{
    if (keys->later_count == keys->later_room) {
        size_t room = keys->later_room > 0 ? keys->later_room * 2 : GATHERED;
        uint64_t *more = realloc(keys->later, room * sizeof(*more));
        if (!more) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory for repeated rows");
        }
        keys->later = more;
        keys->later_room = room;
    }
    keys->later[keys->later_count++] = ingest_seq;
    return STATUS_OK;
}

static enum status meet(struct row_keys *keys, struct entry *table, const struct entry *one,
                        struct fault *fault)
{
    size_t at = one->key[1] & (SLOTS - 1);
    while (table[at].ingest_seq != 0 &&
           (table[at].key[0] != one->key[0] || table[at].key[1] != one->key[1])) {
        at = (at + 1) & (SLOTS - 1);
    }
    uint64_t before = table[at].ingest_seq;
    if (before == 0 || one->ingest_seq < before) {
        table[at] = *one;
    }
    /* The same number is the same row twice, and none of the two is later. */
    if (before == 0 || before == one->ingest_seq) {
        return STATUS_OK;
    }
    return note_later(keys, before > one->ingest_seq ? before : one->ingest_seq, fault);
}

/* Looks at the keys whose turn it is, out of `passes`. */
static enum status pass(struct row_keys *keys, struct entry *table, uint64_t turn, uint64_t passes,
                        struct fault *fault)
{
    enum status status = STATUS_OK;
    memset(table, 0, SLOTS * sizeof(*table));
    for (uint64_t at = 0; at < keys->count && status == STATUS_OK;) {
        ssize_t got = pread(keys->fd, keys->entries, sizeof(keys->entries),
                            (off_t)(at * sizeof(struct entry)));
        size_t count = got > 0 ? (size_t)got / sizeof(struct entry) : 0;
        if (count == 0) {
            return fault_errno(fault, got < 0 ? errno : EIO, "cannot read %s", keys->name);
        }
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            if (keys->entries[i].key[0] % passes == turn) {
                status = meet(keys, table, &keys->entries[i], fault);
            }
        }
        at += count;
    }
    return status;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

enum status row_keys_find(struct row_keys *keys, struct fault *fault)
{
    enum status status = flush(keys, fault);
    struct entry *table = malloc(SLOTS * sizeof(*table));
    if (!table) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for keys of rows");
    }
    uint64_t passes = keys->count / KEYS_A_PASS + 1;
    for (uint64_t turn = 0; turn < passes && status == STATUS_OK; turn++) {
        status = pass(keys, table, turn, passes, fault);
    }
    free(table);
    if (keys->later_count > 1) {
        qsort(keys->later, keys->later_count, sizeof(keys->later[0]), compare);
    }
    return status;
}

bool row_keys_is_later(const struct row_keys *keys, uint64_t ingest_seq)
{
    return keys->later_count > 0 && bsearch(&ingest_seq, keys->later, keys->later_count,
                                            sizeof(keys->later[0]), compare) != NULL;
}
