#include "app/export.h"

#include "app/confined.h"
#include "app/export_folder.h"
#include "app/pipe_pump.h"
#include "app/query.h"
#include "app/stable_seq.h"
#include "base/buf.h"
#include "base/file.h"
#include "lake/views.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SQL_BYTES_MAX = 1024 * 1024, PATH_BYTES = 4096, FAILED = 1 };
/* Numbers in a piece of a resumed export: what is lost when it is cut off. */
static const uint64_t PIECE = 4 * 1000 * 1000;

/* One piece: a range of numbers to one file descriptor, by one child. */
struct piece {
    const struct export_options *options;
    struct snapshot_range range;
    struct snapshot *snapshot;
    struct duck *duck;
    struct views views;
    struct pipe_pump pump;
    int out_fd;
    uint64_t *rows; /* shared with the child */
};

static enum status open_all(struct piece *piece, const struct confined_place *place,
                            struct fault *fault)
{
    const struct export_options *options = piece->options;
    struct duck_options duck = {.library = options->library,
                                .memory_bytes = (uint64_t)options->memory_bytes,
                                .threads = options->threads,
                                .temp_folder = place->temp_folder};
    bool is_parquet = options->format == ANSWER_PARQUET;
    if (is_parquet && !place->has_landlock) {
        return fault_set(fault, STATUS_IO,
                         "parquet needs a kernel with Landlock; choose ndjson "
                         "or csv");
    }
    enum status status =
        is_parquet ? pipe_pump_open(&piece->pump, piece->out_fd, fault) : STATUS_OK;
    if (status == STATUS_OK) {
        status = duck_open(&piece->duck, &duck, fault);
    }
    if (status == STATUS_OK) {
        const struct views_options views = {.range = piece->range, .threads = options->threads};
        status = views_open(&piece->views, piece->duck, piece->snapshot, &views, fault);
    }
    if (status == STATUS_OK) {
        status = views_create(&piece->views, VIEW_LITERAL("events_all"), fault);
    }
    return status == STATUS_OK
               ? views_lock(&piece->views, is_parquet ? piece->pump.path : NULL, fault)
               : status;
}

/* Parquet is written by DuckDB, which does not say how many rows there were. */
static enum status count_rows(struct piece *piece, const char *where, struct fault *fault)
{
    char sql[SQL_BYTES_MAX / 1024];
    int64_t count = 0;
    int len = snprintf(sql, sizeof(sql), "select count(*) from events_all%s", where);
    if (len >= (int)sizeof(sql)) {
        return fault_set(fault, STATUS_TOO_BIG, "the condition is too long");
    }
    enum status status = duck_query_int64(piece->duck, sql, &count, fault);
    *piece->rows = (uint64_t)count;
    return status;
}

static enum status write_rows(struct piece *piece, struct fault *fault)
{
    const struct export_options *options = piece->options;
    struct buf sql;
    struct buf where;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_init(&where, SQL_BYTES_MAX);
    if (options->condition) {
        buf_append_format(&where, " where (%s)", options->condition);
    }
    buf_append_text(&sql, "select * from events_all");
    buf_append_view(&sql, buf_view(&where));
    buf_append_byte(&where, 0);
    struct answer_options answer = {.format = options->format,
                                    .out_fd = piece->out_fd,
                                    .pipe_path = piece->pump.path,
                                    .omits_nulls = true};
    uint64_t rows = 0;
    enum status status = answer_write(piece->duck, buf_view(&sql), &answer, &rows, fault);
    *piece->rows = rows;
    if (status == STATUS_OK && options->format == ANSWER_PARQUET) {
        status = count_rows(piece, where.at, fault);
    }
    buf_free(&sql);
    buf_free(&where);
    return status;
}

static int work(void *self, const struct confined_place *place)
{
    struct piece *piece = self;
    struct fault fault = {0};
    struct fault pump_fault = {0};
    enum status status = open_all(piece, place, &fault);
    if (status == STATUS_OK) {
        status = write_rows(piece, &fault);
    }
    if (pipe_pump_close(&piece->pump, &pump_fault) != STATUS_OK && status == STATUS_OK) {
        status = STATUS_IO;
        fault = pump_fault;
    }
    if (status != STATUS_OK) {
        dprintf(piece->options->err_fd, "pipes: %s%s\n", fault.text,
                status == STATUS_NO_MEMORY ? ". Give it more with --limit-memory" : "");
    }
    return status == STATUS_OK ? 0 : FAILED;
}

/* A damaged journal would be passed over: whole is what an export is. */
struct damage {
    int err_fd;
    bool is_found;
};

static void on_damage(void *self, const char *file, uint64_t offset, uint64_t end,
                      const char *reason)
{
    struct damage *damage = self;
    damage->is_found = true;
    dprintf(damage->err_fd, "pipes: journal segment %s is damaged from byte %llu to %llu: %s\n",
            file, (unsigned long long)offset, (unsigned long long)end, reason);
}

static int run_piece(struct piece *piece)
{
    const struct export_options *options = piece->options;
    struct damage damage = {.err_fd = options->err_fd};
    struct fault fault = {0};
    struct snapshot_options snapshot = {.range = piece->range,
                                        .spill_folder = getenv("TMPDIR"),
                                        .on_damage = on_damage,
                                        .self = &damage};
    if (snapshot_open(&piece->snapshot, options->data_fd, &snapshot, &fault) != STATUS_OK) {
        dprintf(options->err_fd, "pipes: %s\n", fault.text);
        return FAILED;
    }
    struct confined_options confined = {.data_fd = options->data_fd,
                                        .err_fd = options->err_fd,
                                        .library = options->library,
                                        .work = work,
                                        .self = piece};
    int result = damage.is_found ? FAILED : confined_run(&confined);
    snapshot_close(piece->snapshot);
    piece->snapshot = NULL;
    return result;
}

