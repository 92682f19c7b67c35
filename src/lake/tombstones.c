#include "lake/tombstones.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_BYTES = 32,
    KEY_TEXT_BYTES = 2 * KEY_BYTES + 1,
    KEY_MODE = 0600,
    FILE_BYTES_MAX = 256 << 20,
    DIGEST_BYTES = 32,
    BLOCK_BYTES = 64, /* of SHA-256 */
    STRANGERS = 1 << 16,
};
static const char KEY_FILE[] = "ERASURE_KEY";
static const char TREE[] = "lake";
static const char FILE_NAME[] = "TOMBSTONES";

struct tombstone {
    unsigned char bytes[TOMBSTONE_BYTES];
};

struct tombstones {
    int data_fd;
    bool has_key;
    unsigned char key[KEY_BYTES];
    EVP_MD_CTX *inner; /* after the first block of HMAC: the key with its two paddings */
    EVP_MD_CTX *outer;
    EVP_MD_CTX *work;
    struct tombstone *table; /* open addressing; all zero: free. They are random by themselves */
    size_t room;             /* a power of two, twice the count at least */
    size_t count;
    /* Fast hashes of ids that have none: a visitor comes with many events, a MAC costs much more
     * than a look. The seed is nobody's to know. */
    uint64_t seed;
    uint64_t *strangers;
    struct subject_row row;
};

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NO_MEMORY, "no memory for tombstones");
}

static bool begin_digest(EVP_MD_CTX *context, const unsigned char key[KEY_BYTES], unsigned char pad)
{
    unsigned char block[BLOCK_BYTES];
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        block[i] = (unsigned char)((i < KEY_BYTES ? key[i] : 0) ^ pad);
    }
    return EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
           EVP_DigestUpdate(context, block, sizeof(block)) == 1;
}

/* RFC 2104. */
static enum status take_key(struct tombstones *tombstones, struct fault *fault)
{
    tombstones->inner = EVP_MD_CTX_new();
    tombstones->outer = EVP_MD_CTX_new();
    tombstones->work = EVP_MD_CTX_new();
    tombstones->has_key = tombstones->inner && tombstones->outer && tombstones->work &&
                          begin_digest(tombstones->inner, tombstones->key, 0x36) &&
                          begin_digest(tombstones->outer, tombstones->key, 0x5c);
    return tombstones->has_key ? STATUS_OK : no_memory(fault);
}

static void append_hex(struct buf *out, const unsigned char *bytes, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        buf_append_byte(out, DIGITS[bytes[i] >> 4]);
        buf_append_byte(out, DIGITS[bytes[i] & 15]);
    }
}

static bool hex_digit(char c, unsigned *value)
{
    bool is_digit = c >= '0' && c <= '9';
    *value = is_digit ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
    return is_digit || (c >= 'a' && c <= 'f');
}

static bool read_hex(struct view text, unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned high;
        unsigned low;
        if (text.len != 2 * len || !hex_digit(text.at[2 * i], &high) ||
            !hex_digit(text.at[2 * i + 1], &low)) {
            return false;
        }
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static enum status load_key(struct tombstones *tombstones, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 2 * KEY_TEXT_BYTES);
    enum status status = file_read(tombstones->data_fd, KEY_FILE, &text, fault);
    struct view rest = buf_view(&text);
    if (status == STATUS_OK && !read_hex(view_cut(&rest, '\n'), tombstones->key, KEY_BYTES)) {
        status = fault_set(fault, STATUS_DAMAGED, "the file %s in the data folder holds no key",
                           KEY_FILE);
    }
    buf_free(&text);
    return status == STATUS_OK ? take_key(tombstones, fault) : status;
}

/* Not by file_replace(): nobody else may read it, at no moment. */
static enum status write_key(struct tombstones *tombstones, struct view text, struct fault *fault)
{
    static const char BESIDE[] = "_ERASURE_KEY";
    int fd =
        openat(tombstones->data_fd, BESIDE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, KEY_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create %s", BESIDE);
    }
    enum status status = file_write_at(fd, text, 0, fault);
    if (status == STATUS_OK &&
        (fchmod(fd, KEY_MODE) != 0 || fsync(fd) != 0 ||
         renameat(tombstones->data_fd, BESIDE, tombstones->data_fd, KEY_FILE) != 0)) {
        status = fault_errno(fault, errno, "cannot write %s", KEY_FILE);
    }
    close(fd);
    return status == STATUS_OK ? file_sync_folder(tombstones->data_fd, fault) : status;
}

static enum status make_key(struct tombstones *tombstones, struct fault *fault)
{
    struct buf text;
    buf_init(&text, KEY_TEXT_BYTES);
    enum status status = uuid_random(tombstones->key, KEY_BYTES, fault);
    append_hex(&text, tombstones->key, KEY_BYTES);
    buf_append_byte(&text, '\n');
    if (status == STATUS_OK) {
        status = write_key(tombstones, buf_view(&text), fault);
    }
    buf_free(&text);
    return status == STATUS_OK ? take_key(tombstones, fault) : status;
}

