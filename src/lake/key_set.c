#include "lake/key_set.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RUNS_MAX = 256, RUNS_PER_TIDY = 24, NAME_BYTES = 32, SMALLEST_TABLE = 1024 };
static const int64_t DAY_MS = 86400000;

struct named_run {
    uint64_t number; /* of its file; also its age */
    struct key_run run;
};

struct key_set {
    int folder_fd;
    int64_t window_ms;
    struct named_run runs[RUNS_MAX]; /* oldest first */
    size_t run_count;
    uint64_t next_number;
    struct key *table; /* open addressing; a key of zeros is an empty place */
    size_t table_room; /* a power of two */
    size_t fresh;
    int64_t fresh_received_ms;
};

static void run_name(uint64_t number, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%010llu.keys", (unsigned long long)number);
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = ((const struct named_run *)a)->number;
    uint64_t right = ((const struct named_run *)b)->number;
    return (left > right) - (left < right);
}

static void set_aside(struct key_set *set, const char *name)
{
    char aside[NAME_BYTES + 16];
    snprintf(aside, sizeof(aside), "_damaged-%.15s", name);
    renameat(set->folder_fd, name, set->folder_fd, aside);
}

static enum status open_run(struct key_set *set, const char *name, unsigned *damaged,
                            struct fault *fault)
{
    struct view text = view_from_text(name);
    uint64_t number;
    if (text.len != 15 || !view_ends_with(text, ".keys") ||
        !view_to_uint64(view_part(text, 0, 10), &number)) {
        return STATUS_OK;
    }
    if (set->run_count == RUNS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "over %d files of keys", RUNS_MAX);
    }
    struct named_run *run = &set->runs[set->run_count];
    enum status status = key_run_open(&run->run, set->folder_fd, name, fault);
    if (status == STATUS_DAMAGED) {
        set_aside(set, name);
        (*damaged)++;
        return STATUS_OK;
    }
    run->number = number;
    set->run_count += status == STATUS_OK;
    if (number >= set->next_number) {
        set->next_number = number + 1;
    }
    return status;
}

static enum status open_runs(struct key_set *set, unsigned *damaged, struct fault *fault)
{
    int own_fd = openat(set->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read the folder of keys");
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        status = open_run(set, entry->d_name, damaged, fault);
    }
    closedir(folder);
    qsort(set->runs, set->run_count, sizeof(*set->runs), by_number);
    return status;
}

enum status key_set_open(struct key_set **set, int folder_fd, int64_t window_ms, unsigned *damaged,
                         struct fault *fault)
{
    struct key_set *made = calloc(1, sizeof(*made));
    *set = NULL;
    *damaged = 0;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the set of keys");
    }
    made->folder_fd = folder_fd;
    made->window_ms = window_ms;
    made->next_number = 1;
    enum status status = open_runs(made, damaged, fault);
    if (status != STATUS_OK) {
        key_set_close(made);
        return status;
    }
    *set = made;
    return STATUS_OK;
}

void key_set_close(struct key_set *set)
{
    if (!set) {
        return;
    }
    for (size_t i = 0; i < set->run_count; i++) {
        key_run_close(&set->runs[i].run);
    }
    free(set->table);
    free(set);
}

static bool is_empty(struct key key)
{
    return key.high == 0 && key.low == 0;
}

/* Where the key stands, or the empty place where it would. */
static struct key *find_place(struct key *table, size_t room, struct key key)
{
    size_t at = (size_t)key.low & (room - 1);
    while (!is_empty(table[at]) && key_compare(&table[at], &key) != 0) {
        at = (at + 1) & (room - 1);
    }
    return &table[at];
}

static enum status grow_table(struct key_set *set, struct fault *fault)
{
    size_t room = set->table_room > 0 ? set->table_room * 2 : SMALLEST_TABLE;
    struct key *table = calloc(room, sizeof(*table));
    if (!table) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %zu keys", room);
    }
    for (size_t i = 0; i < set->table_room; i++) {
        if (!is_empty(set->table[i])) {
            *find_place(table, room, set->table[i]) = set->table[i];
        }
    }
    free(set->table);
    set->table = table;
    set->table_room = room;
    return STATUS_OK;
}

/* Each run is looked at in memory that is nowhere near: all are sent for before the first is waited
 * for. */
static bool is_in_runs(const struct key_set *set, struct key key)
{
    for (size_t i = 0; i < set->run_count; i++) {
        key_run_expect(&set->runs[i].run, key);
    }
    for (size_t i = set->run_count; i > 0; i--) {
        if (key_run_has(&set->runs[i - 1].run, key)) {
            return true;
        }
    }
    return false;
}

