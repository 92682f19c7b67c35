#include "app/ledger_losses.h"

#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 256 * 1024 * 1024, ARENA_BYTES = 16 * 1024 * 1024 };

/* A load that began before the range is looked at from its first event within it. */
static const char LOADS[] =
    "SELECT browser, library, count(*)::BIGINT AS loads, sum(last - first + 1)::BIGINT AS made, "
    "sum(arrived)::BIGINT AS arrived FROM (SELECT "
    "coalesce(max(browser || coalesce(' ' || browser_version, '')), '-') AS browser, "
    "coalesce(max(library || coalesce(' ' || library_version, '')), '-') AS library, "
    "max(seq) AS last, %s AS first, count(DISTINCT seq) AS arrived FROM events "
    "WHERE load_id IS NOT NULL AND seq IS NOT NULL GROUP BY site, load_id) GROUP BY ALL";
/* Totals that a load told more than once: the latest is the highest. */
static const char DROPS[] =
    "SELECT coalesce(browser || coalesce(' ' || browser_version, ''), '-') AS browser, "
    "coalesce(library || coalesce(' ' || library_version, ''), '-') AS library, "
    "coalesce(site, '') || ' ' || load_id AS load, dropped::VARCHAR AS told FROM events "
    "WHERE dropped IS NOT NULL AND load_id IS NOT NULL ORDER BY site, load_id";

static struct view text_of(const struct json *doc, const char *name, struct arena *arena)
{
    struct view text = {0};
    enum status status = json_text(doc, json_member(doc, JSON_ROOT, name), arena, &text);
    return status == STATUS_OK ? text : view_make(NULL, 0);
}

static uint64_t number_of(const struct json *doc, json_value value)
{
    int64_t number = 0;
    return json_to_int64(doc, value, &number) && number > 0 ? (uint64_t)number : 0;
}

static bool is_name(struct view name, const char *text)
{
    return view_equal(view_part(name, 0, LEDGER_NAME_BYTES - 1), view_from_text(text));
}

/* The row of browser and library; the last one takes what there is no room for. */
static struct ledger_loss *row_of(struct ledger_losses *losses, const struct json *doc,
                                  struct arena *arena)
{
    struct view browser = text_of(doc, "browser", arena);
    struct view library = text_of(doc, "library", arena);
    for (size_t i = 0; i < losses->count; i++) {
        struct ledger_loss *row = &losses->rows[i];
        if (is_name(browser, row->browser) && is_name(library, row->library)) {
            return row;
        }
    }
    if (losses->count == LEDGER_LOSSES_MAX) {
        return &losses->rows[LEDGER_LOSSES_MAX - 1];
    }
    struct ledger_loss *row = &losses->rows[losses->count++];
    snprintf(row->browser, sizeof(row->browser), "%.*s", VIEW_ARG(browser));
    snprintf(row->library, sizeof(row->library), "%.*s", VIEW_ARG(library));
    return row;
}

static void take_load(struct ledger_losses *losses, const struct json *doc, struct arena *arena)
{
    struct ledger_loss *row = row_of(losses, doc, arena);
    row->loads += number_of(doc, json_member(doc, JSON_ROOT, "loads"));
    row->made += number_of(doc, json_member(doc, JSON_ROOT, "made"));
    row->arrived += number_of(doc, json_member(doc, JSON_ROOT, "arrived"));
}

static void add_reason(struct ledger_loss *row, struct view name, uint64_t count)
{
    size_t at = 0;
    while (at < row->reason_count && !is_name(name, row->reasons[at].name)) {
        at++;
    }
    if (at == LEDGER_REASONS_MAX) {
        at--;
    } else if (at == row->reason_count) {
        snprintf(row->reasons[row->reason_count++].name, LEDGER_NAME_BYTES, "%.*s", VIEW_ARG(name));
    }
    row->reasons[at].count += count;
    /* What a hook of the page dropped never had a number. */
    row->made += view_is(name, "hook") ? count : 0;
}

/* What the rows of one load told, which follow one another. */
struct load_drops {
    char load[512];
    struct ledger_loss told; /* only its reasons */
    struct ledger_loss *row;
};

