#include "app/ceiling_table.h"

#include "adapters/fields.h"
#include "app/admin.h"
#include "app/ceilings.h"
#include "app/guard.h"
#include "app/hand_over.h"
#include "app/live.h"
#include "app/pipeline.h"
#include "app/receipts.h"
#include "app/round.h"
#include "app/static_files.h"
#include "base/count_table.h"
#include "base/json.h"
#include "base/rate_limiter.h"
#include "journal/frame.h"
#include "journal/segment_spares.h"
#include "lake/key_set.h"
#include "net/body_decoder.h"
#include "net/connection.h"
#include "net/http2.h"
#include "net/http_chunked.h"

#include <stdarg.h>
#include <stdio.h>

enum { KIB = 1024, MIB = 1024 * 1024, VALUE_BYTES = 80, SEGMENTS_GATHERED = 2 };

static void row(struct buf *out, const char *what, const char *above, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void row(struct buf *out, const char *what, const char *above, const char *format, ...)
{
    char value[VALUE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    buf_append_format(out, "| %s | %s | %s |\n", what, value, above);
}

/* "1 MiB", "1.5 GiB", "900 B". */
static const char *size(uint64_t bytes, char text[VALUE_BYTES])
{
    static const char *const UNITS[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= KIB && unit + 1 < sizeof(UNITS) / sizeof(UNITS[0])) {
        value /= KIB;
        unit++;
    }
    snprintf(text, VALUE_BYTES, value == (double)(uint64_t)value ? "%.0f %s" : "%.1f %s", value,
             UNITS[unit]);
    return text;
}

static void size_row(struct buf *out, const char *what, const char *above, uint64_t bytes)
{
    char text[VALUE_BYTES];
    row(out, what, above, "%s", size(bytes, text));
}

/* An option's value; 0 is no limit. */
static void option_row(struct buf *out, const char *what, const char *above, const char *option,
                       int64_t value)
{
    if (value == 0) {
        row(out, what, above, "`%s`: none", option);
    } else {
        row(out, what, above, "`%s`: %lld", option, (long long)value);
    }
}

static void size_option_row(struct buf *out, const char *what, const char *above,
                            const char *option, int64_t bytes)
{
    char text[VALUE_BYTES];
    row(out, what, above, "`%s`: %s", option, bytes == 0 ? "none" : size((uint64_t)bytes, text));
}

static void append_requests(struct buf *out, const struct config *config)
{
    size_row(out, "request line and headers", "431", HTTP_HEAD_BYTES_MAX);
    row(out, "headers", "431", "%d", HTTP_HEADERS_MAX);
    size_row(out, "request target", "414", HTTP_TARGET_BYTES_MAX);
    size_option_row(out, "body, as sent and decompressed", "413", "body-max", config->body_max);
    row(out, "decompressed body", "413", "%d times what was sent (%d KiB always)", BODY_RATIO_MAX,
        BODY_RATIO_FREE_BYTES / KIB);
    row(out, "codings of a body", "415", "%d", BODY_CODINGS_MAX);
    row(out, "window of zstd", "413", "%d MiB", (1 << BODY_WINDOW_LOG_MAX) / MIB);
    row(out, "extensions of a chunk", "400", "%d B", HTTP_CHUNK_EXTENSION_BYTES_MAX);
    size_row(out, "trailers", "431", HTTP_TRAILER_BYTES_MAX);
    row(out, "events of a request", "413", "%d", ADAPTER_EVENTS_MAX);
    size_row(out, "rows of a request", "413", FRAME_BYTES_MAX);
    row(out, "nesting of JSON", "413", "%d", JSON_DEPTH_DEFAULT);
    size_row(out, "`context` of an event", "quarantine", FIELDS_CONTEXT_BYTES_MAX);
    row(out, "`event_id`", "quarantine", "%d B", ADAPTER_EVENT_ID_BYTES_MAX);
    size_row(out, "file of `www`", "500", STATIC_FILE_BYTES_MAX);
}

static void append_connections(struct buf *out, const struct config *config)
{
    struct net_limits limits = net_limits_default();
    option_row(out, "open connections", "503", "connections-max", config->connections_max);
    option_row(out, "open connections of one address", "503", "source-connections-max",
               config->source_connections_max);
    option_row(out, "requests a second of one address", "429", "source-requests-max",
               config->source_requests_max);
    option_row(out, "requests a second of one site", "429", "site-requests-max",
               config->site_requests_max);
    row(out, "a rate at once", "429", "%d seconds' worth", RATE_LIMITER_BURST_SECONDS);
    row(out, "sources and sites whose rate is known", "the quietest are forgotten", "%d",
        GUARD_KEYS);
    row(out, "pipelined requests of a connection", "wait in the system", "1 at a time, %d KiB read",
        READ_BYTES / KIB);
    row(out, "whole head", "408", "%lld s", (long long)limits.head_ms / 1000);
    row(out, "whole body", "408", "%lld s", (long long)limits.body_ms / 1000);
    row(out, "answer, from the whole request on", "503", "%lld s",
        (long long)limits.wait_ms / 1000);
    row(out, "idle connection", "closed", "%lld s", (long long)limits.idle_ms / 1000);
    row(out, "client that reads nothing", "closed", "%lld s", (long long)limits.write_ms / 1000);
    row(out, "client that reads no refusal", "closed", "%lld s",
        (long long)limits.linger_ms / 1000);
    row(out, "clients that are served to their end when it stops", "closed", "%lld s",
        (long long)limits.drain_ms / 1000);
    row(out, "new process that takes over", "the old one stays", "%d s until it is ready",
        HAND_OVER_READY_MS / 1000);
}

static void append_http2(struct buf *out)
{
    row(out, "HTTP/2 streams of a connection", "REFUSED_STREAM", "%d", HTTP2_STREAMS_MAX);
    row(out, "HTTP/2 bodies held, a connection", "REFUSED_STREAM for the youngest",
        "twice `body-max`");
    row(out, "HTTP/2 frames without a request", "ENHANCE_YOUR_CALM", "%d, then %d a second",
        HTTP2_FRAMES_BURST, HTTP2_FRAMES_A_SECOND);
    row(out, "HTTP/2 header block", "ENHANCE_YOUR_CALM", "%d KiB on the wire",
        HTTP2_BLOCK_BYTES_MAX / KIB);
}

static void append_storage(struct buf *out, const struct config *config)
{
    row(out, "gathered between two commits, a worker",
        "committed early; 503 while a commit is under way", "%d MiB, %d requests",
        2 * FRAME_BYTES_MAX / MIB, ROUND_WAITING_MAX);
    size_option_row(out, "journal that the lake has not taken", "503", "spool-max",
                    config->spool_max);
    size_option_row(out, "free space below which nothing is taken", "503", "disk-reserve",
                    config->disk_reserve);
    size_option_row(out, "quarantine", "counted and dropped", "quarantine-max",
                    config->quarantine_max);
    row(out, "beacons whose receipt is kept", "older ones forgotten: their events come again", "%d",
        RECEIPTS_SLOTS);
    row(out, "spare segments kept, a worker", "removed", "%d and one ready",
        SEGMENT_SPARES_KEPT_MAX);
    row(out, "keys of the lake that are not on disk", "saved early", "%d", KEY_SET_FRESH_MAX);
    row(out, "events of the live page", "oldest left out, and said", "%d, %d MiB", LIVE_ROWS,
        LIVE_BYTES_MAX / MIB);
    row(out, "watchers of the live page", "503", "%d", ADMIN_WATCHERS_MAX);
}

enum status ceiling_table_append(struct buf *out, const struct config *config)
{
    buf_append_text(out, "| what | ceiling | above it |\n|---|---|---|\n");
    append_requests(out, config);
    append_connections(out, config);
    append_http2(out);
    append_storage(out, config);
    return buf_status(out);
}

/* --- the full house --- */

/* As measured with a thousand idle connections of each kind: what OpenSSL and nghttp2 hold for one.
 * Rounded up. */
enum { TLS_BYTES = 20 * KIB, HTTP2_BYTES = 16 * KIB, PROGRAM_BYTES = 10 * MIB };

struct sum {
    struct buf *out;
    uint64_t bytes;
};

static void add(struct sum *sum, const char *what, const char *why, uint64_t bytes)
{
    char text[VALUE_BYTES];
    sum->bytes += bytes;
    buf_append_format(sum->out, "| %s | %s | %s |\n", what, size(bytes, text), why);
}

/* At most two of the places that the codings of one body need are large at a time. */
static uint64_t decoder_bytes(void)
{
    return (uint64_t)BODY_BROTLI_BYTES_MAX + (1U << BODY_WINDOW_LOG_MAX) + 2 * MIB;
}

enum status ceiling_memory_append(struct buf *out, const struct config *config, unsigned workers)
{
    struct sum sum = {out, 0};
    uint64_t connections = (uint64_t)config->connections_max;
    uint64_t each = sizeof(struct connection) + (config->tls_certificate[0] ? TLS_BYTES : 0);
    uint64_t memory = (uint64_t)ceilings_memory(config->memory_max, workers) * workers;
    buf_append_text(out, "| part | at most | of |\n|---|---|---|\n");
    add(&sum, "program", "code, libraries, the tracker's files", PROGRAM_BYTES);
    add(&sum, "connections", "`connections-max`, each idle", connections * each);
    add(&sum, "HTTP/2", "`connections-max`, when all speak it", connections * HTTP2_BYTES);
    add(&sum, "requests and answers", "`memory-max`", memory);
    add(&sum, "what each of these gets even then", "4 KiB to be told so",
        connections * BUF_SMALL_BYTES);
    add(&sum, "limits", "counts of addresses, rates",
        connections * COUNT_TABLE_KEY_BYTES + (uint64_t)GUARD_KEYS * RATE_LIMITER_KEY_BYTES);
    add(&sum, "decompression", "workers", workers * decoder_bytes());
    add(&sum, "requests in work", "workers", (uint64_t)workers * PIPELINE_ARENA_BYTES);
    add(&sum, "gathered and being committed", "workers",
        (uint64_t)workers * SEGMENTS_GATHERED * 2 * FRAME_BYTES_MAX);
    add(&sum, "rows for the live page", "workers, and the page",
        (uint64_t)workers * 2 * ROUND_ROWS_BYTES + 2 * LIVE_BYTES_MAX);
    add(&sum, "lake", "keys that are not on disk, open files",
        KEY_SET_FRESH_MAX * KEY_SET_KEY_BYTES + (uint64_t)workers * 4 * MIB);
    char text[VALUE_BYTES];
    buf_append_format(out, "| **all of it** | **%s** | |\n", size(sum.bytes, text));
    return buf_status(out);
}
