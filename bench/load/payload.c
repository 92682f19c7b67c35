#include "load/payload.h"

#include "base/clock.h"
#include "base/uuid.h"

enum {
    EVENT_BYTES = 1024,
    TINY_BYTES = 200,
    REQUEST_BYTES_MAX = 128 * 1024,
    ID_BYTES = UUID_TEXT_BYTES - 1,
};

static const char NO_ID[] = "00000000-0000-4000-8000-000000000000";

static const char BROWSER[] =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7\r\n"
    "Origin: https://shop.example\r\n"
    "Referer: https://shop.example/\r\n"
    "Sec-Ch-Ua: \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"\r\n"
    "Sec-Ch-Ua-Mobile: ?0\r\n"
    "Sec-Ch-Ua-Platform: \"Linux\"\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Site: cross-site\r\n";

static const char *const WORDS[] = {
    "fern",    "table",  "autumn", "delivery", "copper", "garden", "window", "blanket",
    "october", "paper",  "river",  "sample",   "orange", "ladder", "bottle", "carpet",
    "winter",  "pocket", "silver", "mountain", "letter", "bridge", "candle", "harbour",
};

bool payload_kind_of(const char *name, enum payload_kind *kind)
{
    static const char NAMES[] = "SBTH";
    size_t at = view_find(view_make(NAMES, 4), name[0]);
    *kind = (enum payload_kind)at;
    return at < 4 && name[0] && !name[1];
}

/* xorshift128+: as quick as numbers get that are good enough never to meet twice. */
static uint64_t draw(struct payload *payload)
{
    uint64_t a = payload->random[0];
    uint64_t b = payload->random[1];
    payload->random[0] = b;
    a ^= a << 23;
    a ^= b ^ (a >> 17) ^ (b >> 26);
    payload->random[1] = a;
    return a + b;
}

static void append_hex(struct payload *payload, struct buf *out, const char *name)
{
    buf_append_format(out, ",\"%s\":\"%016llx\"", name, (unsigned long long)draw(payload));
}

/* Words up to exactly len bytes. */
static void append_words(struct payload *payload, struct buf *out, size_t len)
{
    size_t end = out->len + len;
    while (out->len < end && buf_status(out) == STATUS_OK) {
        buf_append_text(out, WORDS[draw(payload) % (sizeof(WORDS) / sizeof(WORDS[0]))]);
        buf_append_byte(out, ' ');
    }
    buf_truncate(out, end);
}

static void append_page(struct payload *payload, struct buf *out)
{
    unsigned long long page = draw(payload) % 100000;
    append_hex(payload, out, "session_id");
    append_hex(payload, out, "page_view_id");
    buf_append_format(
        out,
        ",\"since_load_ms\":%llu,\"url\":\"https://shop.example/plants/%llu?sort=price"
        "\",\"title\":\"Plant %llu - Shop\",\"referrer\":\"https://shop.example/\","
        "\"screen_width\":1920,\"screen_height\":1080,\"viewport_width\":1280,"
        "\"viewport_height\":720,\"density\":2,\"locale\":\"de-AT\",\"timezone\":"
        "\"Europe/Vienna\",\"library\":\"pipes.js\",\"library_version\":\"0.1.0\"",
        page * 7, page, page);
}

static void append_event(struct payload *payload, struct payload_request *request)
{
    static const char END[] = "\"}}";
    struct clock clock = clock_system();
    struct buf *out = &request->bytes;
    size_t begin = out->len;
    bool is_tiny = payload->kind == PAYLOAD_TINY;
    buf_append_text(out, "{\"type\":\"track\",\"name\":\"added\",\"event_id\":\"");
    request->ids[request->event_count++] = out->len;
    buf_append_format(out, "%s\",\"created_at\":%lld", NO_ID, (long long)clock_now_ms(&clock));
    append_hex(payload, out, "anonymous_id");
    if (!is_tiny) {
        append_page(payload, out);
    }
    buf_append_format(out, ",\"properties\":{\"price\":%llu.5,\"text\":\"",
                      (unsigned long long)(draw(payload) % 90 + 10));
    size_t end = begin + (is_tiny ? TINY_BYTES : EVENT_BYTES) - (sizeof(END) - 1);
    append_words(payload, out, end - out->len);
    buf_append_text(out, END);
}