static int fail(const struct export_options *options, const struct fault *fault)
{
    dprintf(options->err_fd, "pipes: %s\n", fault->text);
    return FAILED;
}

static void say(const struct export_options *options, uint64_t rows,
                const struct snapshot_range *range)
{
    dprintf(options->err_fd, "%llu rows, numbers from %llu to below %llu\n",
            (unsigned long long)rows, (unsigned long long)range->from_seq,
            (unsigned long long)range->to_seq);
}

static const char *ending(const struct export_options *options)
{
    return options->format == ANSWER_CSV       ? "csv"
           : options->format == ANSWER_PARQUET ? "parquet"
                                               : "ndjson";
}

/* --- to a file --- */

static int to_file(struct piece *piece)
{
    const struct export_options *options = piece->options;
    struct export_folder folder;
    struct fault fault = {0};
    char path[PATH_BYTES];
    const char *slash = strrchr(options->out, '/');
    const char *name = slash ? slash + 1 : options->out;
    snprintf(path, sizeof(path), "%.*s", slash ? (int)(slash - options->out) + 1 : 1,
             slash ? options->out : ".");
    folder = (struct export_folder){.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    enum status status = STATUS_OK;
    if (folder.fd < 0) {
        status = fault_errno(&fault, errno, "cannot open the folder %s", path);
    } else if (strlen(name) == 0 || strlen(name) >= EXPORT_NAME_BYTES) {
        status = fault_set(&fault, STATUS_BAD_INPUT, "%s is no name for a file", options->out);
    }
    if (status == STATUS_OK) {
        status = export_folder_begin(&folder, name, &piece->out_fd, &fault);
    }
    if (status != STATUS_OK) {
        export_folder_close(&folder);
        return fail(options, &fault);
    }
    int result = run_piece(piece);
    status = result == 0 ? export_folder_publish(&folder, name, piece->out_fd, &fault)
                         : export_folder_drop(&folder, name, piece->out_fd, folder.next, &fault);
    export_folder_close(&folder);
    return status == STATUS_OK ? result : fail(options, &fault);
}

/* --- to a folder, piece after piece --- */

static int next_piece(struct piece *piece, struct export_folder *folder)
{
    const struct export_options *options = piece->options;
    struct fault fault = {0};
    char name[EXPORT_NAME_BYTES];
    snprintf(name, sizeof(name), "events-%020llu-%020llu.%s",
             (unsigned long long)piece->range.from_seq, (unsigned long long)piece->range.to_seq,
             ending(options));
    if (export_folder_begin(folder, name, &piece->out_fd, &fault) != STATUS_OK) {
        return fail(options, &fault);
    }
    int result = run_piece(piece);
    uint64_t next = result == 0 ? piece->range.to_seq : folder->next;
    enum status status = result == 0 && *piece->rows > 0
                             ? export_folder_finish(folder, name, piece->out_fd, next, &fault)
                             : export_folder_drop(folder, name, piece->out_fd, next, &fault);
    return status == STATUS_OK ? result : fail(options, &fault);
}

static int to_folder(struct piece *piece)
{
    const struct export_options *options = piece->options;
    const uint64_t end = piece->range.to_seq;
    struct export_folder folder;
    struct fault fault = {0};
    if (export_folder_open(&folder, options->out, &fault) != STATUS_OK) {
        export_folder_close(&folder);
        return fail(options, &fault);
    }
    uint64_t from = folder.next > 0 ? folder.next : piece->range.from_seq;
    struct snapshot_range all = {.from_seq = from, .to_seq = end > from ? end : from};
    uint64_t rows = 0;
    int result = 0;
    while (from < end && result == 0) {
        piece->range.from_seq = from;
        piece->range.to_seq = end - from > PIECE ? from + PIECE : end;
        result = next_piece(piece, &folder);
        rows += result == 0 ? *piece->rows : 0;
        from = piece->range.to_seq;
    }
    export_folder_close(&folder);
    if (result == 0) {
        say(options, rows, &all);
    }
    return result;
}

static int run_whole(struct piece *piece)
{
    const struct export_options *options = piece->options;
    if (options->is_resumed) {
        return to_folder(piece);
    }
    piece->out_fd = options->out_fd;
    int result = options->out[0] ? to_file(piece) : run_piece(piece);
    if (result == 0) {
        say(options, *piece->rows, &piece->range);
    }
    return result;
}

int export_run(const struct export_options *options)
{
    struct fault fault = {0};
    uint64_t stable;
    struct piece piece = {.options = options, .range = options->range};
    query_raise_file_limit();
    if (stable_seq_ask(options->data_fd, options->data, &stable, &fault) != STATUS_OK) {
        return fail(options, &fault);
    }
    if (piece.range.to_seq == 0 || piece.range.to_seq > stable) {
        piece.range.to_seq = stable;
    }
    piece.rows =
        mmap(NULL, sizeof(*piece.rows), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (piece.rows == MAP_FAILED) {
        fault_set(&fault, STATUS_NO_MEMORY, "no memory to export");
        return fail(options, &fault);
    }
    int result = run_whole(&piece);
    munmap(piece.rows, sizeof(*piece.rows));
    return result;
}
