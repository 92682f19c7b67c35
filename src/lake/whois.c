#include "lake/whois.h"

#include "journal/data_folder.h"
#include "lake/erase_parts.h"
#include "lake/snapshot.h"
#include "lake/subject_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SQL_BYTES_MAX = 64 << 20,
    ROW_BYTES_MAX = 32 << 20,
    GROUPS_MAX = 1 << 20,
    ROUNDS_MAX = 64,
    MEMORY_BYTES = 256 << 20,
    FROM_BYTES = 64,
};

struct looking {
    const struct whois_options *options;
    struct whois *whois;
    struct snapshot *snapshot;
    struct duck *duck;
    struct subject_row row;
    struct buf redacted;
    size_t group_room;
    size_t file_room;
};

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NO_MEMORY, "no memory for what is known of somebody");
}

/* Room for one more in a list. */
static void *make_room(void *list, size_t count, size_t *room, size_t bytes)
{
    if (count < *room) {
        return list;
    }
    size_t more = *room > 0 ? *room * 2 : 64;
    void *made = more <= GROUPS_MAX ? realloc(list, more * bytes) : NULL;
    *room = made ? more : *room;
    return made;
}

static void copy_word(char *to, size_t room, struct view text)
{
    snprintf(to, room, "%.*s", VIEW_ARG(text));
}

static enum status add_to_group(struct looking *looking, const struct whois_group *wanted,
                                struct fault *fault)
{
    struct whois *whois = looking->whois;
    whois->rows += wanted->rows;
    for (size_t i = whois->group_count; i > 0; i--) { /* most rows are as the last one */
        struct whois_group *group = &whois->groups[i - 1];
        if (strcmp(group->day, wanted->day) == 0 && strcmp(group->site, wanted->site) == 0 &&
            strcmp(group->type, wanted->type) == 0) {
            group->rows += wanted->rows;
            return STATUS_OK;
        }
    }
    void *more =
        make_room(whois->groups, whois->group_count, &looking->group_room, sizeof(*wanted));
    if (!more) {
        return no_memory(fault);
    }
    whois->groups = more;
    whois->groups[whois->group_count++] = *wanted;
    return STATUS_OK;
}

static enum status add_file(struct looking *looking, const struct whois_file *file,
                            struct fault *fault)
{
    struct whois *whois = looking->whois;
    whois->mentions += file->mentions;
    if (file->rows + file->mentions == 0) {
        return STATUS_OK;
    }
    void *more = make_room(whois->files, whois->file_count, &looking->file_room, sizeof(*file));
    if (!more) {
        return no_memory(fault);
    }
    whois->files = more;
    whois->files[whois->file_count++] = *file;
    return STATUS_OK;
}

static enum status add_link(struct looking *looking, struct view id, struct fault *fault)
{
    bool is_known = id.len == 0 || subject_has(looking->options->subject, id);
    return is_known ? STATUS_OK : subject_add(&looking->whois->linked, id, fault);
}

static enum status take_row(struct looking *looking, struct view text, struct whois_file *file,
                            struct fault *fault)
{
    struct subject_row *row = &looking->row;
    const struct subject *subject = looking->options->subject;
    if (!subject_row_read(row, text)) {
        return STATUS_OK;
    }
    if (!subject_owns(subject, row)) {
        buf_clear(&looking->redacted);
        bool is_of_site = subject->site.len == 0 || view_equal(subject->site, row->site);
        file->mentions += looking->options->is_counting_mentions && is_of_site &&
                          subject_redact(subject, text, &looking->redacted) > 0;
        return STATUS_OK;
    }
    struct whois_group group = {.rows = 1};
    copy_word(group.site, sizeof(group.site), row->site);
    copy_word(group.type, sizeof(group.type), row->type);
    copy_word(group.day, sizeof(group.day), view_part(row->received_at, 0, 10));
    file->rows++;
    enum status status = add_to_group(looking, &group, fault);
    for (size_t i = 0; i < SUBJECT_ROW_IDS && status == STATUS_OK; i++) {
        status = add_link(looking, row->ids[i], fault);
    }
    return status;
}

static enum status look_at_source(struct looking *looking, size_t source, struct fault *fault)
{
    struct snapshot_rows *rows;
    struct view text;
    struct whois_file file = {0};
    snprintf(file.name, sizeof(file.name), "%s", snapshot_source_name(looking->snapshot, source));
    enum status status = snapshot_rows_open(&rows, looking->snapshot, source, fault);
    while (status == STATUS_OK && (status = snapshot_rows_next(rows, &text, fault)) == STATUS_OK) {
        status = take_row(looking, text, &file, fault);
    }
    snapshot_rows_close(rows);
    return status == STATUS_END ? add_file(looking, &file, fault) : status;
}

