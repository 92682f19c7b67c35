#include "app/live.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct held_row {
    uint64_t ingest_seq;
    size_t len;
    char *bytes; /* its own allocation: rows come and go in any size */
};

struct live {
    pthread_mutex_t lock;
    const struct clock *clock;
    int wake_fd;
    _Atomic int watchers;
    struct held_row rows[LIVE_ROWS]; /* a ring: row n stands at n % LIVE_ROWS */
    uint64_t first;                  /* oldest held */
    uint64_t end;                    /* one behind the newest */
    size_t bytes;
    int64_t second; /* of the rows counted in `quiet_rows` */
    unsigned quiet_rows;
};

enum status live_create(struct live **live, const struct clock *clock, struct fault *fault)
{
    struct live *made = calloc(1, sizeof(*made));
    *live = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for live rows");
    }
    pthread_mutex_init(&made->lock, NULL);
    made->clock = clock;
    made->first = made->end = 1;
    made->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (made->wake_fd < 0) {
        int reason = errno;
        live_destroy(made);
        *live = NULL;
        return fault_errno(fault, reason, "cannot make an eventfd");
    }
    return STATUS_OK;
}

void live_destroy(struct live *live)
{
    if (!live) {
        return;
    }
    for (size_t i = 0; i < LIVE_ROWS; i++) {
        free(live->rows[i].bytes);
    }
    if (live->wake_fd >= 0) {
        close(live->wake_fd);
    }
    pthread_mutex_destroy(&live->lock);
    free(live);
}

int live_fd(const struct live *live)
{
    return live->wake_fd;
}

void live_read_wake(struct live *live)
{
    uint64_t count;
    ssize_t got = read(live->wake_fd, &count, sizeof(count));
    (void)got;
}

void live_wake(struct live *live)
{
    uint64_t one = 1;
    ssize_t written = write(live->wake_fd, &one, sizeof(one));
    (void)written; /* full: it is readable anyway */
}

void live_watchers(struct live *live, int change)
{
    atomic_fetch_add(&live->watchers, change);
}

bool live_wants(struct live *live)
{
    if (atomic_load(&live->watchers) > 0) {
        return true;
    }
    int64_t second = clock_monotonic_ms(live->clock) / 1000;
    pthread_mutex_lock(&live->lock);
    if (second != live->second) {
        live->second = second;
        live->quiet_rows = 0;
    }
    bool wants = live->quiet_rows < LIVE_QUIET_ROWS_PER_SEC;
    pthread_mutex_unlock(&live->lock);
    return wants;
}

static void drop_oldest(struct live *live)
{
    struct held_row *row = &live->rows[live->first % LIVE_ROWS];
    live->bytes -= row->len;
    free(row->bytes);
    *row = (struct held_row){0};
    live->first++;
}

void live_publish(struct live *live, uint64_t ingest_seq, struct view row)
{
    char *bytes = row.len > 0 && row.len <= LIVE_BYTES_MAX / 8 ? malloc(row.len) : NULL;
    if (!bytes) {
        return;
    }
    memcpy(bytes, row.at, row.len);
    pthread_mutex_lock(&live->lock);
    while (live->end - live->first == LIVE_ROWS ||
           (live->first < live->end && live->bytes + row.len > LIVE_BYTES_MAX)) {
        drop_oldest(live);
    }
    live->rows[live->end % LIVE_ROWS] = (struct held_row){ingest_seq, row.len, bytes};
    live->bytes += row.len;
    live->end++;
    live->quiet_rows++;
    pthread_mutex_unlock(&live->lock);
}

struct live_position live_after(struct live *live, uint64_t ingest_seq)
{
    pthread_mutex_lock(&live->lock);
    uint64_t next = live->end;
    while (next > live->first && live->rows[(next - 1) % LIVE_ROWS].ingest_seq > ingest_seq) {
        next--;
    }
    pthread_mutex_unlock(&live->lock);
    return (struct live_position){next};
}

struct live_position live_last(struct live *live, uint64_t rows)
{
    pthread_mutex_lock(&live->lock);
    uint64_t held = live->end - live->first;
    uint64_t next = live->end - (rows < held ? rows : held);
    pthread_mutex_unlock(&live->lock);
    return (struct live_position){next};
}

bool live_next(struct live *live, struct live_position *position, struct live_row *row,
               struct buf *out)
{
    pthread_mutex_lock(&live->lock);
    uint64_t next = position->next > live->first ? position->next : live->first;
    bool is_there = next < live->end;
    if (is_there) {
        const struct held_row *held = &live->rows[next % LIVE_ROWS];
        *row = (struct live_row){
            .ingest_seq = held->ingest_seq,
            .missed = position->next > 0 ? next - position->next : 0,
        };
        is_there = buf_append(out, held->bytes, held->len) == STATUS_OK;
    }
    if (is_there) {
        position->next = next + 1;
    }
    pthread_mutex_unlock(&live->lock);
    return is_there;
}
