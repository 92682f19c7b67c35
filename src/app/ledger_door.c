#include "app/ledger_door.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FAULT_INTERVAL_MS = 10000, SUM_ROWS = 8192 };

/* The worker counts into tallies[turn % 2] and says meanwhile which turn it is in (1 + turn; 0: it
 * counts nothing). The keeper takes the next turn and waits until the worker is not in the one
 * before: that tally is the keeper's then, until it takes a turn again. */
struct counter {
    _Atomic uint64_t turn;
    _Atomic uint64_t inside;
    struct ledger_tally tallies[2];
};

struct ledger_door {
    struct ledger_door_options options;
    struct counter *counters;
    pthread_mutex_t lock;    /* of who keeps */
    struct ledger_tally sum; /* under the lock */
    struct buf marks;        /* lines that belong to it */
    struct buf post;         /* not empty: could not be kept, and is tried again as it is */
    _Atomic bool is_told;
    int wake_fd;
    int stop_fd;
    bool has_thread;
    pthread_t thread;
    struct logger_gate gate;
};

static void say(struct ledger_door *door, enum status status, const struct fault *fault)
{
    uint64_t held;
    int64_t now_ms = clock_monotonic_ms(door->options.clock);
    if (status != STATUS_OK && logger_gate_hit(&door->gate, now_ms, &held)) {
        logger_error(door->options.log, "ledger",
                     "what the front door counted cannot be kept; it is counted on in memory "
                     "(tried %llu more times since this was last said): %s",
                     (unsigned long long)held, fault->text);
    }
    if (status == STATUS_OK && logger_gate_over(&door->gate, now_ms, &held)) {
        logger_info(door->options.log, "ledger", "it is kept again");
    }
}

static bool is_stopped(const struct ledger_door *door, int wait_ms)
{
    struct pollfd stop = {.fd = door->stop_fd, .events = POLLIN};
    return poll(&stop, 1, wait_ms) > 0;
}

static void *run(void *argument)
{
    struct ledger_door *door = argument;
    struct pollfd wait[2] = {{.fd = door->wake_fd, .events = POLLIN},
                             {.fd = door->stop_fd, .events = POLLIN}};
    for (;;) {
        struct fault fault = {0};
        poll(wait, 2, -1);
        if (is_stopped(door, LEDGER_DOOR_INTERVAL_MS)) {
            return NULL;
        }
        uint64_t count;
        ssize_t got = read(door->wake_fd, &count, sizeof(count));
        (void)got;
        atomic_store(&door->is_told, false);
        enum status status = ledger_door_keep(door, &fault);
        say(door, status, &fault);
        if (status != STATUS_OK && !atomic_exchange(&door->is_told, true)) {
            eventfd_write(door->wake_fd, 1);
        }
    }
}

static enum status start(struct ledger_door *door, struct fault *fault)
{
    door->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    door->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int reason = door->wake_fd < 0 || door->stop_fd < 0
                     ? errno
                     : pthread_create(&door->thread, NULL, run, door);
    if (reason != 0) {
        return fault_errno(fault, reason, "cannot start the ledger's thread");
    }
    pthread_setname_np(door->thread, "ledger");
    door->has_thread = true;
    return STATUS_OK;
}

enum status ledger_door_create(struct ledger_door **door, const struct ledger_door_options *options,
                               struct fault *fault)
{
    struct ledger_door *made = calloc(1, sizeof(*made));
    *door = NULL;
    if (made) {
        made->options = *options;
        made->wake_fd = made->stop_fd = -1;
        made->gate.interval_ms = FAULT_INTERVAL_MS;
        pthread_mutex_init(&made->lock, NULL);
        ledger_tally_init(&made->sum, SUM_ROWS);
        buf_init(&made->marks, LEDGER_POST_BYTES_MAX / 8);
        buf_init(&made->post, LEDGER_POST_BYTES_MAX);
        made->counters = calloc(options->workers, sizeof(*made->counters));
    }
    if (!made || !made->counters) {
        ledger_door_destroy(made);
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the ledger");
    }
    for (unsigned i = 0; i < options->workers; i++) {
        ledger_tally_init(&made->counters[i].tallies[0], LEDGER_DOOR_SITES);
        ledger_tally_init(&made->counters[i].tallies[1], LEDGER_DOOR_SITES);
    }
    enum status status = start(made, fault);
    if (status != STATUS_OK) {
        ledger_door_destroy(made);
        return status;
    }
    *door = made;
    return STATUS_OK;
}

void ledger_door_destroy(struct ledger_door *door)
{
    if (!door) {
        return;
    }
    if (door->has_thread) {
        eventfd_write(door->stop_fd, 1);
        pthread_join(door->thread, NULL);
    }
    for (unsigned i = 0; door->counters && i < door->options.workers; i++) {
        ledger_tally_free(&door->counters[i].tallies[0]);
        ledger_tally_free(&door->counters[i].tallies[1]);
    }
    if (door->wake_fd >= 0) {
        close(door->wake_fd);
    }
    if (door->stop_fd >= 0) {
        close(door->stop_fd);
    }
    ledger_tally_free(&door->sum);
    buf_free(&door->marks);
    buf_free(&door->post);
    pthread_mutex_destroy(&door->lock);
    free(door->counters);
    free(door);
}