/* What of a chunk becomes of one row. */
typedef enum status take_fn(struct looking *looking, const struct view *texts, uint64_t number,
                            struct whois_file *file, struct fault *fault);

/* Rows of three texts and a number. */
static enum status run_sql(struct looking *looking, struct buf *sql, take_fn *take,
                           struct whois_file *file, struct fault *fault)
{
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    const struct duck_api *api = duck_api(looking->duck);
    buf_append_byte(sql, 0);
    enum status status = buf_status(sql);
    status = status == STATUS_OK ? duck_query(looking->duck, sql->at, &result, fault) : status;
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        const void *vectors[4];
        for (idx_t i = 0; i < 4; i++) {
            vectors[i] = api->vector_get_data(api->data_chunk_get_vector(chunk, i));
        }
        for (idx_t i = 0; i < api->data_chunk_get_size(chunk) && status == STATUS_OK; i++) {
            const struct view texts[] = {duck_text(vectors[0], i), duck_text(vectors[1], i),
                                         duck_text(vectors[2], i)};
            status = take(looking, texts, ((const uint64_t *)vectors[3])[i], file, fault);
        }
    }
    duck_result_close(result);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status take_group(struct looking *looking, const struct view *texts, uint64_t number,
                              struct whois_file *file, struct fault *fault)
{
    struct whois_group group = {.rows = number};
    copy_word(group.site, sizeof(group.site), texts[0]);
    copy_word(group.type, sizeof(group.type), texts[1]);
    copy_word(group.day, sizeof(group.day), texts[2]);
    file->rows += number;
    return add_to_group(looking, &group, fault);
}

static enum status take_links(struct looking *looking, const struct view *texts, uint64_t number,
                              struct whois_file *file, struct fault *fault)
{
    (void)number;
    (void)file;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < SUBJECT_ROW_IDS && status == STATUS_OK; i++) {
        status = add_link(looking, texts[i], fault);
    }
    return status;
}

static enum status take_mentions(struct looking *looking, const struct view *texts, uint64_t number,
                                 struct whois_file *file, struct fault *fault)
{
    (void)looking;
    (void)texts;
    (void)fault;
    file->mentions += number;
    return STATUS_OK;
}

static enum status ask_file(struct looking *looking, const char *from, struct whois_file *file,
                            struct fault *fault)
{
    const struct subject *subject = looking->options->subject;
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_format(&sql,
                      "SELECT coalesce(site, ''), coalesce(type, ''), "
                      "coalesce(strftime(epoch_ms(epoch_ms(received_at)), '%%Y-%%m-%%d'), ''), "
                      "count(*) FROM %s WHERE ",
                      from);
    subject_sql_owns(&sql, subject);
    buf_append_text(&sql, " GROUP BY ALL");
    enum status status = run_sql(looking, &sql, take_group, file, fault);
    if (status == STATUS_OK && file->rows > 0) {
        buf_clear(&sql);
        buf_append_format(&sql,
                          "SELECT DISTINCT coalesce(anonymous_id, ''), coalesce(user_id, ''), "
                          "coalesce(previous_id, ''), 0::BIGINT FROM %s WHERE ",
                          from);
        subject_sql_owns(&sql, subject);
        status = run_sql(looking, &sql, take_links, file, fault);
    }
    struct subject_sql_columns *named = malloc(sizeof(*named));
    if (status == STATUS_OK && looking->options->is_counting_mentions && named) {
        status = subject_sql_columns(named, looking->duck, from, fault);
        buf_clear(&sql);
        buf_append_format(&sql, "SELECT '', '', '', count(*) FROM %s WHERE ", from);
        subject_sql_mentions(&sql, subject, named);
        status = status == STATUS_OK ? run_sql(looking, &sql, take_mentions, file, fault) : status;
    }
    free(named);
    buf_free(&sql);
    return status;
}

static enum status open_duck(struct looking *looking, struct fault *fault)
{
    struct duck_options options = {
        .library = looking->options->library, .memory_bytes = MEMORY_BYTES, .threads = 1};
    enum status status = looking->duck ? STATUS_OK : duck_open(&looking->duck, &options, fault);
    return status == STATUS_OK ? duck_exec(looking->duck, "SET enable_progress_bar = false", fault)
                               : status;
}

