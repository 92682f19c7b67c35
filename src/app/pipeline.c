#include "app/pipeline.h"

#include "app/batch_frames.h"
#include "app/commit_timing.h"
#include "app/commit_voice.h"
#include "app/cookie_renewal.h"
#include "app/event_answer.h"
#include "app/gate.h"
#include "app/refusal.h"
#include "app/round.h"
#include "app/scrubbing.h"
#include "app/worker_tools.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { FAULT_INTERVAL_MS = 10000, FULL_PAUSE_NS = 2000000 };

struct pipeline {
    struct pipeline_shared shared;
    unsigned worker;
    struct refusals refusals;
    struct arena arena;
    struct scrub_cache scrub_cache;
    struct round rounds[2];
    struct round *gathering;
    struct round *committing; /* the other one; empty when no commit is under way */
    size_t committing_bytes;
    int64_t commit_began_ns;
    struct commit_timing timing;
    struct net_loop *loop; /* borrowed; NULL until it is attached */
    int timer_fd;
    bool is_timed;
    struct worker_tools tools;
    struct tombstone_look *forgotten;
    struct commit_voice voice;
    bool is_full; /* something of this wake-up found the journal or the disk full */
};

/* One request on its way. */
struct taking {
    struct pipeline *pipeline;
    const struct adapter *adapter;
    const struct inbound *inbound;
    const struct settings *settings;
    struct batch *batch;
    struct gate_pass *pass;
    uint64_t last_seq; /* of its events in the journal */
};

enum status pipeline_create(struct pipeline **pipeline, const struct pipeline_shared *shared,
                            unsigned worker, struct fault *fault)
{
    struct pipeline *made = calloc(1, sizeof(*made));
    *pipeline = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a worker");
    }
    made->shared = *shared;
    made->worker = worker;
    made->refusals = (struct refusals){shared->counts, {shared->door, worker}};
    made->voice = (struct commit_voice){
        .log = shared->log, .clock = shared->clock, .gate.interval_ms = FAULT_INTERVAL_MS};
    arena_init(&made->arena, PIPELINE_ARENA_BYTES);
    round_init(&made->rounds[0]);
    round_init(&made->rounds[1]);
    made->gathering = &made->rounds[0];
    made->committing = &made->rounds[1];
    made->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    enum status status = made->timer_fd < 0 ? fault_errno(fault, errno, "cannot create a timer")
                                            : worker_tools_open(&made->tools, shared->agents,
                                                                ~shared->hash_seed, fault);
    if (status == STATUS_OK && shared->tombstones) {
        status = tombstone_look_create(&made->forgotten, shared->tombstones, fault);
    }
    if (status != STATUS_OK) {
        *pipeline = NULL;
        pipeline_destroy(made);
    }
    return status;
}

void pipeline_destroy(struct pipeline *pipeline)
{
    if (!pipeline) {
        return;
    }
    request_account_ended(&pipeline->refusals.account, &pipeline->rounds[0].noted,
                          LEDGER_UNANSWERED);
    request_account_ended(&pipeline->refusals.account, &pipeline->rounds[1].noted,
                          LEDGER_UNANSWERED);
    worker_tools_close(&pipeline->tools);
    tombstone_look_destroy(pipeline->forgotten);
    arena_free(&pipeline->arena);
    round_free(&pipeline->rounds[0]);
    round_free(&pipeline->rounds[1]);
    if (pipeline->timer_fd >= 0) {
        close(pipeline->timer_fd);
    }
    free(pipeline);
}

static enum status write_row(void *self, uint32_t index, uint64_t ingest_seq, struct buf *out)
{
    struct taking *taking = self;
    struct batch *batch = taking->batch;
    size_t begin = out->len;
    if (index >= batch->event_count) {
        const struct batch_origin origin = {taking->adapter->name, taking->inbound->received_ms,
                                            batch->envelope};
        batch_frames_append_reject(out, &origin, &batch->rejects[index - batch->event_count],
                                   ingest_seq);
        return buf_status(out);
    }
    struct event *event = &batch->events[index];
    event_set_integer(event, COLUMN_INGEST_SEQ, (int64_t)ingest_seq);
    enum status status = event_append_row(out, event);
    if (status == STATUS_OK) {
        round_note_row(taking->pipeline->gathering, ingest_seq,
                       view_make(out->at + begin, out->len - begin));
    }
    return status;
}

static bool make_room(struct pipeline *pipeline);

