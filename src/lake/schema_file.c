#include "lake/schema_file.h"

#include "base/crc32c.h"
#include "base/file.h"
#include "base/hash.h"
#include "lake/schema_codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
    HEADER_BYTES = 64,
    HEADER_CRC_AT = 60,
    VERSION = 1,
    TAIL_BYTES = 64 * 1024, /* of the Parquet file; its footer is there */
    ZSTD_LEVEL = 3,
    FILE_BYTES_MAX = SCHEMA_CODEC_BYTES_MAX + (1 << 20), /* packing may add a little */
};
static const char MAGIC[8] = {'P', 'I', 'P', 'S', 'S', 'T', 'A', 'T'};
static const char PARQUET_NAME[] = "events.parquet";

/* By what a Parquet file is known. */
struct identity {
    uint64_t bytes;
    uint32_t tail_crc;
};

struct header {
    uint32_t packed_crc;
    uint64_t packed_bytes;
    uint64_t bytes; /* unpacked */
    struct identity parquet;
    uint64_t seed_mark; /* tells whether the hashes are of this seed, not what it is */
};

static uint64_t seed_mark(uint64_t seed)
{
    return hash_64(seed, VIEW_LITERAL("statistics of properties"));
}

static void put(char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (char)(unsigned char)(value >> (8 * i));
    }
}

static uint64_t get(const char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value |= (uint64_t)(unsigned char)at[i] << (8 * i);
    }
    return value;
}

static void write_header(const struct header *header, char bytes[HEADER_BYTES])
{
    memset(bytes, 0, HEADER_BYTES);
    memcpy(bytes, MAGIC, sizeof(MAGIC));
    put(bytes + 8, VERSION, 4);
    put(bytes + 12, header->packed_crc, 4);
    put(bytes + 16, header->packed_bytes, 8);
    put(bytes + 24, header->bytes, 8);
    put(bytes + 32, header->parquet.bytes, 8);
    put(bytes + 40, header->parquet.tail_crc, 4);
    put(bytes + 48, header->seed_mark, 8);
    put(bytes + HEADER_CRC_AT, crc32c(0, bytes, HEADER_CRC_AT), 4);
}

static enum status read_header(struct view file, const char *name, struct header *header,
                               struct fault *fault)
{
    if (file.len < HEADER_BYTES || memcmp(file.at, MAGIC, sizeof(MAGIC)) != 0) {
        return fault_set(fault, STATUS_DAMAGED, "%s is no file of statistics", name);
    }
    if (get(file.at + HEADER_CRC_AT, 4) != crc32c(0, file.at, HEADER_CRC_AT)) {
        return fault_set(fault, STATUS_DAMAGED, "the header of %s does not match its checksum",
                         name);
    }
    if (get(file.at + 8, 4) != VERSION) {
        return fault_set(fault, STATUS_NOT_FOUND, "%s has version %u; this program reads %u", name,
                         (unsigned)get(file.at + 8, 4), (unsigned)VERSION);
    }
    *header = (struct header){
        .packed_crc = (uint32_t)get(file.at + 12, 4),
        .packed_bytes = get(file.at + 16, 8),
        .bytes = get(file.at + 24, 8),
        .parquet = {get(file.at + 32, 8), (uint32_t)get(file.at + 40, 4)},
        .seed_mark = get(file.at + 48, 8),
    };
    return STATUS_OK;
}

static enum status read_tail(int fd, off_t from, size_t bytes, struct identity *identity,
                             struct fault *fault)
{
    char chunk[4096];
    for (size_t done = 0; done < bytes;) {
        size_t want = bytes - done < sizeof(chunk) ? bytes - done : sizeof(chunk);
        ssize_t got = pread(fd, chunk, want, from + (off_t)done);
        if (got <= 0) {
            return fault_errno(fault, got < 0 ? errno : EIO, "cannot read a Parquet file");
        }
        identity->tail_crc = crc32c(identity->tail_crc, chunk, (size_t)got);
        done += (size_t)got;
    }
    return STATUS_OK;
}

