#include "app/privacy_report.h"

#include "app/explain.h"
#include "app/query.h"
#include "base/json.h"
#include "event/columns.h"

#include <sys/mman.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 16 << 20, SQL_BYTES_MAX = 256 * 1024, ARENA_BYTES = 64 << 20 };
static const int64_t MEMORY_BYTES = 1LL << 30;

/* --- asking --- */

static enum status read_all(int fd, struct buf *out, struct fault *fault)
{
    char *place;
    ssize_t got = 1;
    for (off_t at = 0; got > 0; at += got) {
        place = buf_reserve(out, 1 << 16);
        got = place ? pread(fd, place, 1 << 16, at) : -1;
        buf_used(out, got > 0 ? (size_t)got : 0);
    }
    return got == 0 ? STATUS_OK : fault_set(fault, STATUS_IO, "an answer could not be read");
}

/* Lines of JSON, an object each. */
static enum status ask(const struct privacy_report_options *options, struct view sql,
                       struct buf *answer, struct fault *fault)
{
    int fd = memfd_create("privacy", MFD_CLOEXEC);
    if (fd < 0) {
        return fault_set(fault, STATUS_IO, "no memory for an answer");
    }
    const struct query_options query = {
        .data_fd = options->data_fd,
        .sql = sql,
        .format = ANSWER_NDJSON,
        .memory_bytes = MEMORY_BYTES,
        .threads = config_workers(options->config),
        .library = options->library,
        .out_fd = fd,
        .err_fd = options->err_fd,
    };
    int result = query_run(&query);
    enum status status = result == 0 ? read_all(fd, answer, fault)
                                     : fault_set(fault, STATUS_IO, "the data could not be asked");
    close(fd);
    return status;
}

/* Asks, and writes a row of a table for each line: the members' values in their order. */
static enum status append_table(struct buf *out, const struct privacy_report_options *options,
                                struct view sql, struct fault *fault)
{
    struct buf answer;
    struct arena arena;
    buf_init(&answer, ANSWER_BYTES_MAX);
    arena_init(&arena, ARENA_BYTES);
    enum status status = ask(options, sql, &answer, fault);
    struct view rest = buf_view(&answer);
    while (status == STATUS_OK && rest.len > 0) {
        struct json doc;
        status = json_parse(&doc, view_cut(&rest, '\n'), &arena, NULL, fault);
        json_value key = status == STATUS_OK ? json_first(&doc, JSON_ROOT) : JSON_NO_VALUE;
        for (; key != JSON_NO_VALUE; key = json_next(&doc, key)) {
            json_value value = json_key_value(&doc, key);
            buf_append_text(out, "| ");
            buf_append_view(out, json_kind(&doc, value) == JSON_NULL ? VIEW_LITERAL("-")
                                                                     : json_unquoted(&doc, value));
            buf_append_byte(out, ' ');
        }
        buf_append_text(out, "|\n");
        arena_clear(&arena);
    }
    arena_free(&arena);
    buf_free(&answer);
    return status;
}

static enum status append_asked(struct buf *out, const struct privacy_report_options *options,
                                const char *head, const char *sql, struct fault *fault)
{
    buf_append_text(out, head);
    return append_table(out, options, view_from_text(sql), fault);
}

/* --- what is there --- */