static void append_body(struct payload *payload, struct payload_request *request, size_t count)
{
    buf_append_text(&request->bytes, "{\"v\":1,\"site\":\"bench\",\"events\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_append_byte(&request->bytes, ',');
        }
        append_event(payload, request);
    }
    buf_append_text(&request->bytes, "]}");
}

size_t payload_events(const struct payload *payload)
{
    static const size_t COUNTS[] = {1, PAYLOAD_EVENTS_MAX, 1, 0};
    return COUNTS[payload->kind];
}

/* The length of the body does not depend on what it holds: the head can be written first. */
static size_t body_bytes(const struct payload *payload)
{
    size_t count = payload_events(payload);
    size_t event = payload->kind == PAYLOAD_TINY ? TINY_BYTES : EVENT_BYTES;
    return sizeof("{\"v\":1,\"site\":\"bench\",\"events\":[]}") - 1 + count * event + count - 1;
}

static enum status prepare(struct payload *payload, struct payload_request *request, unsigned port)
{
    struct buf *out = &request->bytes;
    buf_init(out, REQUEST_BYTES_MAX);
    bool has_body = payload->kind != PAYLOAD_HEALTH;
    buf_append_format(out, "%s HTTP/1.1\r\nHost: localhost:%u\r\n%s",
                      has_body ? "POST /e" : "GET /healthz", port, BROWSER);
    if (has_body) {
        buf_append_format(out, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n",
                          body_bytes(payload));
    }
    buf_append_text(out, "\r\n");
    request->body_at = out->len;
    if (has_body) {
        append_body(payload, request, payload_events(payload));
    }
    return buf_status(out);
}

enum status payload_init(struct payload *payload, enum payload_kind kind, unsigned port,
                         struct fault *fault)
{
    *payload = (struct payload){
        .kind = kind,
        .variants = kind == PAYLOAD_BATCH ? PAYLOAD_BATCH_VARIANTS : PAYLOAD_VARIANTS,
    };
    enum status status = uuid_random(payload->random, sizeof(payload->random), fault);
    for (size_t i = 0; i < payload->variants && status == STATUS_OK; i++) {
        status = prepare(payload, &payload->requests[i], port);
        if (status != STATUS_OK) {
            fault_set(fault, status, "no memory for the requests to send");
        }
    }
    if (status != STATUS_OK) {
        payload_free(payload);
    }
    return status;
}

void payload_free(struct payload *payload)
{
    for (size_t i = 0; i < PAYLOAD_VARIANTS; i++) {
        buf_free(&payload->requests[i].bytes);
    }
}

/* Eight bytes of randomness as 16 digits, without a branch or a call. */
static void put_hex(char digits[16], uint64_t value)
{
    static const char HEX[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        digits[i] = HEX[value >> (60 - 4 * i) & 15];
    }
}

/* Dashes, version and variant stay as they were written. */
static void renew_id(struct payload *payload, char *id)
{
    char digits[32];
    put_hex(digits, draw(payload));
    put_hex(digits + 16, draw(payload));
    memcpy(id, digits, 8);
    memcpy(id + 9, digits + 8, 4);
    memcpy(id + 15, digits + 12, 3);
    memcpy(id + 20, digits + 15, 3);
    memcpy(id + 24, digits + 18, 12);
}

const struct payload_request *payload_next(struct payload *payload)
{
    struct payload_request *request = &payload->requests[payload->turn++ % payload->variants];
    for (size_t i = 0; i < request->event_count; i++) {
        renew_id(payload, request->bytes.at + request->ids[i]);
    }
    return request;
}

struct view payload_bytes(const struct payload_request *request)
{
    return buf_view(&request->bytes);
}

struct view payload_body(const struct payload_request *request)
{
    return view_part(buf_view(&request->bytes), request->body_at, SIZE_MAX);
}