static void end_load(struct load_drops *drops)
{
    for (size_t i = 0; drops->row && i < drops->told.reason_count; i++) {
        const struct ledger_loss_reason *reason = &drops->told.reasons[i];
        add_reason(drops->row, view_from_text(reason->name), reason->count);
    }
    drops->told.reason_count = 0;
}

static void raise_reason(struct ledger_loss *told, struct view name, uint64_t count)
{
    for (size_t i = 0; i < told->reason_count; i++) {
        if (is_name(name, told->reasons[i].name)) {
            told->reasons[i].count =
                count > told->reasons[i].count ? count : told->reasons[i].count;
            return;
        }
    }
    if (told->reason_count < LEDGER_REASONS_MAX) {
        struct ledger_loss_reason *reason = &told->reasons[told->reason_count++];
        snprintf(reason->name, LEDGER_NAME_BYTES, "%.*s", VIEW_ARG(name));
        reason->count = count;
    }
}

static void take_drops(struct ledger_losses *losses, struct load_drops *drops,
                       const struct json *doc, struct arena *arena)
{
    struct json told;
    struct fault ignored;
    struct view load = text_of(doc, "load", arena);
    if (!view_equal(view_part(load, 0, sizeof(drops->load) - 1), view_from_text(drops->load))) {
        end_load(drops);
        snprintf(drops->load, sizeof(drops->load), "%.*s", VIEW_ARG(load));
        drops->row = row_of(losses, doc, arena);
    }
    if (json_parse(&told, text_of(doc, "told", arena), arena, NULL, &ignored) != STATUS_OK) {
        return;
    }
    for (json_value key = json_first(&told, JSON_ROOT); key != JSON_NO_VALUE;
         key = json_next(&told, key)) {
        raise_reason(&drops->told, json_unquoted(&told, key),
                     number_of(&told, json_key_value(&told, key)));
    }
}

static enum status read_all(int fd, struct buf *out, struct fault *fault)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0) {
        return fault_errno(fault, errno, "cannot read an answer");
    }
    char *place = buf_reserve(out, (size_t)facts.st_size + 1);
    if (!place) {
        return fault_set(fault, STATUS_TOO_BIG, "the answer is too large; choose less with --from");
    }
    ssize_t got = pread(fd, place, (size_t)facts.st_size, 0);
    buf_used(out, got > 0 ? (size_t)got : 0);
    return got == (ssize_t)facts.st_size ? STATUS_OK
                                         : fault_set(fault, STATUS_IO, "cannot read an answer");
}

/* What was wrong has been said on err_fd. */
static enum status ask(const struct query_options *options, const char *sql, struct buf *out,
                       struct fault *fault)
{
    struct query_options asked = *options;
    asked.sql = view_from_text(sql);
    asked.format = ANSWER_NDJSON;
    asked.out_fd = memfd_create("losses", MFD_CLOEXEC);
    if (asked.out_fd < 0) {
        return fault_errno(fault, errno, "cannot make a file in memory");
    }
    enum status status = query_run(&asked) == 0
                             ? read_all(asked.out_fd, out, fault)
                             : fault_set(fault, STATUS_IO, "what never arrived cannot be told");
    close(asked.out_fd);
    return status;
}

typedef void take_fn(struct ledger_losses *losses, struct load_drops *drops, const struct json *doc,
                     struct arena *arena);

static void take_load_row(struct ledger_losses *losses, struct load_drops *drops,
                          const struct json *doc, struct arena *arena)
{
    (void)drops;
    take_load(losses, doc, arena);
}

static enum status take_answer(struct ledger_losses *losses, struct view answer, take_fn *take,
                               struct fault *fault)
{
    struct arena arena;
    struct load_drops drops = {0};
    enum status status = STATUS_OK;
    arena_init(&arena, ARENA_BYTES);
    while (answer.len > 0 && status == STATUS_OK) {
        struct json doc;
        arena_clear(&arena);
        status = json_parse(&doc, view_cut(&answer, '\n'), &arena, NULL, fault);
        if (status == STATUS_OK) {
            take(losses, &drops, &doc, &arena);
        }
    }
    end_load(&drops);
    arena_free(&arena);
    return status;
}

