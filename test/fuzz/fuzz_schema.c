/* Hostile bytes as statistics of properties (what is packed in a file, and a whole file), as rows
 * to be counted, and as a tracking plan. The first byte says which. */
#include "lake/schema_codec.h"
#include "lake/schema_feed.h"
#include "lake/schema_file.h"
#include "lake/schema_json.h"
#include "lake/schema_print.h"
#include "lake/schema_promote.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED = 1, TEXT_BYTES_MAX = 256 << 20, ROOM = 16 };

static struct schema_stats *make(void)
{
    struct schema_stats *stats;
    if (schema_stats_create(&stats, SEED, NULL) != STATUS_OK) {
        abort();
    }
    return stats;
}

static void encode(struct schema_stats *stats, struct buf *out)
{
    buf_init(out, SCHEMA_CODEC_BYTES_MAX);
    if (schema_stats_sort(stats, NULL) != STATUS_OK) {
        abort();
    }
    schema_codec_append(out, stats);
    if (buf_status(out) != STATUS_OK) {
        abort();
    }
}

/* Whatever it holds can be printed, promoted and written, and comes back as it was. */
static void use(struct schema_stats *stats)
{
    struct schema_promotion list[ROOM];
    struct buf text;
    struct buf first;
    struct buf second;
    buf_init(&text, TEXT_BYTES_MAX);
    schema_promote(stats, &SCHEMA_PROMOTE_DEFAULTS, list, ROOM);
    for (struct schema_event *one = schema_stats_first(stats); one; one = one->next) {
        schema_print_event(&text, one);
        schema_json_event(&text, one);
    }
    buf_free(&text);
    encode(stats, &first);
    struct schema_stats *again = make();
    if (schema_codec_read(buf_view(&first), again, NULL) != STATUS_OK) {
        abort();
    }
    encode(again, &second);
    if (!view_equal(buf_view(&first), buf_view(&second))) {
        abort();
    }
    schema_stats_destroy(again);
    buf_free(&first);
    buf_free(&second);
}

static void read_body(struct view bytes)
{
    struct schema_stats *stats = make();
    if (schema_codec_read(bytes, stats, NULL) == STATUS_OK) {
        use(stats);
    }
    schema_stats_destroy(stats);
}

static void write_file(int folder, const char *name, struct view bytes)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || (bytes.len > 0 && write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len)) {
        abort();
    }
    close(fd);
}

/* As a file of the hour 0, of a Parquet file that says "rows". */
static void read_file(struct view bytes)
{
    static char path[] = "/tmp/fuzz-schema-XXXXXX";
    static int folder = -1; /* once for all runs, as are the folders in it */
    struct schema_stats *stats = NULL;
    if (folder < 0) {
        folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (mkdirat(folder, "schema", 0700) != 0 ||
            mkdirat(folder, "schema/date=1970-01-01", 0700) != 0) {
            abort();
        }
    }
    write_file(folder, "schema/date=1970-01-01/hour=00.stats", bytes);
    write_file(folder, "events.parquet", VIEW_LITERAL("rows"));
    int parquet = openat(folder, "events.parquet", O_RDONLY | O_CLOEXEC);
    struct schema_file file = {.lake_fd = folder, .hour = 0};
    if (schema_file_load(&stats, SEED, &file, parquet, NULL) == STATUS_OK) {
        use(stats);
    }
    schema_stats_destroy(stats);
    close(parquet);
}

static void feed_rows(struct view bytes)
{
    struct schema_stats *stats = make();
    while (bytes.len > 0) {
        schema_feed_row(stats, view_cut(&bytes, '\n'));
    }
    use(stats);
    schema_stats_destroy(stats);
}

static void on_finding(void *self, const struct schema_finding *finding)
{
    schema_print_finding(self, finding);
    schema_json_finding(self, finding);
}

/* Of a few rows, as a plan wants them. */
static void read_plan(struct view bytes)
{
    struct arena arena;
    struct schema_plan plan;
    arena_init(&arena, 64 << 20);
    if (schema_plan_read(&plan, bytes, SEED, &arena, NULL) == STATUS_OK) {
        struct schema_stats *stats = make();
        struct buf text;
        buf_init(&text, TEXT_BYTES_MAX);
        schema_feed_row(stats, VIEW_LITERAL("{\"type\":\"track\",\"name\":\"a\",\"properties\":"
                                            "{\"p\":1,\"o\":{\"x\":\"y\"}},\"received_at\":"
                                            "\"2025-11-24T12:00:00Z\"}"));
        if (schema_check(&plan, stats, on_finding, &text, NULL) != STATUS_OK) {
            abort();
        }
        buf_free(&text);
        schema_stats_destroy(stats);
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const USES[])(struct view) = {read_body, read_file, feed_rows, read_plan};
    if (size > 0) {
        USES[data[0] % 4](view_make((const char *)data + 1, size - 1));
    }
    return 0;
}
