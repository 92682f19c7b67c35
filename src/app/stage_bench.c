#include "app/stage_bench.h"

#include "adapters/adapter_list.h"
#include "app/completion.h"
#include "app/worker_tools.h"
#include "base/hash.h"
#include "journal/data_folder.h"
#include "journal/journal.h"
#include "net/http_head.h"
#include "privacy/policy_event.h"
#include "privacy/scrub.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 64 << 20,
    REQUEST_BYTES_MAX = 1 << 20,
    SLICES = 9,
    SLICE_MS = 60,
    GROUP = 64, /* requests a commit of the journal */
    LOADS = 3,
    STAGES = 11,
    AGENT_SEED = 1
};

static const struct stage_bench_load BENCH_LOADS[LOADS] = {
    {"S", 1, 1000}, {"B", 50, 1000}, {"T", 1, 200}};

struct bench {
    const struct stage_bench_load *load;
    struct buf request;
    struct buf row;
    struct arena arena;
    struct arena scratch;
    struct scrub_cache scrub_cache;
    struct http_head head;
    struct json doc;
    struct inbound inbound;
    struct agent_rules *rules;
    struct worker_tools tools;
    struct arena facts; /* of the sender */
    struct sender sender;
    const struct adapter *adapter;
    struct batch batch;
    struct frame_event frame[ADAPTER_EVENTS_MAX];
    struct journal *journal;
    enum status status;
    struct fault fault;
    struct settings settings; /* of places alone */
};

static void append_event(struct buf *out, const struct stage_bench_load *load, unsigned number)
{
    size_t begin = out->len;
    buf_append_format(out,
                      "{\"type\":\"track\",\"name\":\"product_added\",\"seq\":%u,"
                      "\"created_at\":1763942399000,\"since_load_ms\":%u",
                      number, 120 * number);
    if (load->event_bytes > 500) {
        buf_append_text(out, ",\"anonymous_id\":\"5f0c7a52e4b14f9c8d7e6a5b4c3d2e1f\","
                             "\"session_id\":\"b1946ac92492d234\",\"session_index\":4,"
                             "\"page_view_id\":\"7c6a180b36896a0a\",\"title\":\"Your cart\","
                             "\"url\":\"https://shop.example/cart?step=2&utm_source=letter\","
                             "\"referrer\":\"https://shop.example/\"");
    }
    buf_append_text(out, ",\"properties\":{\"sku\":\"A-4711\",\"price\":19.99,\"note\":\"");
    while (out->len - begin < load->event_bytes - 3) {
        buf_append_byte(out, 'x');
    }
    buf_append_text(out, "\"}}");
}

static void make_request(struct bench *bench)
{
    struct buf body;
    buf_init(&body, REQUEST_BYTES_MAX);
    buf_append_text(&body, "{\"v\":1,\"load_id\":\"9f86d081884c7d65\",\"sent_at\":1763942400123,"
                           "\"context\":{\"locale\":\"de-AT\",\"screen_width\":1920,"
                           "\"library\":\"pipes.js\"},\"events\":[");
    for (unsigned i = 0; i < bench->load->events; i++) {
        buf_append_text(&body, i == 0 ? "" : ",");
        append_event(&body, bench->load, i + 1);
    }
    buf_append_text(&body, "]}");
    buf_clear(&bench->request);
    buf_append_format(&bench->request,
                      "POST /e HTTP/1.1\r\nHost: shop.example\r\nConnection: keep-alive\r\n"
                      "Content-Length: %zu\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; "
                      "rv:140.0) Gecko/20100101 Firefox/140.0\r\nContent-Type: text/plain\r\n"
                      "Accept: */*\r\nOrigin: https://shop.example\r\nReferer: "
                      "https://shop.example/cart\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
                      "Accept-Language: de-AT,de;q=0.9\r\n\r\n",
                      body.len);
    buf_append_view(&bench->request, buf_view(&body));
    bench->status = buf_status(&bench->request);
    buf_free(&body);
}

/* --- the stages; each leaves what the next one needs --- */

