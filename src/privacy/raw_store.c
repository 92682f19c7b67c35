#include "privacy/raw_store.h"

#include "base/file.h"
#include "privacy/raw_folder.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t HOUR_MS = 3600000;
enum { DAY_HOURS = 24 };

struct raw_store {
    int data_fd;
    int folder_fd; /* -1: there is none yet */
    int fd;        /* of the file that is appended to; -1: none */
    struct raw_file file;
    struct raw_key key;
    struct buf sealed;
    uint64_t bytes; /* of all files */
};

static int64_t hour_of(int64_t utc_ms)
{
    return utc_ms / HOUR_MS - (utc_ms % HOUR_MS < 0);
}

static void end_file(struct raw_store *store)
{
    if (store->fd >= 0) {
        close(store->fd);
        store->fd = -1;
    }
    OPENSSL_cleanse(&store->key, sizeof(store->key));
}

static enum status count_bytes(struct raw_store *store, bool is_tidying, struct fault *fault)
{
    struct raw_list list = {0};
    enum status status = raw_folder_list(store->folder_fd, &list, fault);
    if (status == STATUS_OK && is_tidying) {
        status = raw_folder_tidy(store->folder_fd, &list, fault);
    }
    store->bytes = 0;
    for (size_t i = 0; i < list.count; i++) {
        store->bytes += list.files[i].bytes;
    }
    raw_list_free(&list);
    return status;
}

enum status raw_store_open(struct raw_store **store, int data_fd, struct fault *fault)
{
    struct raw_store *made = calloc(1, sizeof(*made));
    *store = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to keep requests");
    }
    made->data_fd = data_fd;
    made->fd = -1;
    buf_init(&made->sealed, RAW_FRAME_BYTES_MAX + RAW_FRAME_HEAD_BYTES);
    enum status status = raw_folder_open(data_fd, false, &made->folder_fd, fault);
    if (status == STATUS_OK) {
        status = count_bytes(made, true, fault);
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        raw_store_close(made);
        *store = NULL;
        return status;
    }
    return STATUS_OK;
}

void raw_store_close(struct raw_store *store)
{
    if (!store) {
        return;
    }
    end_file(store);
    if (store->folder_fd >= 0) {
        close(store->folder_fd);
    }
    buf_free(&store->sealed);
    free(store);
}

uint64_t raw_store_bytes(const struct raw_store *store)
{
    return store->bytes;
}

static enum status begin_file(struct raw_store *store, int64_t hour, struct fault *fault)
{
    end_file(store);
    enum status status = store->folder_fd >= 0
                             ? STATUS_OK
                             : raw_folder_open(store->data_fd, true, &store->folder_fd, fault);
    store->file = (struct raw_file){.hour = hour};
    return status == STATUS_OK
               ? raw_folder_create(store->folder_fd, &store->file, &store->key, &store->fd, fault)
               : status;
}

static enum status append(struct raw_store *store, struct view plain, struct fault *fault)
{
    buf_clear(&store->sealed);
    enum status status = raw_frame_seal(&store->sealed, &store->key, plain);
    if (status != STATUS_OK) {
        return fault_set(fault, status, "a request of %zu bytes cannot be encrypted", plain.len);
    }
    struct view frame = buf_view(&store->sealed);
    status = file_write_at(store->fd, frame, store->file.bytes, fault);
    if (status == STATUS_OK) {
        store->file.bytes += frame.len;
        store->bytes += frame.len;
    }
    return status;
}

enum status raw_store_append(struct raw_store *store, struct view plain, int64_t received_ms,
                             struct fault *fault)
{
    int64_t hour = hour_of(received_ms);
    bool is_new = store->fd < 0 || store->file.hour != hour;
    enum status status = is_new ? begin_file(store, hour, fault) : STATUS_OK;
    return status == STATUS_OK ? append(store, plain, fault) : status;
}

static bool is_over(const struct raw_file *file, int64_t now_ms, int64_t keep_ms)
{
    int64_t end_ms = (file->hour + 1) * HOUR_MS;
    return keep_ms == 0 || now_ms - end_ms >= keep_ms || file->hour > hour_of(now_ms) + DAY_HOURS;
}

enum status raw_store_expire(struct raw_store *store, int64_t now_ms, int64_t keep_ms,
                             struct fault *fault)
{
    struct raw_list list = {0};
    if (store->folder_fd < 0) {
        return STATUS_OK;
    }
    enum status status = raw_folder_list(store->folder_fd, &list, fault);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        if (is_over(&list.files[i], now_ms, keep_ms)) {
            if (store->fd >= 0 && list.files[i].id == store->file.id) {
                end_file(store);
            }
            status = raw_folder_destroy(store->folder_fd, &list.files[i], fault);
        }
    }
    raw_list_free(&list);
    return status == STATUS_OK ? count_bytes(store, false, fault) : status;
}

/* --- reading --- */

/* A file on its way. */
struct reading {
    int fd;
    uint64_t at;
    struct raw_key key;
    struct buf frame;
    struct buf plain;
};

static enum status begin_reading(struct reading *reading, int folder_fd,
                                 const struct raw_file *file, struct fault *fault)
{
    reading->at = 0;
    buf_init(&reading->frame, RAW_FRAME_BYTES_MAX + RAW_FRAME_HEAD_BYTES);
    buf_init(&reading->plain, RAW_FRAME_BYTES_MAX);
    return raw_folder_read(folder_fd, file, &reading->key, &reading->fd, fault);
}

static void end_reading(struct reading *reading)
{
    if (reading->fd >= 0) {
        close(reading->fd);
    }
    if (reading->plain.at) {
        OPENSSL_cleanse(reading->plain.at, reading->plain.room);
    }
    buf_free(&reading->plain);
    buf_free(&reading->frame);
    OPENSSL_cleanse(&reading->key, sizeof(reading->key));
}