static enum status journal_batch(struct taking *taking, struct fault *fault)
{
    struct pipeline *pipeline = taking->pipeline;
    size_t count = taking->batch->event_count + taking->batch->reject_count;
    struct frame_event *frame = batch_frames_make(taking->batch, pipeline->shared.hash_seed,
                                                  taking->inbound->received_ms, &pipeline->arena);
    if (!frame || count > FRAME_EVENTS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "%zu events are too many for one request", count);
    }
    enum status status = STATUS_TOO_BIG;
    /* The second time with nothing gathered before it. */
    for (int attempt = 0; attempt < 2 && status == STATUS_TOO_BIG; attempt++) {
        if (attempt > 0 && !make_room(pipeline)) {
            return fault_set(fault, STATUS_BUSY, "the disk is behind");
        }
        struct round *round = pipeline->gathering;
        size_t rows_before = round->rows.len;
        size_t marks_before = round->row_count;
        status = journal_append(pipeline->shared.journal, pipeline->worker, frame, (uint32_t)count,
                                write_row, taking, fault);
        if (status != STATUS_OK) {
            round_cut_rows(round, marks_before, rows_before);
        }
    }
    taking->last_seq = status == STATUS_OK ? frame[count - 1].ingest_seq : 0;
    return status;
}

static size_t count_of(const struct batch *batch)
{
    return batch->event_count + batch->reject_count;
}

static void fill_answer(struct taking *taking, struct exchange *x)
{
    const struct batch *batch = taking->batch;
    const struct event_answer answer = {
        /* Who was forgotten is nobody's to ask: such an event looks as if it had been taken. */
        .accepted = batch->event_count + taking->pass->forgotten.event_count,
        .rejected = batch->reject_count,
        .dropped = count_of(&taking->pass->gone),
        .skew_ms = count_of(batch) > 0 ? batch->skew_ms : 0,
        .tells_skew = count_of(batch) > 0 && batch->tells_skew,
    };
    if (taking->adapter->answer == ADAPTER_ANSWER_PIXEL) {
        event_answer_pixel(exchange_reply(x));
    } else {
        const struct event_receipts asked = {taking->pipeline->shared.receipts,
                                             taking->inbound->query};
        event_answer_json(exchange_reply(x), &answer, &asked);
    }
}

/* Before the events are completed: what the client did not say must not name its cookie. */
static void renew_cookie(struct taking *taking, struct exchange *x)
{
    const struct cookie_renewal asking = {exchange_request(x)->head, taking->batch,
                                          &taking->pipeline->arena, taking->inbound->received_ms};
    if (taking->settings->has_server_cookie) {
        cookie_renewal_add(&asking, exchange_reply(x));
    }
}

static void start_commit(struct pipeline *pipeline);
static bool is_committing(const struct pipeline *pipeline);

static struct commit_situation situation(const struct pipeline *pipeline)
{
    const struct journal *journal = pipeline->shared.journal;
    int64_t window_ns = journal_window_ns(journal, pipeline->worker);
    return (struct commit_situation){
        .gathered = {pipeline->gathering->waiting_count,
                     journal_gathered(journal, pipeline->worker)},
        .has_ring = journal_has_ring(journal, pipeline->worker),
        .is_timed = pipeline->is_timed,
        .window_ns = window_ns,
        .now_ns = window_ns > 0 ? clock_stopwatch_ns() : 0,
    };
}

static struct request_counted counted_as(const struct taking *taking)
{
    return (struct request_counted){
        .batch = taking->batch,
        .site = view_from_text(taking->pipeline->shared.site),
        .received_ms = taking->inbound->received_ms,
        .last_seq = taking->last_seq,
    };
}

static enum net_verdict wait_for_round(const struct taking *taking, struct exchange *x)
{
    struct pipeline *pipeline = taking->pipeline;
    const struct round_waiting waiting = {
        .x = x,
        .accepted = taking->batch->event_count,
        .quarantined = taking->batch->reject_count,
        .receipt = receipts_beacon(pipeline->shared.receipts, taking->inbound->query),
    };
    const struct request_counted counted = counted_as(taking);
    round_add(pipeline->gathering, &waiting);
    request_account_waits(&pipeline->refusals.account, &counted, &pipeline->gathering->noted);
    struct commit_situation now = situation(pipeline);
    if (commit_timing_is_half(&pipeline->timing, &now) && !is_committing(pipeline)) {
        start_commit(pipeline); /* goes on beside: this request is not answered meanwhile */
    }
    return NET_WAIT;
}

/* What is left of a batch that is not empty: cleaned, completed, in the journal. */
static enum status keep(struct taking *taking, struct exchange *x, const struct gate *gate,
                        struct fault *fault)
{
    struct pipeline *pipeline = taking->pipeline;
    if (pipeline->gathering->waiting_count == 0) {
        pipeline->gathering->is_live = live_wants(pipeline->shared.live);
    }
    renew_cookie(taking, x);
    int64_t now_ms = taking->inbound->received_ms;
    const struct scrubbing scrubbing = {&taking->settings->scrubbing,
                                        pipeline->shared.keys,
                                        {now_ms, now_ms},
                                        &pipeline->scrub_cache,
                                        pipeline->shared.counts};
    enum status status = gate_clean(gate, taking->pass, fault);
    status =
        status == STATUS_OK ? scrubbing_apply(&scrubbing, taking->batch, &pipeline->arena) : status;
    status = status == STATUS_OK ? journal_batch(taking, fault) : status;
    pipeline->is_full = pipeline->is_full || status == STATUS_FULL;
    if (status == STATUS_FULL || status == STATUS_IO) {
        commit_voice_failed(&pipeline->voice, fault);
    }
    return status;
}