static void read_head(struct bench *bench)
{
    struct http_refusal refusal;
    struct http_head *head = &bench->head;
    if (http_head_parse(head, buf_view(&bench->request), &refusal) != HTTP_DONE) {
        bench->status = STATUS_BAD_INPUT;
    }
    bench->inbound = (struct inbound){
        .method = INBOUND_POST,
        .path = head->path,
        .query = head->query,
        .body = view_part(buf_view(&bench->request), head->len, REQUEST_BYTES_MAX),
        .received_ms = 1763942400200,
    };
}

static void read_json(struct bench *bench)
{
    arena_clear(&bench->arena);
    bench->status =
        json_parse(&bench->doc, bench->inbound.body, &bench->arena, NULL, &bench->fault);
}

static void decode(struct bench *bench)
{
    arena_clear(&bench->arena);
    bench->batch = (struct batch){0};
    bench->adapter = adapter_find(&bench->inbound);
    bench->status =
        bench->adapter->decode(&bench->inbound, &bench->arena, &bench->batch, &bench->fault);
}

/* Of an address in a network of its own, as a browser's request over the Internet has. */
static void know(struct bench *bench)
{
    struct visitor visitor;
    arena_clear(&bench->facts);
    sender_read(&visitor, &bench->head, "193.0.6.139");
    bench->sender.arena = &bench->facts;
    bench->sender.agent = visitor.agent;
    bench->status =
        enrich_list_know(&visitor, &bench->sender.tools, &bench->sender.facts, &bench->facts);
}

/* Of a copy, or the second time there would be nothing left to complete; it costs some of what is
 * measured here. */
static void complete(struct bench *bench)
{
    static const struct completion COMPLETION = {"main", "production"};
    arena_clear(&bench->scratch);
    for (size_t i = 0; i < bench->batch.event_count && bench->status == STATUS_OK; i++) {
        struct event copy;
        event_copy(&copy, &bench->batch.events[i]);
        bench->status =
            completion_apply(&COMPLETION, &bench->sender, &copy, &bench->scratch, &bench->fault);
    }
}

/* Of the request as it came: of a clean event nothing is taken, so that each time is the first. */
static void clean(struct bench *bench)
{
    static const struct signals SIGNALS = {false, false, false};
    const struct privacy_policy policy = {.user_id = POLICY_ID_DROP,
                                          .traits = POLICY_ID_DROP,
                                          .has_families = true,
                                          .honours_gpc = true,
                                          .honours_dnt = true};
    struct policy_request request = {
        .policy = &policy,
        .site = VIEW_LITERAL("main"),
        .address = VIEW_LITERAL("203.0.113.77"),
        .agent = http_header(&bench->head, "user-agent"),
    };
    arena_clear(&bench->scratch);
    for (size_t i = 0; i < bench->batch.event_count && bench->status == STATUS_OK; i++) {
        struct event *event = &bench->batch.events[i];
        if (policy_judge(&policy, &SIGNALS, event, &bench->scratch) == POLICY_KEEP) {
            bench->status = policy_apply(&request, event, &bench->scratch, &bench->fault);
        }
        policy_finish(&policy, event);
    }
}

/* The same. */
static void scrub(struct bench *bench)
{
    const struct scrubber scrubber = {.cache = &bench->scrub_cache};
    arena_clear(&bench->scratch);
    for (size_t i = 0; i < bench->batch.event_count && bench->status == STATUS_OK; i++) {
        uint32_t found;
        bench->status = scrub_event(&scrubber, &bench->batch.events[i], &bench->scratch, &found);
    }
}

static void name_keys(struct bench *bench)
{
    for (size_t i = 0; i < bench->batch.event_count; i++) {
        const struct event *event = &bench->batch.events[i];
        struct frame_event *frame = &bench->frame[i];
        struct view site = VIEW_LITERAL("main");
        *frame =
            (struct frame_event){.received_ms = bench->inbound.received_ms, .kind = FRAME_EVENT};
        frame->site_hash = hash_64(1, site);
        hash_pair_128(1, site, event_text(event, COLUMN_EVENT_ID), frame->key_hash);
    }
}

static void write_rows(struct bench *bench)
{
    for (size_t i = 0; i < bench->batch.event_count; i++) {
        buf_clear(&bench->row);
        bench->status = event_append_row(&bench->row, &bench->batch.events[i]);
    }
}