static void hash_id(struct tombstones *tombstones, struct view site, struct view id,
                    struct tombstone *hash)
{
    unsigned char digest[DIGEST_BYTES] = {0};
    EVP_MD_CTX *work = tombstones->work;
    /* Nothing of this allocates once the contexts are made; were it to fail all the same, the zeros
     * would be no one's. */
    bool is_done =
        EVP_MD_CTX_copy_ex(work, tombstones->inner) == 1 &&
        EVP_DigestUpdate(work, site.at, site.len) == 1 && EVP_DigestUpdate(work, "", 1) == 1 &&
        EVP_DigestUpdate(work, id.at, id.len) == 1 && EVP_DigestFinal_ex(work, digest, NULL) == 1 &&
        EVP_MD_CTX_copy_ex(work, tombstones->outer) == 1 &&
        EVP_DigestUpdate(work, digest, sizeof(digest)) == 1 &&
        EVP_DigestFinal_ex(work, digest, NULL) == 1;
    memset(hash, 0, sizeof(*hash));
    if (is_done) {
        memcpy(hash->bytes, digest, sizeof(hash->bytes));
    }
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
        if (is_whole && !read_hex(view_cut(&line, ' '), hash.bytes, sizeof(hash.bytes))) {
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

enum status tombstones_open(struct tombstones **tombstones, int data_fd, struct fault *fault)
{
    struct tombstones *made = calloc(1, sizeof(*made));
    *tombstones = NULL;
    if (!made) {
        return no_memory(fault);
    }
    made->data_fd = data_fd;
    subject_row_init(&made->row);
    made->strangers = calloc(STRANGERS, sizeof(*made->strangers));
    enum status status =
        made->strangers ? uuid_random(&made->seed, sizeof(made->seed), fault) : no_memory(fault);
    if (status == STATUS_OK) {
        status = load(made, fault);
    }
    if (status == STATUS_OK) {
        status = load_key(made, fault);
        if (status == STATUS_NOT_FOUND && made->count > 0) {
            status = fault_set(fault, STATUS_DAMAGED,
                               "%s/%s needs the key it was made with, and %s is gone: put it back, "
                               "or who was forgotten would be taken again",
                               TREE, FILE_NAME, KEY_FILE);
        }
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (status != STATUS_OK) {
        tombstones_close(made);
        return status;
    }
    *tombstones = made;
    return STATUS_OK;
}

void tombstones_close(struct tombstones *tombstones)
{
    if (!tombstones) {
        return;
    }
    EVP_MD_CTX_free(tombstones->inner);
    EVP_MD_CTX_free(tombstones->outer);
    EVP_MD_CTX_free(tombstones->work);
    OPENSSL_cleanse(tombstones->key, sizeof(tombstones->key));
    subject_row_free(&tombstones->row);
    free(tombstones->table);
    free(tombstones->strangers);
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

static bool has_tombstone(struct tombstones *tombstones, struct view site, struct view id)
{
    struct tombstone hash;
    hash_id(tombstones, site, id, &hash);
    return tombstones->room > 0 && !is_free(find_place(tombstones, &hash));
}

static void append_line(struct tombstones *tombstones, struct view site, struct view id,
                        int64_t now_ms, struct buf *lines)
{
    struct tombstone hash;
    hash_id(tombstones, site, id, &hash);
    append_hex(lines, hash.bytes, sizeof(hash.bytes));
    buf_append_format(lines, " %lld\n", (long long)now_ms);
}

/* On disk first: what is known here only would be taken for written the next time. */
enum status tombstones_add(struct tombstones *tombstones, const struct subject *subject,
                           int64_t now_ms, struct fault *fault)
{
    enum status status = tombstones->has_key ? STATUS_OK : make_key(tombstones, fault);
    struct buf lines;
    buf_init(&lines, SUBJECT_IDS_MAX * 64);
    for (size_t i = 0; i < subject->count && status == STATUS_OK; i++) {
        if (!has_tombstone(tombstones, subject->site, subject->ids[i].text)) {
            append_line(tombstones, subject->site, subject->ids[i].text, now_ms, &lines);
        }
    }
    status = status == STATUS_OK ? buf_status(&lines) : status;
    if (status == STATUS_OK && lines.len > 0) {
        status = append_lines(tombstones, buf_view(&lines), fault);
    }
    for (size_t i = 0; i < subject->count && status == STATUS_OK; i++) {
        struct tombstone hash;
        hash_id(tombstones, subject->site, subject->ids[i].text, &hash);
        status = insert(tombstones, &hash, fault);
    }
    memset(tombstones->strangers, 0, STRANGERS * sizeof(*tombstones->strangers));
    buf_free(&lines);
    return status;
}

size_t tombstones_count(const struct tombstones *tombstones)
{
    return tombstones ? tombstones->count : 0;
}

static bool meets_id(struct tombstones *tombstones, struct view site, struct view id)
{
    uint64_t pair[2];
    hash_pair_128(tombstones->seed, site, id, pair);
    uint64_t *stranger = &tombstones->strangers[pair[1] & (STRANGERS - 1)];
    if (*stranger == pair[0]) {
        return false;
    }
    if (has_tombstone(tombstones, site, id) || has_tombstone(tombstones, view_make(NULL, 0), id)) {
        return true;
    }
    *stranger = pair[0];
    return false;
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
        if (ids->ids[i].len > 0 && meets_id(tombstones, ids->site, ids->ids[i])) {
            return true;
        }
    }
    return false;
}

void tombstones_name(struct tombstones *tombstones, struct view site, struct view id,
                     char text[TOMBSTONE_TEXT_BYTES])
{
    struct tombstone hash;
    struct buf out;
    memset(text, 0, TOMBSTONE_TEXT_BYTES);
    buf_init_over(&out, text, TOMBSTONE_TEXT_BYTES - 1);
    if (tombstones->has_key) {
        hash_id(tombstones, site, id, &hash);
        append_hex(&out, hash.bytes, sizeof(hash.bytes));
    }
}