static enum net_verdict take(struct taking *taking, struct exchange *x, struct fault *fault)
{
    struct pipeline *pipeline = taking->pipeline;
    const struct pipeline_shared *shared = &pipeline->shared;
    const struct gate gate = {shared->guard,
                              shared->counts,
                              {&taking->settings->sites,
                               shared->ring,
                               pipeline->forgotten,
                               {shared->site, shared->environment}}};
    enum gate_verdict verdict = gate_admit(&gate, taking->pass);
    if (verdict != GATE_OPEN) {
        return gate_refuse(taking->pass, &pipeline->refusals, verdict);
    }
    enum status status = gate_judge(&gate, taking->pass, fault);
    size_t count = count_of(taking->batch);
    if (status == STATUS_OK && count > 0) {
        status = keep(taking, x, &gate, fault);
    }
    if (status != STATUS_OK) {
        return refusal_of(&pipeline->refusals, x, status, fault);
    }
    const struct request_counted counted = counted_as(taking);
    gate_count_gone(&gate, taking->pass, &pipeline->refusals.account, &counted);
    fill_answer(taking, x);
    if (count == 0) {
        return NET_DONE;
    }
    /* Else what somebody refused, or who was forgotten, stands in it. */
    if (count_of(&taking->pass->gone) + count_of(&taking->pass->forgotten) == 0) {
        raw_keeper_offer(shared->raw, taking->inbound,
                         http_header(exchange_request(x)->head, "content-type"));
    }
    atomic_fetch_add(&shared->counts->received, count);
    atomic_fetch_add(&shared->counts->lone_surrogates, taking->batch->lone_surrogates);
    return wait_for_round(taking, x);
}

enum net_verdict pipeline_take(struct pipeline *pipeline, struct exchange *x,
                               const struct pipeline_request *request)
{
    struct batch batch = {0};
    struct gate_pass pass = {.settings = request->settings,
                             .inbound = request->inbound,
                             .x = x,
                             .client = request->client,
                             .arena = &pipeline->arena,
                             .batch = &batch,
                             .sender = worker_tools_sender(&pipeline->tools, request->settings,
                                                           request->inbound->received_ms)};
    struct taking taking = {
        pipeline, request->adapter, request->inbound, request->settings, &batch, &pass, 0};
    struct fault fault = {0};
    atomic_fetch_add(&pipeline->shared.counts->requests, 1);
    /* Before any work is done: what cannot be kept must cost nothing. */
    if (pipeline->gathering->waiting_count == ROUND_WAITING_MAX && !make_room(pipeline)) {
        return refusal_of(&pipeline->refusals, x, STATUS_BUSY, &fault);
    }
    arena_clear(&pipeline->arena);
    enum status status = sender_know(&pass.sender, x, request->client, &pipeline->arena);
    if (status == STATUS_OK) {
        status = request->adapter->decode(request->inbound, &pipeline->arena, &batch, &fault);
    }
    return status == STATUS_OK ? take(&taking, x, &fault)
                               : refusal_of(&pipeline->refusals, x, status, &fault);
}

static void finish_round(struct pipeline *pipeline, enum status status, const struct fault *fault)
{
    struct counts *counts = pipeline->shared.counts;
    struct round *round = pipeline->committing;
    if (round->waiting_count == 0) {
        return;
    }
    atomic_fetch_add(&counts->commits, 1);
    atomic_store(&counts->is_commit_failing, status != STATUS_OK);
    histogram_add(&counts->commit_time, clock_stopwatch_ns() - pipeline->commit_began_ns);
    if (status == STATUS_OK) {
        round_publish(round, pipeline->shared.live);
        lake_thread_tell(pipeline->shared.lake);
        commit_voice_works(&pipeline->voice);
    } else {
        atomic_fetch_add(&counts->commit_failures, 1);
        commit_voice_failed(&pipeline->voice, fault);
    }
    /* Whoever was answered may come again; whoever gathers already is there. */
    const struct commit_crowd crowd = {
        round->waiting_count + pipeline->gathering->waiting_count,
        pipeline->committing_bytes + journal_gathered(pipeline->shared.journal, pipeline->worker)};
    commit_timing_ended(&pipeline->timing, &crowd);
    request_account_ended(&pipeline->refusals.account, &round->noted,
                          status == STATUS_OK ? LEDGER_ANSWERED : LEDGER_REFUSED_OVERLOADED);
    round_answer(round, counts, pipeline->shared.receipts, status == STATUS_OK);
}

