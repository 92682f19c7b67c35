#include "app/replay_desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 64 * 1024, ROWS_BYTES_MAX = 16 * 1024 * 1024 };

enum state { IDLE, ASKED, ANSWERED };

struct replay_desk {
    struct replay_desk_options options;
    struct ledger_tally noted;
    struct replay_append append;
    const struct settings *settings; /* the snapshot in use */
    struct tombstone_look *forgotten;
    pthread_mutex_t lock;
    pthread_cond_t change;
    enum state state;
    bool is_stopping;
    struct exchange *x; /* admin's; NULL: nobody waits for the answer */
    struct buf rows;    /* the thread's while ASKED */
    struct buf answer;
    bool is_kept;
    int fd;
    bool has_thread;
    pthread_t thread;
};

/* As many as fit into one commit; the asker sees which, and comes again with the others. */
static enum status append_rows(struct replay_desk *desk, struct fault *fault)
{
    struct view rest = buf_view(&desk->rows);
    enum status status = STATUS_OK;
    while (rest.len > 0 && status == STATUS_OK) {
        struct view row = view_cut(&rest, '\n');
        status = row.len > 0 ? replay_append_row(&desk->append, row, fault) : STATUS_OK;
    }
    return desk->append.looked > 0 ? STATUS_OK : status;
}

static void make_answer(struct replay_desk *desk, bool is_kept)
{
    const struct replay_append *append = &desk->append;
    const char *before = "";
    buf_clear(&desk->answer);
    buf_append_format(&desk->answer, "{\"looked\":%zu,\"events\":%llu,\"done\":[", append->looked,
                      (unsigned long long)append->events);
    for (size_t i = 0; i < append->done_count; i++) {
        buf_append_format(&desk->answer, "%s%llu", before, (unsigned long long)append->done[i]);
        before = ",";
    }
    buf_append_text(&desk->answer, "]}\n");
    desk->is_kept = is_kept && buf_status(&desk->answer) == STATUS_OK;
}

static void work(struct replay_desk *desk)
{
    struct replay_place *place = &desk->options.place;
    struct fault fault = {0};
    desk->settings = settings_box_take(desk->options.settings, desk->settings);
    place->rules.sites = &desk->settings->sites;
    place->scrubbing.options = &desk->settings->scrubbing;
    replay_append_open(&desk->append, place);
    enum status status = append_rows(desk, &fault);
    if (desk->append.done_count > 0) {
        status = journal_commit(place->journal, place->worker, &fault);
        request_account_ended(&place->account, &desk->noted,
                              status == STATUS_OK ? LEDGER_ANSWERED : LEDGER_REFUSED_OVERLOADED);
        lake_thread_tell(desk->options.lake);
    }
    make_answer(desk, status == STATUS_OK);
    replay_append_close(&desk->append);
}

static void *run(void *argument)
{
    struct replay_desk *desk = argument;
    pthread_mutex_lock(&desk->lock);
    while (!desk->is_stopping) {
        if (desk->state != ASKED) {
            pthread_cond_wait(&desk->change, &desk->lock);
            continue;
        }
        pthread_mutex_unlock(&desk->lock);
        work(desk);
        pthread_mutex_lock(&desk->lock);
        desk->state = ANSWERED;
        eventfd_write(desk->fd, 1);
    }
    pthread_mutex_unlock(&desk->lock);
    return NULL;
}

enum status replay_desk_start(struct replay_desk **desk, const struct replay_desk_options *options,
                              struct fault *fault)
{
    struct replay_desk *made = calloc(1, sizeof(*made));
    *desk = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for replays");
    }
    made->options = *options;
    made->options.place.noted = &made->noted;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->change, NULL);
    ledger_tally_init(&made->noted, REQUEST_ACCOUNT_ROWS);
    buf_init(&made->rows, ROWS_BYTES_MAX);
    buf_init(&made->answer, ANSWER_BYTES_MAX);
    made->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    enum status status = tombstone_look_create(&made->forgotten, options->tombstones, fault);
    if (status != STATUS_OK) {
        replay_desk_destroy(made);
        return status;
    }
    made->options.place.rules.forgotten = made->forgotten;
    int reason = made->fd < 0 ? errno : pthread_create(&made->thread, NULL, run, made);
    if (reason != 0) {
        replay_desk_destroy(made);
        return fault_errno(fault, reason, "cannot start the thread that replays");
    }
    pthread_setname_np(made->thread, "replay");
    made->has_thread = true;
    *desk = made;
    return STATUS_OK;
}

void replay_desk_stop(struct replay_desk *desk)
{
    if (!desk || !desk->has_thread) {
        return;
    }
    pthread_mutex_lock(&desk->lock);
    desk->is_stopping = true;
    pthread_cond_signal(&desk->change);
    pthread_mutex_unlock(&desk->lock);
    pthread_join(desk->thread, NULL);
    desk->has_thread = false;
}

void replay_desk_destroy(struct replay_desk *desk)
{
    if (!desk) {
        return;
    }
    replay_desk_stop(desk);
    if (desk->fd >= 0) {
        close(desk->fd);
    }
    if (desk->settings) {
        settings_box_take_back(desk->options.settings, desk->settings);
    }
    tombstone_look_destroy(desk->forgotten);
    ledger_tally_free(&desk->noted);
    buf_free(&desk->rows);
    buf_free(&desk->answer);
    pthread_cond_destroy(&desk->change);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}

int replay_desk_fd(const struct replay_desk *desk)
{
    return desk->fd;
}

bool replay_desk_ask(struct replay_desk *desk, struct exchange *x, struct view body)
{
    pthread_mutex_lock(&desk->lock);
    bool is_free = desk->state == IDLE && !desk->is_stopping;
    if (is_free) {
        buf_clear(&desk->rows);
        is_free = buf_append_view(&desk->rows, body) == STATUS_OK;
    }
    if (is_free) {
        desk->state = ASKED;
        desk->x = x;
        pthread_cond_signal(&desk->change);
    }
    pthread_mutex_unlock(&desk->lock);
    return is_free;
}

void replay_desk_gone(struct replay_desk *desk, const struct exchange *x)
{
    pthread_mutex_lock(&desk->lock);
    desk->x = desk->x == x ? NULL : desk->x;
    pthread_mutex_unlock(&desk->lock);
}

static void fill_answer(const struct replay_desk *desk, struct http_reply *reply)
{
    if (desk->is_kept) {
        http_reply_lines(reply, "Content-Type: application/json\r\n");
        buf_append_view(&reply->body, buf_view(&desk->answer));
    } else {
        http_reply_error(reply, 503, "the journal could not keep them; try again");
    }
}

void replay_desk_answer(void *self)
{
    struct replay_desk *desk = self;
    eventfd_t count;
    int got = eventfd_read(desk->fd, &count);
    (void)got;
    pthread_mutex_lock(&desk->lock);
    struct exchange *x = NULL;
    if (desk->state == ANSWERED) {
        x = desk->x;
        desk->state = IDLE;
        desk->x = NULL;
    }
    if (x) {
        fill_answer(desk, exchange_reply(x));
    }
    pthread_mutex_unlock(&desk->lock);
    if (x) {
        exchange_finish(x);
    }
}