static enum status write_row(void *self, uint32_t index, uint64_t ingest_seq, struct buf *out)
{
    struct bench *bench = self;
    event_set_integer(&bench->batch.events[index], COLUMN_INGEST_SEQ, (int64_t)ingest_seq);
    return event_append_row(out, &bench->batch.events[index]);
}

static void journal_some(struct bench *bench)
{
    uint32_t count = (uint32_t)bench->batch.event_count;
    for (int i = 0; i < GROUP && bench->status == STATUS_OK; i++) {
        bench->status =
            journal_append(bench->journal, 0, bench->frame, count, write_row, bench, &bench->fault);
    }
    if (bench->status == STATUS_OK) {
        bench->status = journal_commit(bench->journal, 0, &bench->fault);
    }
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    journal_durable(bench->journal, 0, &stream, &number, &offset);
    if (bench->status == STATUS_OK) {
        bench->status = journal_release(bench->journal, stream, number, false, &bench->fault);
    }
}

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
    unsigned requests; /* a run */
    enum journal_sync sync;
    bool has_journal;
    const char *what;
    bool is_of_sum; /* what an event costs between the request and the journal */
} BENCH_STAGES[STAGES] = {
    {"head", read_head, 1, 0, false, "request line and headers (a browser's 10)", false},
    {"facts", know, 1, 0, false, "agent, hints, country: what was seen before", true},
    {"json", read_json, 1, 0, false, "the body checked and indexed", false},
    {"decode", decode, 1, 0, false, "json, and its members to columns", true},
    {"complete", complete, 1, 0, false, "site, host, campaign, referrer, facts to columns", true},
    {"privacy", clean, 1, 0, false, "consent, ids, and what is repeated of address and agent",
     true},
    {"scrub", scrub, 1, 0, false, "what nobody wanted to send (a clean event)", true},
    {"keys", name_keys, 1, 0, false, "hashes that tell events apart", true},
    {"row", write_rows, 1, 0, false, "columns to a row of NDJSON", true},
    {"journal", journal_some, GROUP, JOURNAL_OS, true, "row, frame, checksum, 64 requests a write",
     false},
    {"durable", journal_some, GROUP, JOURNAL_DURABLE, true, "the same, and a sync a write", false},
};

/* Nanoseconds an event, of the quickest of all slices. */
static double measure(struct bench *bench, size_t stage)
{
    double least = INFINITY;
    for (int i = 0; i < SLICES; i++) {
        int64_t begin_ns = clock_stopwatch_ns();
        int64_t now_ns = begin_ns;
        uint64_t runs = 0;
        while (now_ns - begin_ns < SLICE_MS * 1000000LL && bench->status == STATUS_OK) {
            BENCH_STAGES[stage].run(bench);
            runs++;
            now_ns = clock_stopwatch_ns();
        }
        uint64_t events = runs * BENCH_STAGES[stage].requests * bench->load->events;
        double ns = (double)(now_ns - begin_ns) / (double)(events > 0 ? events : 1);
        least = ns < least ? ns : least; /* what else the machine does only adds */
    }
    return least;
}

static enum status open_journal(struct bench *bench, struct data_folder *data, size_t stage,
                                const struct stage_bench_options *options)
{
    struct journal_options journal = {
        .data_fd = data->fd,
        .workers = 1,
        .segment_bytes = 16 << 20,
        .gather_bytes = 2 * FRAME_BYTES_MAX,
        .sync = BENCH_STAGES[stage].sync,
        .interval_ms = 100,
        .has_keeper = true,
        .clock = options->clock,
        .disk = segment_disk_real(),
    };
    return journal_open(&bench->journal, &journal, &bench->fault);
}

static void measure_in_journal(struct bench *bench, size_t stage,
                               const struct stage_bench_options *options, double *ns)
{
    struct data_folder data;
    bench->status = data_folder_open(&data, options->folder, DATA_FOLDER_WRITE, &bench->fault);
    if (bench->status == STATUS_OK) {
        bench->status = open_journal(bench, &data, stage, options);
    }
    if (bench->status == STATUS_OK) {
        *ns = measure(bench, stage);
    }
    journal_close(bench->journal);
    bench->journal = NULL;
    data_folder_close(&data);
}