static void set_timer(struct pipeline *pipeline, int64_t in_ns)
{
    struct itimerspec when = {.it_value = {in_ns / 1000000000, in_ns % 1000000000}};
    pipeline->is_timed = timerfd_settime(pipeline->timer_fd, 0, &when, NULL) == 0;
}

/* Returns at once; the round that gathers becomes the one that is committed. */
static void start_commit(struct pipeline *pipeline)
{
    struct fault fault = {0};
    enum status status;
    struct round *round = pipeline->gathering;
    struct commit_situation now = situation(pipeline);
    bool may_wait = !commit_timing_in_halves(&pipeline->timing, &now);
    pipeline->gathering = pipeline->committing;
    pipeline->committing = round;
    pipeline->committing_bytes = now.gathered.bytes;
    pipeline->commit_began_ns = clock_stopwatch_ns();
    commit_timing_began(&pipeline->timing);
    if (journal_commit_start(pipeline->shared.journal, pipeline->worker, may_wait, &status,
                             &fault)) {
        finish_round(pipeline, status, &fault);
    }
}

static bool is_committing(const struct pipeline *pipeline)
{
    return journal_is_committing(pipeline->shared.journal, pipeline->worker);
}

/* False when the disk is so far behind that nothing more can be gathered. */
static bool make_room(struct pipeline *pipeline)
{
    if (is_committing(pipeline)) {
        return false;
    }
    start_commit(pipeline);
    return true;
}

/* Who cannot keep anything leaves the processor to the lake, which makes room: it runs at a low
 * priority, and refusals as fast as they are asked for would leave it nothing. */
static void pause_if_full(struct pipeline *pipeline)
{
    const struct timespec pause = {.tv_nsec = FULL_PAUSE_NS};
    if (pipeline->is_full) {
        pipeline->is_full = false;
        nanosleep(&pause, NULL);
    }
}

static void commit_and_watch(struct pipeline *pipeline)
{
    start_commit(pipeline);
    if (journal_owes_sync(pipeline->shared.journal, pipeline->worker) && !pipeline->is_timed) {
        set_timer(pipeline, pipeline->shared.interval_ms * 1000000 + 1);
    }
}

static void on_dry(void *self)
{
    struct pipeline *pipeline = self;
    if (!is_committing(pipeline)) {
        commit_and_watch(pipeline);
    }
}

void pipeline_round(struct pipeline *pipeline)
{
    pause_if_full(pipeline);
    if (is_committing(pipeline)) {
        return;
    }
    struct commit_situation now = situation(pipeline);
    switch (commit_timing_ask(&pipeline->timing, &now)) {
    case COMMIT_WHEN_DRY:
        net_loop_when_dry(pipeline->loop, on_dry, pipeline);
        break;
    case COMMIT_LATER:
        if (!pipeline->is_timed) {
            set_timer(pipeline, journal_lull_ns(pipeline->shared.journal, pipeline->worker) + 1);
        }
        if (pipeline->is_timed) {
            break;
        }
        commit_and_watch(pipeline); /* nobody would look again */
        break;
    case COMMIT_NOW:
        commit_and_watch(pipeline);
        break;
    }
}

static void on_committed(void *self)
{
    struct pipeline *pipeline = self;
    struct fault fault = {0};
    enum status status = journal_commit_end(pipeline->shared.journal, pipeline->worker, &fault);
    if (status == STATUS_BUSY) {
        return;
    }
    finish_round(pipeline, status, &fault);
    if (pipeline->gathering->waiting_count > 0) {
        pipeline_round(pipeline);
    }
}

static void on_timer(void *self)
{
    struct pipeline *pipeline = self;
    uint64_t count;
    ssize_t got = read(pipeline->timer_fd, &count, sizeof(count));
    (void)got;
    pipeline->is_timed = false;
    pipeline_round(pipeline);
}

enum status pipeline_attach(struct pipeline *pipeline, struct net_loop *loop, struct fault *fault)
{
    int commit_fd = journal_commit_fd(pipeline->shared.journal, pipeline->worker);
    pipeline->loop = loop;
    enum status status = net_loop_watch(loop, commit_fd, on_committed, pipeline, fault);
    return status == STATUS_OK ? net_loop_watch(loop, pipeline->timer_fd, on_timer, pipeline, fault)
                               : status;
}

void pipeline_wipe(struct pipeline *pipeline)
{
    arena_wipe(&pipeline->arena);
}

void pipeline_gone(struct pipeline *pipeline, struct exchange *x)
{
    round_forget(&pipeline->rounds[0], x);
    round_forget(&pipeline->rounds[1], x);
}