struct ledger_tally *ledger_door_enter(struct ledger_door *door, unsigned worker)
{
    struct counter *counter = &door->counters[worker];
    uint64_t turn = atomic_load(&counter->turn);
    for (;;) {
        atomic_store(&counter->inside, turn + 1);
        /* Both in one order: either the keeper sees us inside, or we see its turn. */
        uint64_t now = atomic_load(&counter->turn);
        if (now == turn) {
            return &counter->tallies[turn % 2];
        }
        turn = now;
    }
}

void ledger_door_leave(struct ledger_door *door, unsigned worker)
{
    atomic_store_explicit(&door->counters[worker].inside, 0, memory_order_release);
    if (!atomic_load_explicit(&door->is_told, memory_order_relaxed) &&
        !atomic_exchange(&door->is_told, true)) {
        eventfd_write(door->wake_fd, 1);
    }
}

void ledger_door_count(struct ledger_door *door, unsigned worker, enum ledger_count count)
{
    int64_t hour = part_hour(clock_now_ms(door->options.clock));
    struct ledger_tally *tally = ledger_door_enter(door, worker);
    ledger_tally_add(tally, hour, view_make(NULL, 0), LEDGER_REQUESTS, 1);
    ledger_tally_add(tally, hour, view_make(NULL, 0), count, 1);
    ledger_door_leave(door, worker);
}

/* What the worker counted since the last time; the keeper's until the next. */
static struct ledger_tally *take_over(struct counter *counter)
{
    uint64_t turn = atomic_load(&counter->turn);
    atomic_store(&counter->turn, turn + 1);
    while (atomic_load(&counter->inside) == turn + 1) {
        sched_yield();
    }
    return &counter->tallies[turn % 2];
}

static void append_marks(struct buf *out, const struct ledger_tally *tally, uint64_t stream)
{
    for (size_t i = 0; i < tally->count; i++) {
        const struct ledger_row *row = &tally->rows[i];
        if (row->mark > 0) {
            struct ledger_mark mark = {stream, row->mark};
            ledger_line_mark(out, row->hour, &mark);
        }
    }
}

static void collect(struct ledger_door *door)
{
    for (unsigned i = 0; i < door->options.workers; i++) {
        uint64_t stream;
        uint32_t number;
        uint64_t offset;
        struct ledger_tally *tally = take_over(&door->counters[i]);
        journal_durable(door->options.journal, i, &stream, &number, &offset);
        append_marks(&door->marks, tally, stream);
        ledger_tally_sum(&door->sum, tally);
        ledger_tally_clear(tally);
    }
}

/* Above the last posting of each of its hours. */
static enum status choose_number(const struct ledger_door *door, uint64_t *number,
                                 struct fault *fault)
{
    enum status status = STATUS_OK;
    *number = 0;
    for (size_t i = 0; i < door->sum.count && status == STATUS_OK; i++) {
        int64_t hour = door->sum.rows[i].hour;
        uint64_t next = 0;
        if (i == 0 || hour != door->sum.rows[i - 1].hour) {
            status = ledger_book_next(door->options.book, LEDGER_BY_DOOR, hour, &next, fault);
        }
        *number = next > *number ? next : *number;
    }
    return status;
}

static void append_times(const struct ledger_door *door, struct buf *out)
{
    for (size_t i = 0; i < door->sum.count; i++) {
        int64_t hour = door->sum.rows[i].hour;
        if (i == 0 || hour != door->sum.rows[i - 1].hour) {
            buf_append_format(out, "flushed %lld %lld\n", (long long)hour,
                              (long long)clock_now_ms(door->options.clock));
        }
    }
}

/* What could not be kept stays counted, in `sum` or as a posting that may be in half of its hours.
 */
static enum status keep(struct ledger_door *door, struct fault *fault)
{
    uint64_t number;
    collect(door);
    ledger_tally_sort(&door->sum);
    enum status status = choose_number(door, &number, fault);
    if (status == STATUS_OK && door->sum.count > 0) {
        ledger_post_begin(&door->post, LEDGER_BY_DOOR, number);
        ledger_line_counts(&door->post, &door->sum);
        append_times(door, &door->post);
        buf_append_view(&door->post, buf_view(&door->marks));
        buf_clear(&door->marks);
        ledger_tally_clear(&door->sum);
        status = buf_status(&door->post);
    }
    return status;
}

static enum status post(struct ledger_door *door, struct fault *fault)
{
    enum status status = STATUS_OK;
    if (door->post.len > 0) {
        status = ledger_book_apply(door->options.book, buf_view(&door->post), fault);
    }
    if (status == STATUS_OK) {
        buf_clear(&door->post);
    }
    return status;
}

enum status ledger_door_keep(void *self, struct fault *fault)
{
    struct ledger_door *door = self;
    pthread_mutex_lock(&door->lock);
    enum status status = post(door, fault);
    status = status == STATUS_OK ? keep(door, fault) : status;
    status = status == STATUS_OK ? post(door, fault) : status;
    pthread_mutex_unlock(&door->lock);
    return status;
}