static enum status identify(int fd, struct identity *identity, struct fault *fault)
{
    struct stat facts;
    *identity = (struct identity){0};
    if (fstat(fd, &facts) != 0) {
        return fault_errno(fault, errno, "cannot look at a Parquet file");
    }
    identity->bytes = (uint64_t)facts.st_size;
    size_t tail = identity->bytes < TAIL_BYTES ? (size_t)identity->bytes : TAIL_BYTES;
    return read_tail(fd, facts.st_size - (off_t)tail, tail, identity, fault);
}

static enum status identify_name(int folder_fd, const char *name, struct identity *identity,
                                 struct fault *fault)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? fault_set(fault, STATUS_NOT_FOUND, "there is no %s", name)
                               : fault_errno(fault, errno, "cannot open %s", name);
    }
    enum status status = identify(fd, identity, fault);
    close(fd);
    return status;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return a->bytes == b->bytes && a->tail_crc == b->tail_crc;
}

/* Appends the body, packed, behind the room for the header. */
static enum status pack(struct view body, struct buf *file, struct header *header,
                        struct fault *fault)
{
    size_t bound = ZSTD_compressBound(body.len);
    char *place = buf_reserve(file, HEADER_BYTES + bound);
    if (!place) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to pack statistics of properties");
    }
    size_t packed = ZSTD_compress(place + HEADER_BYTES, bound, body.at, body.len, ZSTD_LEVEL);
    if (ZSTD_isError(packed)) {
        return fault_set(fault, STATUS_NO_MEMORY, "cannot pack statistics of properties: %s",
                         ZSTD_getErrorName(packed));
    }
    header->bytes = body.len;
    header->packed_bytes = packed;
    header->packed_crc = crc32c(0, place + HEADER_BYTES, packed);
    write_header(header, place);
    buf_used(file, HEADER_BYTES + packed);
    return STATUS_OK;
}

static enum status pack_all(struct schema_stats *stats, struct buf *body, struct buf *file,
                            struct header *header, struct fault *fault)
{
    enum status status = schema_stats_sort(stats, fault);
    if (status != STATUS_OK) {
        return status;
    }
    schema_codec_append(body, stats);
    if (buf_status(body) != STATUS_OK) {
        return fault_set(fault, buf_status(body), "no room for statistics of properties");
    }
    return pack(buf_view(body), file, header, fault);
}

enum status schema_file_save(struct schema_stats *stats, int hour_fd, int parquet_fd,
                             struct fault *fault)
{
    struct header header = {.seed_mark = seed_mark(schema_stats_seed(stats))};
    struct buf body;
    struct buf file;
    buf_init(&body, SCHEMA_CODEC_BYTES_MAX);
    buf_init(&file, FILE_BYTES_MAX);
    enum status status = identify(parquet_fd, &header.parquet, fault);
    if (status == STATUS_OK) {
        status = pack_all(stats, &body, &file, &header, fault);
    }
    if (status == STATUS_OK) {
        status = file_replace(hour_fd, SCHEMA_FILE_NEW_NAME, buf_view(&file), fault);
    }
    buf_free(&body);
    buf_free(&file);
    return status;
}

/* Reads the whole file and its header. */
static enum status open_file(int hour_fd, const char *name, struct buf *file, struct header *header,
                             struct fault *fault)
{
    enum status status = file_read(hour_fd, name, file, fault);
    if (status == STATUS_TOO_BIG) {
        return fault_set(fault, STATUS_DAMAGED, "%s is larger than any file of statistics", name);
    }
    return status == STATUS_OK ? read_header(buf_view(file), name, header, fault) : status;
}

static enum status remove_file(int hour_fd, const char *name, struct fault *fault)
{
    return unlinkat(hour_fd, name, 0) == 0 || errno == ENOENT
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot remove %s", name);
}

static bool counts(int hour_fd, const char *name, const struct identity *parquet)
{
    struct buf file;
    struct header header;
    buf_init(&file, FILE_BYTES_MAX);
    bool is_of_it = open_file(hour_fd, name, &file, &header, NULL) == STATUS_OK &&
                    is_same(&header.parquet, parquet);
    buf_free(&file);
    return is_of_it;
}