static void say_progress(const struct bench *bench, const struct stage_bench_options *options,
                         size_t stage)
{
    if (isatty(options->out_fd)) {
        dprintf(options->out_fd, "\r  measuring %s of %u x %u bytes ...        ",
                BENCH_STAGES[stage].name, bench->load->events, bench->load->event_bytes);
    }
}

static void run_load(struct bench *bench, const struct stage_bench_options *options,
                     double ns[STAGES])
{
    make_request(bench);
    read_head(bench);
    know(bench);
    decode(bench);
    for (size_t stage = 0; stage < STAGES && bench->status == STATUS_OK; stage++) {
        say_progress(bench, options, stage);
        if (BENCH_STAGES[stage].has_journal) {
            measure_in_journal(bench, stage, options, &ns[stage]);
        } else {
            ns[stage] = measure(bench, stage);
        }
        if (BENCH_STAGES[stage].run == read_json) {
            decode(bench); /* the document was in the same arena */
        }
    }
}

static void print_sum(int fd, double ns[LOADS][STAGES])
{
    dprintf(fd, "  %-11s", "all");
    for (size_t load = 0; load < LOADS; load++) {
        double sum = 0;
        for (size_t stage = 0; stage < STAGES; stage++) {
            sum += BENCH_STAGES[stage].is_of_sum ? ns[load][stage] : 0;
        }
        dprintf(fd, "  %11.0f", sum);
    }
    dprintf(fd, "  facts, decode, complete, privacy, scrub, keys, row\n");
}

static void print_table(int fd, double ns[LOADS][STAGES])
{
    if (isatty(fd)) {
        dprintf(fd, "\r%-60s\r", "");
    }
    dprintf(fd, "  ns an event");
    for (size_t load = 0; load < LOADS; load++) {
        dprintf(fd, "  %3u x %-5u", BENCH_LOADS[load].events, BENCH_LOADS[load].event_bytes);
    }
    dprintf(fd, " (events a request x bytes)\n");
    for (size_t stage = 0; stage < STAGES; stage++) {
        dprintf(fd, "  %-11s", BENCH_STAGES[stage].name);
        for (size_t load = 0; load < LOADS; load++) {
            dprintf(fd, "  %11.0f", ns[load][stage]);
        }
        dprintf(fd, "  %s\n", BENCH_STAGES[stage].what);
    }
    print_sum(fd, ns);
}

static enum status open_tools(struct bench *bench)
{
    static const struct config CONFIG = {.geo = "auto"};
    enum status status = agent_rules_create(&bench->rules, &bench->fault);
    if (status == STATUS_OK) {
        status = worker_tools_open(&bench->tools, bench->rules, AGENT_SEED, &bench->fault);
    }
    if (status == STATUS_OK) {
        status = places_open(&bench->settings.places, &CONFIG, &bench->fault);
    }
    bench->sender = worker_tools_sender(&bench->tools, &bench->settings, 1763942400200);
    return status;
}

static void close_all(struct bench *bench)
{
    worker_tools_close(&bench->tools);
    agent_rules_destroy(bench->rules);
    places_close(&bench->settings.places);
    arena_free(&bench->arena);
    arena_free(&bench->scratch);
    arena_free(&bench->facts);
    buf_free(&bench->request);
    buf_free(&bench->row);
    free(bench);
}

enum status stage_bench_run(const struct stage_bench_options *options, struct fault *fault)
{
    double ns[LOADS][STAGES] = {0};
    struct bench *bench = calloc(1, sizeof(*bench)); /* too large for a stack */
    if (!bench) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to measure");
    }
    arena_init(&bench->arena, ARENA_BYTES);
    arena_init(&bench->scratch, ARENA_BYTES);
    arena_init(&bench->facts, ARENA_BYTES);
    buf_init(&bench->request, REQUEST_BYTES_MAX);
    buf_init(&bench->row, REQUEST_BYTES_MAX);
    bench->status = open_tools(bench);
    for (size_t load = 0; load < LOADS && bench->status == STATUS_OK; load++) {
        bench->load = &BENCH_LOADS[load];
        run_load(bench, options, ns[load]);
    }
    enum status status = bench->status;
    if (status == STATUS_OK) {
        print_table(options->out_fd, ns);
    } else {
        fault_set(fault, status, "%s", bench->fault.text);
    }
    close_all(bench);
    return status;
}
