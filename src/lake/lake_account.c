#include "lake/lake_account.h"

#include "lake/lake_hour.h"
#include "lake/part_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>

enum { ROWS_MAX = 1 << 24 };

enum status lake_account_open(struct lake_account *account, const struct lake_ledger *ledger,
                              struct fault *fault)
{
    *account = (struct lake_account){.ledger = *ledger, .mark_hour = -1};
    ledger_tally_init(&account->tally, LAKE_ACCOUNT_ROWS);
    buf_init(&account->parts, LEDGER_POST_BYTES_MAX / 2);
    return site_names_open(&account->names, fault);
}

static void forget_round(struct lake_account *account)
{
    ledger_tally_clear(&account->tally);
    buf_clear(&account->parts);
}

static void forget(struct lake_account *account)
{
    forget_round(account);
    account->mark_hour = -1;
    for (int tree = 0; tree < TREES; tree++) {
        free(account->rows[tree].at);
        account->rows[tree] = (struct lake_account_rows){0};
    }
}

void lake_account_close(struct lake_account *account)
{
    forget(account);
    ledger_tally_free(&account->tally);
    buf_free(&account->parts);
    site_names_close(&account->names);
    *account = (struct lake_account){0};
}

static bool add_row(struct lake_account_rows *rows, uint64_t seq)
{
    bool is_full = rows->count > 0 && (rows->count & (rows->count - 1)) == 0;
    if (!rows->at || is_full) {
        size_t room = rows->count > 0 ? rows->count * 2 : 1;
        uint64_t *more = room <= ROWS_MAX ? realloc(rows->at, room * sizeof(*more)) : NULL;
        if (!more) {
            return false;
        }
        rows->at = more;
    }
    rows->at[rows->count++] = seq;
    return true;
}

/* A part whose rows cannot be read: what it held counts as if it were not there, and whoever checks
 * the ledger is told. */