static enum status put_in_place(int hour_fd, struct fault *fault)
{
    return renameat(hour_fd, SCHEMA_FILE_NEW_NAME, hour_fd, SCHEMA_FILE_NAME) == 0
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot rename %s", SCHEMA_FILE_NEW_NAME);
}

enum status schema_file_settle(int hour_fd, struct fault *fault)
{
    struct identity parquet;
    enum status found = identify_name(hour_fd, PARQUET_NAME, &parquet, fault);
    if (found != STATUS_OK && found != STATUS_NOT_FOUND) {
        return found;
    }
    bool has_parquet = found == STATUS_OK;
    enum status status = STATUS_OK;
    if (has_parquet && counts(hour_fd, SCHEMA_FILE_NEW_NAME, &parquet)) {
        status = put_in_place(hour_fd, fault);
    } else {
        status = remove_file(hour_fd, SCHEMA_FILE_NEW_NAME, fault);
    }
    if (status == STATUS_OK) {
        status = remove_file(hour_fd, "_" SCHEMA_FILE_NEW_NAME, fault); /* of file_replace() */
    }
    if (status == STATUS_OK && !(has_parquet && counts(hour_fd, SCHEMA_FILE_NAME, &parquet))) {
        status = remove_file(hour_fd, SCHEMA_FILE_NAME, fault);
    }
    return status == STATUS_OK ? file_sync_folder(hour_fd, fault) : status;
}

static enum status unpack(struct view file, const struct header *header, struct buf *body,
                          struct fault *fault)
{
    struct view packed = view_part(file, HEADER_BYTES, file.len);
    if (packed.len != header->packed_bytes ||
        crc32c(0, packed.at, packed.len) != header->packed_crc) {
        return fault_set(fault, STATUS_DAMAGED, "its bytes do not match their checksum");
    }
    char *place =
        header->bytes <= SCHEMA_CODEC_BYTES_MAX ? buf_reserve(body, (size_t)header->bytes) : NULL;
    if (!place) {
        return fault_set(fault, STATUS_DAMAGED, "it is too large");
    }
    size_t got = ZSTD_decompress(place, (size_t)header->bytes, packed.at, packed.len);
    if (got != header->bytes) {
        return fault_set(fault, STATUS_DAMAGED, "it does not decompress");
    }
    buf_used(body, got);
    return STATUS_OK;
}

/* Reads the body into statistics of its own. */
static enum status read_body(struct view file, const struct header *header, uint64_t seed,
                             struct schema_stats **stats, struct fault *fault)
{
    struct buf body;
    struct fault why = {0};
    buf_init(&body, SCHEMA_CODEC_BYTES_MAX);
    enum status status = schema_stats_create(stats, seed, fault);
    if (status == STATUS_OK) {
        status = unpack(file, header, &body, &why);
    }
    if (status == STATUS_OK) {
        status = schema_codec_read(buf_view(&body), *stats, &why);
    }
    buf_free(&body);
    if (status == STATUS_DAMAGED) {
        fault_set(fault, status, "%s is damaged: %s", SCHEMA_FILE_NAME, why.text);
    }
    if (status != STATUS_OK) {
        schema_stats_destroy(*stats);
        *stats = NULL;
    }
    return status;
}

enum status schema_file_load(struct schema_stats **stats, uint64_t seed, int hour_fd,
                             int parquet_fd, struct fault *fault)
{
    struct header header;
    struct identity parquet;
    struct buf file;
    *stats = NULL;
    buf_init(&file, FILE_BYTES_MAX);
    enum status status = identify(parquet_fd, &parquet, fault);
    if (status == STATUS_OK) {
        status = open_file(hour_fd, SCHEMA_FILE_NAME, &file, &header, fault);
    }
    if (status == STATUS_OK &&
        (!is_same(&header.parquet, &parquet) || header.seed_mark != seed_mark(seed))) {
        status = fault_set(fault, STATUS_NOT_FOUND, "%s counts another file", SCHEMA_FILE_NAME);
    }
    if (status == STATUS_OK) {
        status = read_body(buf_view(&file), &header, seed, stats, fault);
    }
    buf_free(&file);
    return status;
}