/* One row for each column of which something is stored. */
static enum status append_columns(struct buf *out, const struct privacy_report_options *options,
                                  struct fault *fault)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_text(&sql, "with counted as (select count(*) as all_rows");
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        buf_append_format(&sql, ", count(\"%s\") as \"%s\"", columns[i].name, columns[i].name);
    }
    buf_append_text(&sql, " from events_all), rows_of as (");
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        buf_append_format(&sql, "%s select %zu as place, '%s' as name, \"%s\" as filled, '",
                          i == 0 ? "" : " union all", i, columns[i].name, columns[i].name);
        for (const char *c = columns[i].meaning; *c; c++) {
            buf_append_view(&sql, *c == '\'' ? VIEW_LITERAL("''") : view_make(c, 1));
        }
        buf_append_text(&sql, "' as meaning, all_rows from counted");
    }
    buf_append_text(&sql, ") select name, filled, round(100 * filled / all_rows, 1) as share, "
                          "meaning from rows_of where filled > 0 order by place");
    buf_append_text(out, "\n| column | rows | % | what it is |\n|---|---|---|---|\n");
    enum status status = buf_status(&sql);
    status = status == STATUS_OK ? append_table(out, options, buf_view(&sql), fault) : status;
    buf_free(&sql);
    return status;
}

static enum status append_data(struct buf *out, const struct privacy_report_options *options,
                               struct fault *fault)
{
    enum status status = append_asked(
        out, options,
        "\n### What is stored\n\n| site | type | rows | oldest | newest |\n|---|---|---|---|---|\n",
        "select site, type, count(*) as n, strftime(min(received_at), '%Y-%m-%d') as a, "
        "strftime(max(received_at), '%Y-%m-%d') as b from events_all group by all order by all "
        "limit 500",
        fault);
    if (status == STATUS_OK) {
        status = append_asked(
            out, options, "\n| | number |\n|---|---|\n",
            "select 'rows' as what, count(*) as n from events_all union all select 'visitors "
            "(anonymous_id)', count(distinct anonymous_id) from events_all union all select "
            "'known users (user_id)', count(distinct user_id) from events_all",
            fault);
    }
    return status == STATUS_OK ? append_columns(out, options, fault) : status;
}

/* --- groups --- */

static const struct {
    const char *name;
    const char *columns;
} GROUPS[] = {
    {"country", "country"},
    {"browser, version", "browser, browser_version"},
    {"screen", "screen_width, screen_height, density"},
    {"locale, timezone", "locale, timezone"},
    {"browser, system, device, country, locale", "browser, os, device_kind, country, locale"},
    {"all of these, region, versions, viewport",
     "country, region, browser, browser_version, os, os_version, device_kind, screen_width, "
     "screen_height, density, viewport_width, viewport_height, locale, timezone"},
};

enum status privacy_report_append_groups(struct buf *out,
                                         const struct privacy_report_options *options,
                                         struct fault *fault)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_text(&sql,
                    "with people as (select coalesce(anonymous_id, load_id, event_id) as who");
    const char *all = GROUPS[sizeof(GROUPS) / sizeof(GROUPS[0]) - 1].columns;
    struct view rest = view_from_text(all);
    while (rest.len > 0) {
        struct view name = view_trim(view_cut(&rest, ','));
        buf_append_format(&sql, ", arg_max(%.*s, ingest_seq) as %.*s", VIEW_ARG(name),
                          VIEW_ARG(name));
    }
    buf_append_text(&sql, " from events_all group by 1)");
    for (size_t i = 0; i < sizeof(GROUPS) / sizeof(GROUPS[0]); i++) {
        buf_append_format(
            &sql,
            "%s select %zu as place, '%s' as what, count(*) as groups, min(k) as smallest, sum(k) "
            "as people, coalesce(sum(k) filter (k = 1), 0) as alone, coalesce(sum(k) filter (k < "
            "20), 0) as few from (select count(*) as k from people group by %s)",
            i == 0 ? ", found as (" : " union all", i, GROUPS[i].name, GROUPS[i].columns);
    }
    buf_append_text(&sql, ") select what, people, groups, smallest, alone, few from found order by "
                          "place");
    buf_append_text(
        out, "\n### How unique the columns make a visitor\n\nWithout any id, by what else is "
             "stored (the last value of each visitor; of rows without anonymous_id, of each "
             "load). k is the size of a group of those who are alike. Whoever is alone in a "
             "group can be found again by its columns: hashing or dropping ids does not "
             "change that.\n\n| columns | visitors | groups | smallest k | alone (k = 1) | "
             "in groups below 20 |\n|---|---|---|---|---|---|\n");
    enum status status = buf_status(&sql);
    status = status == STATUS_OK ? append_table(out, options, buf_view(&sql), fault) : status;
    buf_free(&sql);
    return status;
}

