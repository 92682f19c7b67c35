#include "lake/schema_file.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "base/hash.h"
#include "journal/data_folder.h"
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

void schema_file_path(const struct schema_file *file, char path[SCHEMA_FILE_PATH_BYTES])
{
    char moment[CLOCK_TEXT_BYTES];
    clock_format(file->hour * 3600000, moment);
    snprintf(path, SCHEMA_FILE_PATH_BYTES, "schema/date=%.10s/%shour=%.2s.stats", moment,
             file->is_unfinished ? "_" : "", moment + 11);
}

/* The part of the path behind its folders. */
static const char *name_in(const char path[SCHEMA_FILE_PATH_BYTES])
{
    return strrchr(path, '/') + 1;
}

/* The folder of the day; made when missing, if `make`. */
static enum status enter(const struct schema_file *file, bool make, int *day_fd,
                         struct fault *fault)
{
    char path[SCHEMA_FILE_PATH_BYTES];
    int schema_fd = -1;
    schema_file_path(file, path);
    *(strrchr(path, '/')) = 0;
    enum status status = data_folder_enter(file->lake_fd, "schema", make, &schema_fd, fault);
    if (status == STATUS_OK) {
        status = data_folder_enter(schema_fd, name_in(path), make, day_fd, fault);
        close(schema_fd);
    }
    return status;
}

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

static enum status write_file(const struct schema_file *file, struct view bytes,
                              struct fault *fault)
{
    char path[SCHEMA_FILE_PATH_BYTES];
    int day_fd = -1;
    enum status status = enter(file, true, &day_fd, fault);
    schema_file_path(file, path);
    if (status == STATUS_OK) {
        status = file_replace(day_fd, name_in(path), bytes, fault);
        close(day_fd);
    }
    return status;
}

enum status schema_file_save(struct schema_stats *stats, const struct schema_file *file,
                             int parquet_fd, struct fault *fault)
{
    struct header header = {.seed_mark = seed_mark(schema_stats_seed(stats))};
    struct buf body;
    struct buf packed;
    buf_init(&body, SCHEMA_CODEC_BYTES_MAX);
    buf_init(&packed, FILE_BYTES_MAX);
    enum status status = identify(parquet_fd, &header.parquet, fault);
    if (status == STATUS_OK) {
        status = pack_all(stats, &body, &packed, &header, fault);
    }
    if (status == STATUS_OK) {
        status = write_file(file, buf_view(&packed), fault);
    }
    buf_free(&body);
    buf_free(&packed);
    return status;
}

/* Reads the whole file and its header. */
static enum status read_whole(const struct schema_file *file, const char *path, struct buf *bytes,
                              struct header *header, struct fault *fault)
{
    int day_fd = -1;
    enum status status = enter(file, false, &day_fd, fault);
    if (status == STATUS_OK) {
        status = file_read(day_fd, name_in(path), bytes, fault);
        close(day_fd);
    }
    if (status == STATUS_TOO_BIG) {
        return fault_set(fault, STATUS_DAMAGED, "%s is larger than any file of statistics", path);
    }
    if (status == STATUS_NOT_FOUND) {
        return fault_set(fault, status, "there is no %s", path);
    }
    return status == STATUS_OK ? read_header(buf_view(bytes), path, header, fault) : status;
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

bool schema_file_counts(const struct schema_file *file, int parquet_fd)
{
    char path[SCHEMA_FILE_PATH_BYTES];
    char bytes[HEADER_BYTES];
    struct header header = {0};
    struct identity parquet;
    schema_file_path(file, path);
    int fd = openat(file->lake_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = fd >= 0 ? pread(fd, bytes, sizeof(bytes), 0) : -1;
    if (fd >= 0) {
        close(fd);
    }
    return got == HEADER_BYTES && identify(parquet_fd, &parquet, NULL) == STATUS_OK &&
           read_header(view_make(bytes, HEADER_BYTES), path, &header, NULL) == STATUS_OK &&
           is_same(&header.parquet, &parquet);
}

/* Reads the body into statistics of its own. */
static enum status read_body(struct view file, const char *path, const struct header *header,
                             struct schema_stats *stats, struct fault *fault)
{
    struct buf body;
    struct fault why = {0};
    buf_init(&body, SCHEMA_CODEC_BYTES_MAX);
    enum status status = unpack(file, header, &body, &why);
    if (status == STATUS_OK) {
        status = schema_codec_read(buf_view(&body), stats, &why);
    }
    buf_free(&body);
    return status == STATUS_OK ? status
                               : fault_set(fault, status, "%s is damaged: %s", path, why.text);
}

enum status schema_file_load(struct schema_stats **stats, uint64_t seed,
                             const struct schema_file *file, int parquet_fd, struct fault *fault)
{
    char path[SCHEMA_FILE_PATH_BYTES];
    struct header header = {0};
    struct identity parquet;
    struct buf bytes;
    *stats = NULL;
    schema_file_path(file, path);
    buf_init(&bytes, FILE_BYTES_MAX);
    enum status status = identify(parquet_fd, &parquet, fault);
    if (status == STATUS_OK) {
        status = read_whole(file, path, &bytes, &header, fault);
    }
    if (status == STATUS_OK &&
        (!is_same(&header.parquet, &parquet) || header.seed_mark != seed_mark(seed))) {
        status = fault_set(fault, STATUS_NOT_FOUND, "%s counts another file", path);
    }
    if (status == STATUS_OK) {
        status = schema_stats_create(stats, seed, fault);
    }
    if (status == STATUS_OK) {
        status = read_body(buf_view(&bytes), path, &header, *stats, fault);
    }
    if (status != STATUS_OK) {
        schema_stats_destroy(*stats);
        *stats = NULL;
    }
    buf_free(&bytes);
    return status;
}