static enum status ask_and_take(struct ledger_losses *losses, const struct query_options *options,
                                const char *sql, take_fn *take, struct fault *fault)
{
    struct buf answer;
    buf_init(&answer, ANSWER_BYTES_MAX);
    enum status status = ask(options, sql, &answer, fault);
    status = status == STATUS_OK ? take_answer(losses, buf_view(&answer), take, fault) : status;
    buf_free(&answer);
    return status;
}

static int compare_losses(const void *a, const void *b)
{
    const struct ledger_loss *left = a;
    const struct ledger_loss *right = b;
    uint64_t lost_left = left->made - left->arrived;
    uint64_t lost_right = right->made - right->arrived;
    return (lost_left < lost_right) - (lost_left > lost_right);
}

enum status ledger_losses_open(struct ledger_losses *losses, const struct query_options *options,
                               struct fault *fault)
{
    char sql[sizeof(LOADS) + 16];
    *losses = (struct ledger_losses){.rows = calloc(LEDGER_LOSSES_MAX, sizeof(*losses->rows))};
    if (!losses->rows) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for losses");
    }
    snprintf(sql, sizeof(sql), LOADS, options->range.from_ms > 0 ? "min(seq)" : "1");
    enum status status = ask_and_take(losses, options, sql, take_load_row, fault);
    status = status == STATUS_OK ? ask_and_take(losses, options, DROPS, take_drops, fault) : status;
    if (losses->count > 1) {
        qsort(losses->rows, losses->count, sizeof(losses->rows[0]), compare_losses);
    }
    return status;
}

void ledger_losses_close(struct ledger_losses *losses)
{
    free(losses->rows);
    *losses = (struct ledger_losses){0};
}

/* Lost without a reason that anybody told; 0 when more was told than is missing: what one load took
 * over from another is told by the one and missing of the other. */
static uint64_t unexplained(const struct ledger_loss *row)
{
    uint64_t lost = row->made - row->arrived;
    for (size_t i = 0; i < row->reason_count; i++) {
        uint64_t told = row->reasons[i].count;
        lost = lost > told ? lost - told : 0;
    }
    return lost;
}

enum status ledger_losses_text(struct buf *out, const struct ledger_losses *losses)
{
    buf_append_text(out, "Made in pages, up to the last event of each load that arrived:\n");
    for (size_t i = 0; i < losses->count; i++) {
        const struct ledger_loss *row = &losses->rows[i];
        const char *before = " = ";
        buf_append_format(out, "  %-20s %-20s %llu made, %llu arrived, %llu never", row->library,
                          row->browser, (unsigned long long)row->made,
                          (unsigned long long)row->arrived,
                          (unsigned long long)(row->made - row->arrived));
        for (size_t j = 0; j < row->reason_count; j++) {
            buf_append_format(out, "%s%llu %s", before, (unsigned long long)row->reasons[j].count,
                              row->reasons[j].name);
            before = " + ";
        }
        if (unexplained(row) > 0) {
            buf_append_format(out, "%s%llu unexplained", before,
                              (unsigned long long)unexplained(row));
        }
        buf_append_byte(out, '\n');
    }
    return buf_status(out);
}

enum status ledger_losses_json(struct buf *out, const struct ledger_losses *losses)
{
    buf_append_byte(out, '[');
    for (size_t i = 0; i < losses->count; i++) {
        const struct ledger_loss *row = &losses->rows[i];
        buf_append_text(out, i == 0 ? "{\"browser\":" : ",\n{\"browser\":");
        json_append_string(out, view_from_text(row->browser));
        buf_append_text(out, ",\"library\":");
        json_append_string(out, view_from_text(row->library));
        buf_append_format(out,
                          ",\"loads\":%llu,\"made\":%llu,\"arrived\":%llu,\"unexplained\":%llu,"
                          "\"dropped\":{",
                          (unsigned long long)row->loads, (unsigned long long)row->made,
                          (unsigned long long)row->arrived, (unsigned long long)unexplained(row));
        for (size_t j = 0; j < row->reason_count; j++) {
            buf_append_text(out, j == 0 ? "" : ",");
            json_append_string(out, view_from_text(row->reasons[j].name));
            buf_append_format(out, ":%llu", (unsigned long long)row->reasons[j].count);
        }
        buf_append_text(out, "}}");
    }
    buf_append_byte(out, ']');
    return buf_status(out);
}
