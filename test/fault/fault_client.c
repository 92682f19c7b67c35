#include "fault_client.h"

#include "fault_base.h"
#include "fault_http.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 64, BODY_BYTES = 1 << 20, REFUSED_PAUSE_MS = 5, BROKEN_PAUSE_MS = 2 };

struct poster {
    struct fault_client *client;
    pthread_t thread;
    uint64_t random;
    struct fault_http http;
    struct buf body;
    struct ledger_batch last; /* acknowledged */
};

struct fault_client {
    struct fault_client_options options;
    _Atomic bool is_stopping;
    pthread_mutex_t lock;
    struct fault_client_tally tally;
    unsigned thread_count;
    struct poster posters[THREADS_MAX];
};

static bool choose_batch(struct poster *poster, struct ledger_batch *batch)
{
    const struct fault_client_options *options = &poster->client->options;
    uint64_t dice = fault_random(&poster->random);
    if (options->resends && dice % 16 == 0 && poster->last.count > 0) {
        *batch = poster->last;
        return true;
    }
    if (options->resends && dice % 2 == 0 && ledger_take_postponed(options->ledger, batch)) {
        return true;
    }
    return ledger_take(options->ledger, (uint32_t)(dice / 64 % FAULT_CLIENT_BATCH_MAX) + 1, batch);
}

static bool says_all_accepted(const struct ledger_batch *batch, struct view body)
{
    char wanted[32];
    snprintf(wanted, sizeof(wanted), "{\"accepted\":%u,", batch->count);
    return view_starts_with(body, wanted);
}

static void count(struct fault_client *client, uint64_t *counter)
{
    pthread_mutex_lock(&client->lock);
    (*counter)++;
    pthread_mutex_unlock(&client->lock);
}

static void note_wrong(struct fault_client *client, const struct fault_http_answer *answer)
{
    struct view text = view_part(answer->body, 0, 100);
    pthread_mutex_lock(&client->lock);
    if (client->tally.wrong++ == 0) {
        snprintf(client->tally.first_wrong, sizeof(client->tally.first_wrong), "%d%s: %.*s",
                 answer->status, answer->has_retry_after ? " (Retry-After)" : "", VIEW_ARG(text));
    }
    pthread_mutex_unlock(&client->lock);
}

static void post_one(struct poster *poster, const struct ledger_batch *batch)
{
    struct fault_client *client = poster->client;
    struct fault_client_tally *tally = &client->tally;
    struct ledger *ledger = client->options.ledger;
    struct fault_http_answer answer;
    buf_clear(&poster->body);
    ledger_write_body(batch, &poster->body);
    bool is_answered = fault_http_ask(&poster->http, client->options.port, "POST /e",
                                      buf_view(&poster->body), &answer);
    if (is_answered && answer.status == 200 && says_all_accepted(batch, answer.body)) {
        ledger_acknowledge(ledger, batch);
        poster->last = *batch;
        count(client, &tally->kept);
        return;
    }
    ledger_postpone(ledger, batch);
    if (!is_answered) {
        count(client, &tally->broken);
        fault_sleep_ms(BROKEN_PAUSE_MS);
    } else if (answer.status == 503 && answer.has_retry_after) {
        count(client, &tally->refused);
        fault_sleep_ms(REFUSED_PAUSE_MS);
    } else {
        note_wrong(client, &answer);
    }
}

static void *run(void *argument)
{
    struct poster *poster = argument;
    struct fault_client *client = poster->client;
    struct ledger_batch batch;
    while (!atomic_load(&client->is_stopping) && choose_batch(poster, &batch)) {
        post_one(poster, &batch);
        if (client->options.pause_ms > 0) {
            fault_sleep_ms(client->options.pause_ms);
        }
    }
    fault_http_close(&poster->http);
    return NULL;
}

enum status fault_client_start(struct fault_client **client,
                               const struct fault_client_options *options, struct fault *fault)
{
    struct fault_client *made = calloc(1, sizeof(*made));
    *client = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a client");
    }
    made->options = *options;
    pthread_mutex_init(&made->lock, NULL);
    for (unsigned i = 0; i < options->threads && i < THREADS_MAX; i++) {
        struct poster *poster = &made->posters[i];
        poster->client = made;
        poster->random = fault_mix(options->seed, i);
        fault_http_init(&poster->http);
        buf_init(&poster->body, BODY_BYTES);
        int reason = pthread_create(&poster->thread, NULL, run, poster);
        if (reason != 0) {
            return fault_errno(fault, reason, "cannot start a client's thread");
        }
        made->thread_count++;
    }
    return STATUS_OK;
}

void fault_client_tally(struct fault_client *client, struct fault_client_tally *tally)
{
    pthread_mutex_lock(&client->lock);
    *tally = client->tally;
    pthread_mutex_unlock(&client->lock);
}

void fault_client_stop(struct fault_client *client, struct fault_client_tally *tally)
{
    *tally = (struct fault_client_tally){0};
    if (!client) {
        return;
    }
    atomic_store(&client->is_stopping, true);
    for (unsigned i = 0; i < client->thread_count; i++) {
        pthread_join(client->posters[i].thread, NULL);
        buf_free(&client->posters[i].body);
    }
    *tally = client->tally;
    pthread_mutex_destroy(&client->lock);
    free(client);
}