/* --- all of it --- */

static void append_head(struct buf *out, const struct privacy_report_options *options)
{
    char now[CLOCK_TEXT_BYTES];
    clock_format(clock_now_ms(options->clock), now);
    buf_append_format(out,
                      "# Processing of visitors' data by Pipes\n\nMade %s, from %s, and the data "
                      "folder. It says what the program does. It is no legal advice, and no "
                      "statement that a law is kept; what stands in (brackets) is for the "
                      "controller to fill in.\n",
                      now,
                      options->is_live ? "the options with which the collector runs, or ran last"
                                       : "the options given here");
}

static enum status append_record(struct buf *out, const struct privacy_report_options *options,
                                 struct fault *fault)
{
    buf_append_format(
        out,
        "\n## Record of processing (GDPR art. 30)\n\n- controller, representative, data protection "
        "officer: (names and contacts)\n- purposes: (which, in the controller's words; the "
        "preset is `privacy = %s`)\n- data subjects: visitors of the sites named below\n- "
        "categories of data: see \"What is stored\"\n- recipients: (who reads the lake; where its "
        "files are copied to)\n- transfers to third countries: none by the program itself; (where "
        "the server stands, who runs it)\n- time limits: see \"How long it is kept\"\n- security: "
        "data folder readable by its owner alone (0700), keys 0600, queries and rewriting in "
        "child processes without rights, %s on the public address, erasure by `pipes forget` with "
        "a receipt\n\n### What is done\n\n```\n",
        options->config->privacy,
        options->config->tls_certificate[0] ? "TLS" : "no TLS of its own");
    enum status status = explain_privacy(out, options->config, fault);
    buf_append_text(out, "```\n");
    return status == STATUS_OK ? append_data(out, options, fault) : status;
}

static enum status append_assessment(struct buf *out, const struct privacy_report_options *options,
                                     struct fault *fault)
{
    buf_append_text(
        out, "\n## Impact assessment (GDPR art. 35), a skeleton\n\n1. The processing: see above. "
             "(Why is it needed? What would do with less?)\n2. Necessity: each column above is "
             "there because the tracker sends it by itself or the site set it. (Which are not "
             "needed? Modules and options turn them off.)\n3. Risks and what is done about "
             "them:\n\n| risk | what is done | what is left |\n|---|---|---|\n"
             "| somebody is recognised by address or agent | neither is stored or logged | "
             "(web server or balancer in front: what does it log?) |\n"
             "| e-mail addresses, tokens, names in URLs and properties | scrubbed in the page and "
             "in the collector | names and free text cannot be told from other words |\n"
             "| visits are linked | the id ends after 13 months; keys rotate; options above | "
             "groups below |\n"
             "| data are kept too long | retention, above | (backups, exports) |\n"
             "| a no is not heard | signals and consent are judged before anything is stored | "
             "(what visitors are told, and where) |\n"
             "| somebody else reads the data | 0700, confined children, TLS | (who has accounts "
             "on the machine; is the disk encrypted?) |\n");
    enum status status = privacy_report_append_groups(out, options, fault);
    buf_append_text(out,
                    "\n4. (Views of those concerned. Decision, date, signature, next review.)\n");
    return status;
}

enum status privacy_report_append(struct buf *out, const struct privacy_report_options *options,
                                  struct fault *fault)
{
    append_head(out, options);
    enum status status = append_record(out, options, fault);
    status = status == STATUS_OK ? append_assessment(out, options, fault) : status;
    return status == STATUS_OK ? buf_status(out) : status;
}
