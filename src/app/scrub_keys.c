#include "app/scrub_keys.h"

#include "base/file.h"
#include "base/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <unistd.h>

enum { MODE = 0600, GATE_MS = 60000, UNTIL_BYTES = 20 };
enum { TEXT_BYTES = 2 * SCRUB_KEY_BYTES + UNTIL_BYTES + 4 };
static const char NAME[] = "SCRUB_KEY";
static const char BESIDE[] = "_SCRUB_KEY";

void scrub_keys_init(struct scrub_keys *keys, int data_fd, int64_t period_ms,
                     const struct clock *clock, const struct logger *log)
{
    *keys =
        (struct scrub_keys){.data_fd = data_fd, .period_ms = period_ms, .clock = clock, .log = log};
    keys->gate.interval_ms = GATE_MS;
    pthread_mutex_init(&keys->lock, NULL);
}

void scrub_keys_free(struct scrub_keys *keys)
{
    if (keys->clock) {
        OPENSSL_cleanse(keys->key, sizeof(keys->key));
        pthread_mutex_destroy(&keys->lock);
        keys->clock = NULL;
    }
}

static int hex_value(char byte)
{
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                        : -1;
}

/* "UNTIL HEX\n" */
static bool parse(struct scrub_keys *keys, struct view text)
{
    int64_t until_ms;
    struct view until = view_cut(&text, ' ');
    struct view hex = view_cut(&text, '\n');
    if (hex.len != 2 * SCRUB_KEY_BYTES || !view_to_int64(until, &until_ms)) {
        return false;
    }
    for (size_t i = 0; i < SCRUB_KEY_BYTES; i++) {
        int high = hex_value(hex.at[2 * i]);
        int low = hex_value(hex.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        keys->key[i] = (uint8_t)(high << 4 | low);
    }
    keys->until_ms = until_ms;
    return true;
}

static enum status read_key(struct scrub_keys *keys, struct fault *fault)
{
    char bytes[TEXT_BYTES];
    struct buf text;
    buf_init_over(&text, bytes, sizeof(bytes));
    enum status status = file_read(keys->data_fd, NAME, &text, fault);
    if (status == STATUS_OK && !parse(keys, buf_view(&text))) {
        status = fault_set(fault, STATUS_BAD_INPUT, "%s is no key", NAME);
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return status;
}

/* With its final mode from the first byte on, and on disk before it is used: after a power cut the
 * hashes of a period must still be of one key. */
static enum status write_key(int data_fd, struct view text, struct fault *fault)
{
    unlinkat(data_fd, BESIDE, 0);
    int fd = openat(data_fd, BESIDE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create %s", BESIDE);
    }
    enum status status = file_write_at(fd, text, 0, fault);
    if (status == STATUS_OK && fdatasync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot write %s", BESIDE);
    }
    close(fd);
    if (status == STATUS_OK && renameat(data_fd, BESIDE, data_fd, NAME) != 0) {
        status = fault_errno(fault, errno, "cannot rename %s to %s", BESIDE, NAME);
    }
    return status == STATUS_OK ? file_sync_folder(data_fd, fault) : status;
}

/* The old one's bytes first: the file that takes its place may be given other blocks. */
static void wipe_old(int data_fd)
{
    static const char ZEROS[TEXT_BYTES];
    struct fault ignored;
    int fd = openat(data_fd, NAME, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        off_t len = lseek(fd, 0, SEEK_END);
        size_t bytes = len > 0 && len < TEXT_BYTES ? (size_t)len : sizeof(ZEROS);
        bool is_wiped = file_write_at(fd, view_make(ZEROS, bytes), 0, &ignored) == STATUS_OK &&
                        fdatasync(fd) == 0;
        close(fd);
        (void)is_wiped; /* a disk that does not take it takes no new key either */
    }
}

static enum status make_key(struct scrub_keys *keys, int64_t now_ms, struct fault *fault)
{
    char text[TEXT_BYTES];
    uint8_t key[SCRUB_KEY_BYTES];
    int64_t until_ms = now_ms + keys->period_ms;
    enum status status = uuid_random(key, sizeof(key), fault);
    if (status == STATUS_OK) {
        int len = snprintf(text, sizeof(text), "%lld ", (long long)until_ms);
        for (size_t i = 0; i < SCRUB_KEY_BYTES; i++) {
            len += snprintf(text + len, sizeof(text) - (size_t)len, "%02x", key[i]);
        }
        text[len++] = '\n';
        wipe_old(keys->data_fd);
        status = write_key(keys->data_fd, view_make(text, (size_t)len), fault);
    }
    if (status == STATUS_OK) {
        memcpy(keys->key, key, sizeof(key));
        keys->until_ms = until_ms;
    }
    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(key, sizeof(key));
    return status;
}

/* A clock that was set far back ends no period later than one period from now. */
static bool is_over(const struct scrub_keys *keys, int64_t now_ms)
{
    return now_ms >= keys->until_ms || keys->until_ms - now_ms > keys->period_ms;
}

static enum status renew(struct scrub_keys *keys, struct fault *fault)
{
    int64_t now_ms = clock_now_ms(keys->clock);
    enum status status = STATUS_OK;
    if (keys->until_ms == 0) {
        status = read_key(keys, fault);
        status = status == STATUS_NOT_FOUND || status == STATUS_BAD_INPUT ? STATUS_OK : status;
    }
    if (status == STATUS_OK && is_over(keys, now_ms)) {
        status = make_key(keys, now_ms, fault);
    }
    return status;
}

bool scrub_keys_give(void *self, uint8_t key[SCRUB_KEY_BYTES])
{
    struct scrub_keys *keys = self;
    struct fault fault = {0};
    uint64_t held;
    pthread_mutex_lock(&keys->lock);
    enum status status = renew(keys, &fault);
    if (status == STATUS_OK) {
        memcpy(key, keys->key, SCRUB_KEY_BYTES);
    } else if (logger_gate_hit(&keys->gate, clock_monotonic_ms(keys->clock), &held)) {
        logger_error(keys->log, "scrub", "without a key hashes are masks (%llu more times): %s",
                     (unsigned long long)held, fault.text);
    }
    pthread_mutex_unlock(&keys->lock);
    return status == STATUS_OK;
}
