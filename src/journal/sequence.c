#include "journal/sequence.h"

#include "base/file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static const char FILE_NAME[] = "SEQUENCE";

struct sequence {
    int folder_fd;
    unsigned workers;
    _Atomic uint64_t next;     /* the first number not given */
    _Atomic uint64_t reserved; /* numbers below it may be given without touching the disk */
    pthread_mutex_t reserving;
    _Atomic uint64_t floor[SEQUENCE_WORKERS_MAX]; /* lowest number a worker may hold in flight */
    _Atomic uint64_t published;                   /* the highest stable ever told */
};

static enum status write_mark(int folder_fd, uint64_t mark, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 64);
    buf_append_uint64(&text, mark);
    buf_append_byte(&text, '\n');
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(folder_fd, FILE_NAME, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

static enum status read_mark(int folder_fd, uint64_t *mark, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 64);
    enum status status = file_read(folder_fd, FILE_NAME, &text, fault);
    struct view line = buf_view(&text);
    if (status == STATUS_NOT_FOUND) {
        *mark = 1;
        status = STATUS_OK;
    } else if (status == STATUS_OK &&
               (!view_ends_with(line, "\n") ||
                !view_to_uint64(view_part(line, 0, line.len - 1), mark) || *mark == 0)) {
        status = fault_set(fault, STATUS_DAMAGED,
                           "%s must hold one number above 0; write there one that is higher than "
                           "every ingest_seq in the lake",
                           FILE_NAME);
    }
    buf_free(&text);
    return status;
}

enum status sequence_open(struct sequence **sequence, int folder_fd, unsigned workers,
                          struct fault *fault)
{
    *sequence = NULL;
    uint64_t mark = 0;
    enum status status = read_mark(folder_fd, &mark, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (workers == 0 || workers > SEQUENCE_WORKERS_MAX) {
        return fault_set(fault, STATUS_BAD_INPUT, "workers must be 1 to %d", SEQUENCE_WORKERS_MAX);
    }
    struct sequence *made = calloc(1, sizeof(*made));
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the sequence");
    }
    made->folder_fd = folder_fd;
    made->workers = workers;
    atomic_store(&made->next, mark);
    atomic_store(&made->reserved, mark);
    pthread_mutex_init(&made->reserving, NULL);
    for (unsigned i = 0; i < workers; i++) {
        atomic_store(&made->floor[i], SEQUENCE_NOTHING);
    }
    *sequence = made;
    return STATUS_OK;
}

void sequence_close(struct sequence *sequence)
{
    if (!sequence) {
        return;
    }
    struct fault ignored;
    /* When this fails the reserved mark stands: a gap, which is allowed. */
    enum status status = write_mark(sequence->folder_fd, atomic_load(&sequence->next), &ignored);
    (void)status;
    pthread_mutex_destroy(&sequence->reserving);
    free(sequence);
}

/* Under the mutex: makes sure that numbers below `wanted` are reserved on disk. */
static enum status reserve(struct sequence *sequence, uint64_t wanted, struct fault *fault)
{
    if (wanted <= atomic_load(&sequence->reserved)) {
        return STATUS_OK;
    }
    uint64_t mark = wanted + SEQUENCE_BLOCK;
    enum status status = write_mark(sequence->folder_fd, mark, fault);
    if (status == STATUS_OK) {
        atomic_store(&sequence->reserved, mark);
    }
    return status;
}

enum status sequence_take(struct sequence *sequence, unsigned worker, uint32_t count,
                          uint64_t *first, struct fault *fault)
{
    /* The floor is published before the numbers are taken: who reads `next` after that and then
     * the floors cannot miss them. All accesses are sequentially consistent. */
    if (atomic_load(&sequence->floor[worker]) == SEQUENCE_NOTHING) {
        atomic_store(&sequence->floor[worker], atomic_load(&sequence->next));
    }
    enum status status = STATUS_OK;
    uint64_t next = atomic_load(&sequence->next);
    while (status == STATUS_OK) {
        if (next + count > atomic_load(&sequence->reserved)) {
            pthread_mutex_lock(&sequence->reserving);
            status = reserve(sequence, next + count, fault);
            pthread_mutex_unlock(&sequence->reserving);
        } else if (atomic_compare_exchange_weak(&sequence->next, &next, next + count)) {
            *first = next;
            break;
        }
    }
    return status;
}

void sequence_settle(struct sequence *sequence, unsigned worker, uint64_t floor)
{
    atomic_store(&sequence->floor[worker], floor);
}

bool sequence_is_low(struct sequence *sequence)
{
    return atomic_load(&sequence->next) + SEQUENCE_BLOCK / 2 > atomic_load(&sequence->reserved);
}

enum status sequence_reserve(struct sequence *sequence, struct fault *fault)
{
    pthread_mutex_lock(&sequence->reserving);
    uint64_t next = atomic_load(&sequence->next);
    enum status status = sequence_is_low(sequence)
                             ? reserve(sequence, next + SEQUENCE_BLOCK / 2 + 1, fault)
                             : STATUS_OK;
    pthread_mutex_unlock(&sequence->reserving);
    return status;
}

uint64_t sequence_stable(struct sequence *sequence)
{
    uint64_t stable = atomic_load(&sequence->next);
    for (unsigned i = 0; i < sequence->workers; i++) {
        uint64_t floor = atomic_load(&sequence->floor[i]);
        stable = floor < stable ? floor : stable;
    }
    /* A worker may publish a floor read before others took more: too low, never wrong. What was
     * told once stays true, for it takes its numbers after its floor. */
    uint64_t published = atomic_load(&sequence->published);
    while (published < stable &&
           !atomic_compare_exchange_weak(&sequence->published, &published, stable)) {
    }
    return stable > published ? stable : published;
}