enum status key_set_add(struct key_set *set, struct key key, int64_t received_ms, bool *is_new,
                        struct fault *fault)
{
    key.low |= is_empty(key); /* zeros mean an empty place */
    if (set->fresh == KEY_SET_FRESH_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "%zu keys wait to be saved", set->fresh);
    }
    if (set->fresh * 4 >= set->table_room * 3) {
        enum status status = grow_table(set, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    struct key *place = find_place(set->table, set->table_room, key);
    *is_new = is_empty(*place) && !is_in_runs(set, key);
    if (*is_new) {
        *place = key;
        set->fresh++;
    }
    if (received_ms > set->fresh_received_ms) {
        set->fresh_received_ms = received_ms;
    }
    return STATUS_OK;
}

size_t key_set_fresh(const struct key_set *set)
{
    return set->fresh;
}

size_t key_set_runs(const struct key_set *set)
{
    return set->run_count;
}

static void remove_run(struct key_set *set, size_t index)
{
    char name[NAME_BYTES];
    run_name(set->runs[index].number, name);
    /* If it stays it is read again at the next start: harmless. */
    unlinkat(set->folder_fd, name, 0);
    key_run_close(&set->runs[index].run);
    memmove(&set->runs[index], &set->runs[index + 1],
            (set->run_count - index - 1) * sizeof(*set->runs));
    set->run_count--;
}

/* The file's number keeps runs in order of age, so a merged one takes the older's place. */
static enum status merge_runs(struct key_set *set, size_t older, struct fault *fault)
{
    struct named_run *a = &set->runs[older];
    struct named_run *b = &set->runs[older + 1];
    char name[NAME_BYTES];
    run_name(a->number, name);
    enum status status = key_run_merge(set->folder_fd, name, &a->run, &b->run, fault);
    struct key_run merged;
    if (status == STATUS_OK) {
        status = key_run_open(&merged, set->folder_fd, name, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    key_run_close(&a->run);
    a->run = merged;
    remove_run(set, older + 1);
    return STATUS_OK;
}

/* The pair of neighbours of the same day that is cheapest to merge; run_count when there is none.
 * Days stay apart so that old ones can be removed. */
static size_t cheapest_pair(const struct key_set *set, bool within_a_day)
{
    size_t best = set->run_count;
    uint64_t best_count = UINT64_MAX;
    for (size_t i = 0; i + 1 < set->run_count; i++) {
        const struct key_run *a = &set->runs[i].run;
        const struct key_run *b = &set->runs[i + 1].run;
        bool is_same_day = a->received_ms / DAY_MS == b->received_ms / DAY_MS;
        if ((is_same_day || !within_a_day) && a->count + b->count < best_count) {
            best = i;
            best_count = a->count + b->count;
        }
    }
    return best;
}

static enum status tidy(struct key_set *set, int64_t now_ms, struct fault *fault)
{
    for (size_t i = set->run_count; i > 0; i--) {
        if (set->runs[i - 1].run.received_ms < now_ms - set->window_ms) {
            remove_run(set, i - 1);
        }
    }
    enum status status = STATUS_OK;
    while (status == STATUS_OK && set->run_count > RUNS_PER_TIDY) {
        size_t pair = cheapest_pair(set, true);
        if (pair == set->run_count && set->run_count < RUNS_MAX / 2) {
            break;
        }
        pair = pair == set->run_count ? cheapest_pair(set, false) : pair;
        status = merge_runs(set, pair, fault);
    }
    return status;
}

/* The table's keys to its front, in order. */
static void sort_table(struct key_set *set)
{
    size_t filled = 0;
    for (size_t i = 0; i < set->table_room; i++) {
        if (!is_empty(set->table[i])) {
            set->table[filled++] = set->table[i];
        }
    }
    qsort(set->table, filled, sizeof(*set->table), key_compare);
}

/* After sorting, the table is no table any more: it is made anew. */
static void drop_table(struct key_set *set)
{
    free(set->table);
    set->table = NULL;
    set->table_room = 0;
    set->fresh = 0;
    set->fresh_received_ms = 0;
}

static enum status save_fresh(struct key_set *set, struct fault *fault)
{
    struct named_run *run = &set->runs[set->run_count];
    if (set->run_count == RUNS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "over %d files of keys", RUNS_MAX);
    }
    run->number = set->next_number;
    char name[NAME_BYTES];
    run_name(run->number, name);
    sort_table(set);
    enum status status =
        key_run_write(set->folder_fd, name, set->table, set->fresh, set->fresh_received_ms, fault);
    if (status == STATUS_OK) {
        status = key_run_open(&run->run, set->folder_fd, name, fault);
    }
    drop_table(set);
    if (status == STATUS_OK) {
        set->run_count++;
        set->next_number++;
    }
    return status;
}

enum status key_set_save(struct key_set *set, int64_t now_ms, struct fault *fault)
{
    enum status status = set->fresh > 0 ? save_fresh(set, fault) : STATUS_OK;
    return status == STATUS_OK ? tidy(set, now_ms, fault) : status;
}
