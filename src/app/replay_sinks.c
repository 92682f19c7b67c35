#include "app/replay_sinks.h"

#include "lake/key_seed.h"
#include "app/replay_row.h"
#include "base/json.h"

#include <time.h>

enum {
    ARENA_BYTES = 16 * 1024 * 1024,
    SITES_BYTES_MAX = 8 * 1024 * 1024,
    TRIES = 200,
    PAUSE_MS = 50
};

enum status replay_through_open(struct replay_through *through, const char *data,
                                struct fault *fault)
{
    return admin_client_open(&through->client, data, fault);
}

static enum status read_answer(struct replay_through *through, struct view text,
                               struct replay_lot *lot, struct fault *fault)
{
    struct arena arena;
    struct json doc;
    int64_t looked = 0;
    int64_t events = 0;
    arena_init(&arena, ARENA_BYTES);
    enum status status = json_parse(&doc, text, &arena, NULL, fault);
    if (status == STATUS_OK &&
        (!json_to_int64(&doc, json_member(&doc, JSON_ROOT, "looked"), &looked) ||
         !json_to_int64(&doc, json_member(&doc, JSON_ROOT, "events"), &events))) {
        status = fault_set(fault, STATUS_IO, "the collector's answer is not understood");
    }
    json_value at = json_first(&doc, json_member(&doc, JSON_ROOT, "done"));
    for (; status == STATUS_OK && at != JSON_NO_VALUE && lot->done_count < REPLAY_ROWS_MAX;
         at = json_next(&doc, at)) {
        int64_t seq = 0;
        if (json_to_int64(&doc, at, &seq)) {
            through->done[lot->done_count++] = (uint64_t)seq;
        }
    }
    lot->looked = (size_t)looked;
    lot->events = (uint64_t)events;
    lot->done = through->done;
    arena_free(&arena);
    return status;
}