/* Exactly so many more bytes at the end of the frame; what is cut off ends the file. */
static enum status read_more(struct reading *reading, size_t len)
{
    char *place = buf_reserve(&reading->frame, len);
    size_t done = 0;
    if (!place) {
        return STATUS_NO_MEMORY;
    }
    while (done < len) {
        ssize_t got = pread(reading->fd, place + done, len - done, (off_t)(reading->at + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return STATUS_END;
        }
        done += (size_t)got;
    }
    buf_used(&reading->frame, len);
    reading->at += len;
    return STATUS_OK;
}

/* STATUS_END behind the last one. What was not sealed by the file's key is passed over: nobody can
 * read it. */
static enum status next(struct reading *reading, struct raw_request *request)
{
    for (;;) {
        size_t len;
        buf_clear(&reading->frame);
        buf_clear(&reading->plain);
        enum status status = read_more(reading, RAW_FRAME_HEAD_BYTES);
        if (status == STATUS_OK && !raw_frame_len(reading->frame.at, &len)) {
            return STATUS_END;
        }
        status = status == STATUS_OK ? read_more(reading, len) : status;
        char *plain = status == STATUS_OK ? buf_reserve(&reading->plain, len) : NULL;
        if (!plain) {
            return status == STATUS_OK ? STATUS_NO_MEMORY : status;
        }
        if (raw_frame_open(buf_view(&reading->frame), &reading->key, plain, request)) {
            buf_used(&reading->plain, len);
            return STATUS_OK;
        }
    }
}

static enum status read_file(int folder_fd, const struct raw_file *file, raw_visit_fn *visit,
                             void *self, bool *goes_on, struct fault *fault)
{
    struct reading reading;
    struct raw_request request;
    enum status status = begin_reading(&reading, folder_fd, file, fault);
    while (status == STATUS_OK && *goes_on && (status = next(&reading, &request)) == STATUS_OK) {
        *goes_on = visit(self, &request);
    }
    end_reading(&reading);
    return status == STATUS_NO_MEMORY ? fault_set(fault, status, "no memory to read a request")
           : status == STATUS_END || status == STATUS_NOT_FOUND ? STATUS_OK
                                                                : status;
}

enum status raw_store_read(int data_fd, raw_visit_fn *visit, void *self, struct fault *fault)
{
    struct raw_list list = {0};
    int folder_fd;
    bool goes_on = true;
    enum status status = raw_folder_open(data_fd, false, &folder_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = raw_folder_list(folder_fd, &list, fault);
    for (size_t i = 0; i < list.count && status == STATUS_OK && goes_on; i++) {
        status = read_file(folder_fd, &list.files[i], visit, self, &goes_on, fault);
    }
    raw_list_free(&list);
    close(folder_fd);
    return status;
}

/* --- dropping --- */

struct dropping {
    struct raw_store *store;
    raw_visit_fn *is_to_go;
    void *self;
    uint64_t found;
};

static bool find(void *self, const struct raw_request *request)
{
    struct dropping *dropping = self;
    dropping->found += dropping->is_to_go(dropping->self, request);
    return dropping->found == 0;
}

/* What stays goes into a new file, which is the one that is appended to for as long as that takes.
 */
static enum status copy_rest(struct dropping *dropping, const struct raw_file *file,
                             struct fault *fault)
{
    struct raw_store *store = dropping->store;
    struct reading reading;
    struct raw_request request;
    enum status status = begin_reading(&reading, store->folder_fd, file, fault);
    status = status == STATUS_OK ? begin_file(store, file->hour, fault) : status;
    while (status == STATUS_OK && (status = next(&reading, &request)) == STATUS_OK) {
        bool goes = dropping->is_to_go(dropping->self, &request);
        dropping->found += goes;
        status = goes ? STATUS_OK : append(store, buf_view(&reading.plain), fault);
    }
    end_reading(&reading);
    if (status != STATUS_END) {
        return status;
    }
    return fsync(store->fd) == 0 ? STATUS_OK
                                 : fault_errno(fault, errno, "cannot sync requests that are kept");
}

static enum status drop_from(struct dropping *dropping, const struct raw_file *file,
                             struct fault *fault)
{
    int folder_fd = dropping->store->folder_fd;
    bool goes_on = true;
    dropping->found = 0;
    enum status status = read_file(folder_fd, file, find, dropping, &goes_on, fault);
    if (status != STATUS_OK || dropping->found == 0) {
        return status;
    }
    dropping->found = 0;
    status = copy_rest(dropping, file, fault);
    bool is_begun = dropping->store->fd >= 0;
    end_file(dropping->store);
    if (status == STATUS_OK) {
        return raw_folder_destroy(folder_fd, file, fault);
    }
    struct fault ignored;
    bool is_gone =
        is_begun && raw_folder_destroy(folder_fd, &dropping->store->file, &ignored) == STATUS_OK;
    (void)is_gone; /* it holds nothing that the old one does not */
    return status;
}

enum status raw_store_drop(struct raw_store *store, raw_visit_fn *is_to_go, void *self,
                           uint64_t *dropped, struct fault *fault)
{
    struct dropping dropping = {store, is_to_go, self, 0};
    struct raw_list list = {0};
    *dropped = 0;
    if (store->folder_fd < 0) {
        return STATUS_OK;
    }
    end_file(store);
    enum status status = raw_folder_list(store->folder_fd, &list, fault);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        status = drop_from(&dropping, &list.files[i], fault);
        *dropped += dropping.found;
    }
    raw_list_free(&list);
    return status == STATUS_OK ? count_bytes(store, false, fault) : status;
}
