#include "lake/tombstones.h"

#include "base/file.h"
#include "base/hex.h"
#include "journal/data_folder.h"
#include "lake/tombstone_look.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 << 20 };
static const char KEY_FILE[] = "ERASURE_KEY";
static const char TREE[] = "lake";
static const char FILE_NAME[] = "TOMBSTONES";

struct tombstone {
    unsigned char bytes[TOMBSTONE_BYTES];
};

struct tombstones {
    int data_fd;
    pthread_rwlock_t lock;       /* for writing: only by the thread that adds, and only while it
                                    changes key or table */
    _Atomic uint64_t generation; /* 0: there are none */
    struct erasure_key key;
    struct tombstone *table; /* open addressing; all zero: free. They are random by themselves */
    size_t room;             /* a power of two, twice the count at least */
    size_t count;
    struct tombstone_look *look; /* of the thread that adds */
    struct subject_row row;
};

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NO_MEMORY, "no memory for tombstones");
}

static bool is_free(const struct tombstone *place)
{
    static const struct tombstone FREE;
    return memcmp(place, &FREE, sizeof(FREE)) == 0;
}

/* The place of a hash, or the free one where it would stand. */
static struct tombstone *find_place(const struct tombstones *tombstones,
                                    const struct tombstone *hash)
{
    uint64_t at;
    memcpy(&at, hash->bytes, sizeof(at));
    while (!is_free(&tombstones->table[at & (tombstones->room - 1)]) &&
           memcmp(&tombstones->table[at & (tombstones->room - 1)], hash, sizeof(*hash)) != 0) {
        at++;
    }
    return &tombstones->table[at & (tombstones->room - 1)];
}

static enum status grow(struct tombstones *tombstones, struct fault *fault)
{
    struct tombstones old = *tombstones;
    tombstones->room = old.room > 0 ? old.room * 2 : 64;
    tombstones->table = calloc(tombstones->room, sizeof(*tombstones->table));
    if (!tombstones->table) {
        *tombstones = old;
        return no_memory(fault);
    }
    for (size_t i = 0; i < old.room; i++) {
        if (!is_free(&old.table[i])) {
            *find_place(tombstones, &old.table[i]) = old.table[i];
        }
    }
    free(old.table);
    return STATUS_OK;
}

static enum status insert(struct tombstones *tombstones, const struct tombstone *hash,
                          struct fault *fault)
{
    if (tombstones->count >= TOMBSTONES_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "there are %d tombstones, which is the most",
                         TOMBSTONES_MAX);
    }
    enum status status =
        2 * tombstones->count >= tombstones->room ? grow(tombstones, fault) : STATUS_OK;
    if (status == STATUS_OK) {
        struct tombstone *place = find_place(tombstones, hash);
        tombstones->count += is_free(place);
        *place = *hash;
    }
    return status;
}

static enum status take_lines(struct tombstones *tombstones, struct view text, struct fault *fault)
{
    enum status status = STATUS_OK;
    while (text.len > 0 && status == STATUS_OK) {
        /* A line that was cut off belongs to an erasure that is repeated. */
        bool is_whole = view_find(text, '\n') < text.len;
        struct view line = view_cut(&text, '\n');
        struct tombstone hash;
        if (is_whole && !hex_read(view_cut(&line, ' '), hash.bytes, sizeof(hash.bytes))) {
            status = fault_set(fault, STATUS_DAMAGED, "%s/%s has a line that is no tombstone", TREE,
                               FILE_NAME);
        } else if (is_whole) {
            status = insert(tombstones, &hash, fault);
        }
    }
    return status;
}