/* A collector that is busy with another lot, or whose disk is full, is asked again for a while. */
static enum status put_through(void *self, struct view rows, struct replay_lot *lot,
                               struct fault *fault)
{
    struct replay_through *through = self;
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    unsigned code = 0;
    enum status status = STATUS_OK;
    for (int i = 0; i < TRIES && status == STATUS_OK; i++) {
        struct admin_answer answer;
        status = admin_client_ask(&through->client, "POST", "/replay", rows, &answer, fault);
        code = answer.status;
        if (status == STATUS_OK && code == 200) {
            status = read_answer(through, buf_view(&answer.body), lot, fault);
            admin_answer_free(&answer);
            return status;
        }
        admin_answer_free(&answer);
        if (code != 409 && code != 503) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    return status == STATUS_OK
               ? fault_set(fault, STATUS_IO, "the collector refused (%u) to replay", code)
               : status;
}

struct replay_sink replay_through_sink(struct replay_through *through)
{
    return (struct replay_sink){put_through, through};
}

/* What the collector would go by, of the options that were given here. */
static enum status open_rules(struct replay_alone *alone, const struct data_alone_options *options,
                              struct fault *fault)
{
    const struct config *config = options->config;
    const struct key_periods periods = {config->identity_rotation_ms, config->scrub_hash_period_ms};
    arena_init(&alone->arena, SITES_BYTES_MAX);
    enum status status = sites_make(&alone->sites, config, &alone->arena, fault);
    status = status == STATUS_OK ? scrub_options_read(&alone->scrubbing, config, fault) : status;
    if (status == STATUS_OK) {
        status = key_ring_open(&alone->ring, alone->data.data.fd, &periods, fault);
    }
    if (status == STATUS_OK) {
        scrub_keys_init(&alone->keys, alone->ring, options->clock, options->log);
        status = tombstone_look_create(&alone->forgotten, alone->data.tombstones, fault);
    }
    return status;
}

enum status replay_alone_open(struct replay_alone *alone, const struct data_alone_options *options,
                              struct fault *fault)
{
    enum status status = data_alone_open(&alone->data, options, fault);
    if (status == STATUS_OK) {
        status = key_seed_load(alone->data.data.fd, &alone->hash_seed, fault);
    }
    if (status == STATUS_OK) {
        status = open_rules(alone, options, fault);
    }
    /* What another collector left is in parts then, whose rows can be replayed, too. */
    return status == STATUS_OK ? lake_drain(alone->data.lake, fault) : status;
}

void replay_alone_close(struct replay_alone *alone)
{
    tombstone_look_destroy(alone->forgotten);
    scrub_keys_free(&alone->keys);
    key_ring_close(alone->ring);
    arena_free(&alone->arena);
    data_alone_close(&alone->data);
}

/* What came and was kept: as a front door would have counted it. */
static enum status post_counts(struct replay_alone *alone, struct ledger_tally *tally,
                               uint64_t stream, struct fault *fault)
{
    uint64_t number = 0;
    struct buf post;
    enum status status = STATUS_OK;
    ledger_tally_sort(tally);
    for (size_t i = 0; i < tally->count && status == STATUS_OK; i++) {
        uint64_t next = 0;
        status =
            ledger_book_next(alone->data.book, LEDGER_BY_DOOR, tally->rows[i].hour, &next, fault);
        number = next > number ? next : number;
    }
    buf_init(&post, LEDGER_POST_BYTES_MAX);
    ledger_post_begin(&post, LEDGER_BY_DOOR, number);
    ledger_line_counts(&post, tally);
    for (size_t i = 0; i < tally->count; i++) {
        struct ledger_mark mark = {stream, tally->rows[i].mark};
        if (mark.seq > 0) { /* nothing of it is in the journal */
            ledger_line_mark(&post, tally->rows[i].hour, &mark);
        }
    }
    status = status == STATUS_OK ? buf_status(&post) : status;
    status =
        status == STATUS_OK ? ledger_book_apply(alone->data.book, buf_view(&post), fault) : status;
    buf_free(&post);
    return status;
}

static enum status append_rows(struct replay_alone *alone, struct view rows, struct fault *fault)
{
    enum status status = STATUS_OK;
    while (rows.len > 0 && status == STATUS_OK) {
        status = replay_append_row(&alone->append, view_cut(&rows, '\n'), fault);
    }
    return alone->append.looked > 0 ? STATUS_OK : status;
}

static enum status put_alone(void *self, struct view rows, struct replay_lot *lot,
                             struct fault *fault)
{
    struct replay_alone *alone = self;
    const struct config *config = alone->data.options->config;
    struct ledger_tally tally;
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    const struct replay_place place = {
        .journal = alone->data.journal,
        .hash_seed = alone->hash_seed,
        .rules = {&alone->sites,
                  alone->ring,
                  alone->forgotten,
                  {config->site, config->environment}},
        .scrubbing = {.options = &alone->scrubbing, .keys = &alone->keys},
        .clock = alone->data.options->clock,
        .counted = &tally,
    };
    ledger_tally_init(&tally, REQUEST_ACCOUNT_ROWS);
    replay_append_open(&alone->append, &place);
    enum status status = append_rows(alone, rows, fault);
    if (status == STATUS_OK && alone->append.done_count > 0) {
        status = journal_commit(alone->data.journal, 0, fault);
        journal_durable(alone->data.journal, 0, &stream, &number, &offset);
        status = status == STATUS_OK ? post_counts(alone, &tally, stream, fault) : status;
    }
    *lot = (struct replay_lot){alone->append.looked, alone->append.done, alone->append.done_count,
                               alone->append.events};
    replay_append_close(&alone->append);
    ledger_tally_free(&tally);
    return status;
}

struct replay_sink replay_alone_sink(struct replay_alone *alone)
{
    return (struct replay_sink){put_alone, alone};
}

enum status replay_alone_drain(struct replay_alone *alone, struct fault *fault)
{
    return data_alone_drain(&alone->data, fault);
}