static enum status read_part(struct lake_account *account, int tree_fd, int64_t hour,
                             struct ledger_part *part, const char *name, struct fault *fault)
{
    char folder[LAKE_HOUR_PATH_BYTES];
    struct part_reader *reader = NULL;
    struct view row;
    lake_hour_path(hour, folder);
    int fd = openat(tree_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = part_reader_open(&reader, fd, name, fault);
    while (status == STATUS_OK && part_reader_next(reader, &row, fault) == STATUS_OK) {
        uint64_t seq;
        part->rows++;
        if (part_row_seq(row, &seq) && !add_row(&account->rows[part->tree], seq)) {
            status = fault_set(fault, STATUS_NO_MEMORY, "no memory for the rows of %s", name);
        }
    }
    part_reader_close(reader);
    if (fd >= 0) {
        close(fd);
    }
    lake_account_part(account, hour, part);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

static bool is_ahead(const struct cursor *cursor, const struct part_name *part)
{
    for (size_t i = 0; i < cursor->count; i++) {
        const struct cursor_row *row = &cursor->rows[i];
        if (row->stream == part->stream) {
            return part->last_seq > row->keys_done;
        }
    }
    return false;
}

static enum status read_hour(struct lake_account *account, const struct cursor *cursor,
                             enum tree tree, int tree_fd, int64_t hour, struct fault *fault)
{
    struct lake_parts parts;
    enum status status = lake_parts_list(&parts, tree_fd, hour, fault);
    for (size_t i = 0; i < parts.count && status == STATUS_OK; i++) {
        struct ledger_part part = {.tree = tree, .name = parts.at[i].parsed};
        if (is_ahead(cursor, &part.name)) {
            status = read_part(account, tree_fd, hour, &part, parts.at[i].name, fault);
        }
    }
    lake_parts_free(&parts);
    return status;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static enum status read_tree(struct lake_account *account, const struct cursor *cursor,
                             enum tree tree, int tree_fd, struct fault *fault)
{
    struct lake_hours hours;
    enum status status = lake_hours_list(&hours, tree_fd, fault);
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        status = read_hour(account, cursor, tree, tree_fd, hours.at[i], fault);
    }
    lake_hours_free(&hours);
    struct lake_account_rows *rows = &account->rows[tree];
    if (rows->count > 1) {
        qsort(rows->at, rows->count, sizeof(rows->at[0]), compare_numbers);
    }
    return status;
}

enum status lake_account_resume(struct lake_account *account, const struct cursor *cursor,
                                const int tree_fds[TREES], struct fault *fault)
{
    enum ledger_source source;
    struct view posting = view_make(cursor->posting, cursor->posting_bytes);
    forget(account);
    if (!account->ledger.book) {
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (posting.len > 0) {
        struct view rest = posting;
        status = ledger_post_read(&rest, &source, &account->round)
                     ? ledger_book_apply(account->ledger.book, posting, fault)
                     : fault_set(fault, STATUS_DAMAGED, "lake/CURSOR has no posting of the ledger");
    }
    for (int tree = 0; tree < TREES && status == STATUS_OK; tree++) {
        status = read_tree(account, cursor, (enum tree)tree, tree_fds[tree], fault);
    }
    return status;
}

void lake_account_add(struct lake_account *account, const struct frame_event *event,
                      enum ledger_count count)
{
    if (account->ledger.book) {
        ledger_tally_add(&account->tally, part_hour(event->received_ms),
                         site_names_of(&account->names, event), count, 1);
    }
}

enum status lake_account_taken(struct lake_account *account, const struct frame_event *event,
                               uint64_t stream, bool is_old, struct fault *fault)
{
    int64_t hour = part_hour(event->received_ms);
    enum status status = STATUS_OK;
    if (!account->ledger.book) {
        return STATUS_OK;
    }
    lake_account_add(account, event, LEDGER_TAKEN);
    if (is_old && (account->mark_hour != hour || account->mark.stream != stream)) {
        account->mark_hour = hour;
        account->mark.stream = stream;
        status = ledger_book_mark(account->ledger.book, hour, stream, &account->mark.seq, fault);
    }
    if (is_old && status == STATUS_OK && event->ingest_seq > account->mark.seq) {
        lake_account_add(account, event, LEDGER_RECOVERED);
    }
    return status;
}

enum status lake_account_closed(struct lake_account *account, enum tree tree,
                                const struct frame_event *event, enum ledger_count other)
{
    static const enum ledger_count KEPT[TREES] = {
        [TREE_RAW] = LEDGER_STORED,
        [TREE_QUARANTINE] = LEDGER_QUARANTINED,
    };
    const struct lake_account_rows *rows = &account->rows[tree];
    bool has_row = rows->count > 0 && bsearch(&event->ingest_seq, rows->at, rows->count,
                                              sizeof(rows->at[0]), compare_numbers) != NULL;
    lake_account_add(account, event, has_row ? KEPT[tree] : other);
    return STATUS_OK;
}

void lake_account_part(struct lake_account *account, int64_t hour, const struct ledger_part *part)
{
    if (account->ledger.book) {
        ledger_line_part(&account->parts, hour, part);
    }
}

bool lake_account_is_full(const struct lake_account *account)
{
    return account->tally.count >= LAKE_ACCOUNT_ROWS / 2 ||
           account->parts.len >= account->parts.ceiling / 2;
}

enum status lake_account_post(struct lake_account *account, struct cursor *cursor,
                              struct fault *fault)
{
    if (!account->ledger.book) {
        return STATUS_OK;
    }
    enum status status = account->ledger.keep_door
                             ? account->ledger.keep_door(account->ledger.self, fault)
                             : STATUS_OK;
    if (status != STATUS_OK) {
        return status;
    }
    struct buf post;
    buf_init(&post, LEDGER_POST_BYTES_MAX);
    ledger_post_begin(&post, LEDGER_BY_LAKE, account->round + 1);
    ledger_line_counts(&post, &account->tally);
    buf_append_view(&post, buf_view(&account->parts));
    status = buf_status(&post);
    status = status == STATUS_OK ? buf_status(&account->parts) : status;
    if (status == STATUS_OK) {
        status = cursor_set_posting(cursor, buf_view(&post));
    }
    buf_free(&post);
    return status == STATUS_OK ? STATUS_OK
                               : fault_set(fault, status, "no memory for what the lake counted");
}

enum status lake_account_done(struct lake_account *account, const struct cursor *cursor,
                              struct fault *fault)
{
    if (!account->ledger.book) {
        return STATUS_OK;
    }
    enum status status = ledger_book_apply(
        account->ledger.book, view_make(cursor->posting, cursor->posting_bytes), fault);
    if (status == STATUS_OK) {
        account->round++;
        forget_round(account);
    }
    return status;
}