static enum status look_at_file(struct looking *looking, const struct snapshot_file *parquet,
                                struct fault *fault)
{
    char from[FROM_BYTES];
    struct whois_file file = {0};
    snprintf(file.name, sizeof(file.name), "%s", parquet->path);
    snprintf(from, sizeof(from), "read_parquet('/proc/self/fd/%d')", parquet->fd);
    enum status status = open_duck(looking, fault);
    status = status == STATUS_OK ? ask_file(looking, from, &file, fault) : status;
    return status == STATUS_OK ? add_file(looking, &file, fault) : status;
}

static enum status look_at_quarantine(struct looking *looking, struct fault *fault)
{
    struct erase_job job = {.subject = looking->options->subject, .is_dry = true};
    struct erase_counts counts = {0};
    int fd;
    enum status status =
        data_folder_enter(looking->options->data_fd, "lake/quarantine", false, &fd, fault);
    if (status == STATUS_OK) {
        status = erase_parts(fd, TREE_QUARANTINE, &job, &counts, fault);
        close(fd);
    }
    looking->whois->quarantined = counts.rows;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void forget_what_was_seen(struct looking *looking)
{
    struct whois *whois = looking->whois;
    subject_free(&whois->linked);
    subject_init(&whois->linked, view_make(NULL, 0));
    whois->group_count = whois->file_count = 0;
    whois->rows = whois->mentions = 0;
}

static enum status look_at_all(struct looking *looking, struct fault *fault)
{
    enum status status = STATUS_OK;
    forget_what_was_seen(looking);
    size_t files = snapshot_file_count(looking->snapshot);
    for (size_t i = 0; i < files && status == STATUS_OK; i++) {
        status = look_at_file(looking, snapshot_file(looking->snapshot, i), fault);
    }
    size_t sources = snapshot_source_count(looking->snapshot);
    for (size_t i = 0; i < sources && status == STATUS_OK; i++) {
        status = look_at_source(looking, i, fault);
    }
    return status;
}

static enum status take_linked(struct looking *looking, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < looking->whois->linked.count && status == STATUS_OK; i++) {
        status = subject_add(looking->options->subject, looking->whois->linked.ids[i].text, fault);
    }
    return status;
}

/* All of one snapshot, as often as there are new ids to look for. */
static enum status look(struct looking *looking, struct fault *fault)
{
    enum status status = look_at_all(looking, fault);
    for (int round = 0; round < ROUNDS_MAX && status == STATUS_OK &&
                        looking->options->is_following && looking->whois->linked.count > 0;
         round++) {
        status = take_linked(looking, fault);
        status = status == STATUS_OK ? look_at_all(looking, fault) : status;
    }
    return status == STATUS_OK ? look_at_quarantine(looking, fault) : status;
}

static int compare_groups(const void *a, const void *b)
{
    const struct whois_group *left = a;
    const struct whois_group *right = b;
    int order = strcmp(left->day, right->day);
    order = order != 0 ? order : strcmp(left->site, right->site);
    return order != 0 ? order : strcmp(left->type, right->type);
}

enum status whois_look(struct whois **whois, const struct whois_options *options,
                       struct fault *fault)
{
    struct looking looking = {.options = options, .whois = calloc(1, sizeof(struct whois))};
    *whois = looking.whois;
    if (!looking.whois) {
        return no_memory(fault);
    }
    const struct snapshot_options snapshot = {0};
    subject_row_init(&looking.row);
    buf_init(&looking.redacted, ROW_BYTES_MAX);
    enum status status = snapshot_open(&looking.snapshot, options->data_fd, &snapshot, fault);
    status = status == STATUS_OK ? look(&looking, fault) : status;
    if (looking.whois->group_count > 1) {
        qsort(looking.whois->groups, looking.whois->group_count, sizeof(struct whois_group),
              compare_groups);
    }
    snapshot_close(looking.snapshot);
    duck_close(looking.duck);
    buf_free(&looking.redacted);
    subject_row_free(&looking.row);
    if (status != STATUS_OK) {
        whois_free(*whois);
        *whois = NULL;
    }
    return status;
}

void whois_free(struct whois *whois)
{
    if (whois) {
        subject_free(&whois->linked);
        free(whois->groups);
        free(whois->files);
        free(whois);
    }
}