static enum status load(struct tombstones *tombstones, struct fault *fault)
{
    int lake_fd;
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    enum status status = data_folder_enter(tombstones->data_fd, TREE, false, &lake_fd, fault);
    if (status == STATUS_OK) {
        status = file_read(lake_fd, FILE_NAME, &text, fault);
        close(lake_fd);
    }
    if (status == STATUS_OK) {
        status = take_lines(tombstones, buf_view(&text), fault);
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status load_key(struct tombstones *tombstones, struct fault *fault)
{
    enum status status = erasure_key_load(&tombstones->key, tombstones->data_fd, fault);
    if (status == STATUS_NOT_FOUND && tombstones->count > 0) {
        return fault_set(fault, STATUS_DAMAGED,
                         "%s/%s needs the key it was made with, and %s is gone: put it back, "
                         "or who was forgotten would be taken again",
                         TREE, FILE_NAME, KEY_FILE);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status tombstones_open(struct tombstones **tombstones, int data_fd, struct fault *fault)
{
    struct tombstones *made = calloc(1, sizeof(*made));
    *tombstones = NULL;
    if (!made) {
        return no_memory(fault);
    }
    made->data_fd = data_fd;
    pthread_rwlock_init(&made->lock, NULL);
    subject_row_init(&made->row);
    enum status status = tombstone_look_create(&made->look, made, fault);
    status = status == STATUS_OK ? load(made, fault) : status;
    status = status == STATUS_OK ? load_key(made, fault) : status;
    if (status != STATUS_OK) {
        tombstones_close(made);
        return status;
    }
    atomic_store(&made->generation, made->count > 0);
    *tombstones = made;
    return STATUS_OK;
}

void tombstones_close(struct tombstones *tombstones)
{
    if (!tombstones) {
        return;
    }
    tombstone_look_destroy(tombstones->look);
    erasure_key_free(&tombstones->key);
    subject_row_free(&tombstones->row);
    free(tombstones->table);
    pthread_rwlock_destroy(&tombstones->lock);
    free(tombstones);
}

static enum status append_lines(struct tombstones *tombstones, struct view lines,
                                struct fault *fault)
{
    int lake_fd = -1;
    int fd = -1;
    struct stat facts = {0};
    enum status status = data_folder_enter(tombstones->data_fd, TREE, true, &lake_fd, fault);
    if (status == STATUS_OK) {
        fd = openat(lake_fd, FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
        bool is_open = fd >= 0 && fchmod(fd, FILE_MODE) == 0 && fstat(fd, &facts) == 0;
        status = is_open ? STATUS_OK : fault_errno(fault, errno, "cannot open %s", FILE_NAME);
    }
    /* Behind the last whole line. */
    uint64_t at = (uint64_t)facts.st_size;
    char byte = '\n';
    while (status == STATUS_OK && at > 0 && pread(fd, &byte, 1, (off_t)at - 1) == 1 &&
           byte != '\n') {
        at--;
    }
    if (status == STATUS_OK) {
        status = file_write_at(fd, lines, at, fault);
    }
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", FILE_NAME);
    }
    if (status == STATUS_OK) {
        status = file_sync_folder(lake_fd, fault);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (lake_fd >= 0) {
        close(lake_fd);
    }
    return status;
}

static struct tombstone hash_id(const struct tombstones *tombstones, struct view site,
                                struct view id)
{
    struct tombstone hash;
    erasure_key_hash(&tombstones->key, site, id, hash.bytes);
    return hash;
}

/* Without a lock: by the thread that adds. */
static bool has(const struct tombstones *tombstones, const struct tombstone *hash)
{
    return tombstones->room > 0 && !is_free(find_place(tombstones, hash));
}

static void append_line(const struct tombstone *hash, int64_t now_ms, struct buf *lines)
{
    char digits[TOMBSTONE_TEXT_BYTES - 1];
    hex_write(digits, hash->bytes, sizeof(hash->bytes));
    buf_append_format(lines, "%.*s %lld\n", (int)sizeof(digits), digits, (long long)now_ms);
}

static enum status need_key(struct tombstones *tombstones, struct fault *fault)
{
    if (erasure_key_is_there(&tombstones->key)) {
        return STATUS_OK;
    }
    pthread_rwlock_wrlock(&tombstones->lock);
    enum status status = erasure_key_make(&tombstones->key, tombstones->data_fd, fault);
    pthread_rwlock_unlock(&tombstones->lock);
    return status;
}

static enum status insert_all(struct tombstones *tombstones, const struct subject *subject,
                              struct fault *fault)
{
    enum status status = STATUS_OK;
    pthread_rwlock_wrlock(&tombstones->lock);
    for (size_t i = 0; i < subject->count && status == STATUS_OK; i++) {
        struct tombstone hash = hash_id(tombstones, subject->site, subject->ids[i].text);
        status = insert(tombstones, &hash, fault);
    }
    pthread_rwlock_unlock(&tombstones->lock);
    atomic_fetch_add(&tombstones->generation, 1);
    return status;
}

/* On disk first: what is known here only would be taken for written the next time. */
enum status tombstones_add(struct tombstones *tombstones, const struct subject *subject,
                           int64_t now_ms, struct fault *fault)
{
    enum status status = need_key(tombstones, fault);
    struct buf lines;
    buf_init(&lines, SUBJECT_IDS_MAX * 64);
    for (size_t i = 0; i < subject->count && status == STATUS_OK; i++) {
        struct tombstone hash = hash_id(tombstones, subject->site, subject->ids[i].text);
        if (!has(tombstones, &hash)) {
            append_line(&hash, now_ms, &lines);
        }
    }
    status = status == STATUS_OK ? buf_status(&lines) : status;
    if (status == STATUS_OK && lines.len > 0) {
        status = append_lines(tombstones, buf_view(&lines), fault);
    }
    status = status == STATUS_OK ? insert_all(tombstones, subject, fault) : status;
    buf_free(&lines);
    return status;
}

size_t tombstones_count(const struct tombstones *tombstones)
{
    return tombstones ? tombstones->count : 0;
}

bool tombstones_meet(struct tombstones *tombstones, struct view row)
{
    if (tombstones_count(tombstones) == 0) {
        return false;
    }
    struct subject_row *ids = &tombstones->row;
    /* What is not understood has no ids. */
    (void)subject_row_read(ids, row);
    for (size_t i = 0; i < SUBJECT_ROW_IDS; i++) {
        if (tombstone_look_meets(tombstones->look, ids->site, ids->ids[i])) {
            return true;
        }
    }
    return false;
}

void tombstones_name(struct tombstones *tombstones, struct view site, struct view id,
                     char text[TOMBSTONE_TEXT_BYTES])
{
    memset(text, 0, TOMBSTONE_TEXT_BYTES);
    if (erasure_key_is_there(&tombstones->key)) {
        struct tombstone hash = hash_id(tombstones, site, id);
        hex_write(text, hash.bytes, sizeof(hash.bytes));
    }
}

/* --- of any thread --- */

uint64_t tombstones_generation(struct tombstones *tombstones)
{
    return tombstones ? atomic_load(&tombstones->generation) : 0;
}

enum status tombstones_copy_key(struct tombstones *tombstones, struct erasure_key *copy,
                                struct fault *fault)
{
    pthread_rwlock_rdlock(&tombstones->lock);
    enum status status = erasure_key_copy(copy, &tombstones->key, fault);
    pthread_rwlock_unlock(&tombstones->lock);
    return status;
}

bool tombstones_have(struct tombstones *tombstones, const unsigned char bytes[TOMBSTONE_BYTES])
{
    struct tombstone hash;
    memcpy(hash.bytes, bytes, sizeof(hash.bytes));
    pthread_rwlock_rdlock(&tombstones->lock);
    bool is_there = has(tombstones, &hash);
    pthread_rwlock_unlock(&tombstones->lock);
    return is_there;
}
