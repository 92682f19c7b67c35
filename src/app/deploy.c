#include "app/deploy.h"

#include "app/admin_client.h"
#include "app/site_build.h"
#include "base/file.h"
#include "lake/duck_library.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 50, TEXT_BYTES = 4096, NAME_BYTES_MAX = 253 };

enum status deploy_init(struct deploy *deploy, const struct option_set *options,
                        const struct config *flags, struct arena *arena, struct fault *fault)
{
    char path[PATH_MAX];
    const struct duck_api *api;
    *deploy = (struct deploy){.flags = flags, .options = options, .arena = arena};
    deploy_plan_init(&deploy->plan, arena, flags->root);
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0) {
        return fault_set(fault, STATUS_IO, "cannot find the own program file");
    }
    deploy->program = deploy_format(deploy, "%.*s", (int)len, path);
    if (duck_library_load(&api, flags->duckdb, NULL) == STATUS_OK) {
        const char *file = duck_library_file();
        deploy->duckdb = file ? deploy_format(deploy, "%s", file) : NULL;
    }
    return STATUS_OK;
}

void deploy_free(struct deploy *deploy)
{
    tracker_site_free(&deploy->site);
}

const char *deploy_format(struct deploy *deploy, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const char *kept = len >= 0 && len < TEXT_BYTES
                           ? arena_copy(deploy->arena, view_make(text, (size_t)len + 1)).at
                           : NULL;
    deploy->plan.is_broken = deploy->plan.is_broken || !kept;
    return kept;
}

void deploy_write(struct deploy *deploy, const char *file, const struct deploy_value *values,
                  const char *path, mode_t mode)
{
    struct view text = deploy_text(deploy->arena, file, values);
    deploy->plan.is_broken = deploy->plan.is_broken || !text.at;
    deploy_plan_file(&deploy->plan, path, mode, text);
}

bool deploy_is_flag(const struct deploy *deploy, const char *name)
{
    const struct option_set *set = deploy->options;
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->rows[i].name, name) == 0 && strncmp(set->origins[i], "flag", 4) == 0) {
            return true;
        }
    }
    return false;
}

void deploy_decide(struct deploy *deploy, const char *name, const char *value)
{
    if (!deploy_is_flag(deploy, name)) {
        deploy_ini_set(&deploy->ini, name, value);
    }
}

/* "events.example", "localhost:8443". It goes into files of others: nothing else may be in it. */
static bool is_domain(const char *text)
{
    size_t len = strlen(text);
    size_t colon = strcspn(text, ":");
    bool is_good = len <= NAME_BYTES_MAX && colon > 0 && text[0] != '-' && text[0] != '.';
    for (size_t i = 0; i < len && is_good; i++) {
        unsigned char byte = (unsigned char)text[i];
        is_good = i > colon ? isdigit(byte) != 0
                            : isalnum(byte) || byte == '-' || byte == '.' || i == colon;
    }
    return is_good && (colon == len || (len > colon + 1 && len <= colon + 6));
}

enum status deploy_begin_ini(struct deploy *deploy, const char *path, struct fault *fault)
{
    char full[DEPLOY_PATH_BYTES];
    struct buf before;
    const char *domain = deploy->flags->domain;
    if (domain[0] && !is_domain(domain)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "--domain is a host name like events.example.org, not \"%.60s\"", domain);
    }
    buf_init(&before, DEPLOY_INI_BYTES_MAX);
    snprintf(full, sizeof(full), "%s%s", deploy->flags->root, path);
    enum status status = file_read(AT_FDCWD, full, &before, fault);
    status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    deploy_ini_init(&deploy->ini, deploy->arena, arena_copy(deploy->arena, buf_view(&before)));
    buf_free(&before);
    if (status == STATUS_OK) {
        status = deploy_ini_take_flags(&deploy->ini, deploy->options, CONFIG_SERVE, fault);
    }
    if (deploy_is_flag(deploy, "domain")) {
        deploy_ini_set(&deploy->ini, "domain", domain);
    }
    if (deploy_is_flag(deploy, "certificates")) {
        deploy_ini_set(&deploy->ini, "certificates", deploy->flags->certificates);
    }
    return status;
}

enum status deploy_settle(struct deploy *deploy, struct fault *fault)
{
    struct option_set *set = arena_alloc_zeroed(deploy->arena, 1, sizeof(*set));
    if (!set) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the options");
    }
    tracker_site_free(&deploy->site);
    deploy->site = (struct tracker_site){0};
    enum status status = deploy_ini_load(&deploy->ini, &deploy->config, set, fault);
    return status == STATUS_OK ? site_build(&deploy->site, &deploy->config, deploy->arena, fault)
                               : status;
}

enum status deploy_check_paths(const struct deploy *deploy, struct fault *fault)
{
    static const char *const NAMES[] = {"module",          "module-options", "www",
                                        "tls-certificate", "tls-key",        "duckdb"};
    for (size_t i = 0; i < deploy->options->count; i++) {
        for (size_t k = 0; k < sizeof(NAMES) / sizeof(NAMES[0]); k++) {
            struct view rest = view_from_text(deploy->options->texts[i]);
            while (strcmp(deploy->options->rows[i].name, NAMES[k]) == 0 && rest.len > 0) {
                struct view path = view_trim(view_cut(&rest, ','));
                if (path.len > 0 && path.at[0] != '/') {
                    return fault_set(fault, STATUS_BAD_INPUT,
                                     "--%s needs a whole path, not %.*s: the service runs in "
                                     "another folder",
                                     NAMES[k], VIEW_ARG(path));
                }
            }
        }
    }
    return STATUS_OK;
}

enum status deploy_append_result(const struct deploy *deploy, struct buf *out)
{
    const struct config *config = &deploy->config;
    if (config->base_url[0]) {
        buf_append_format(out, "Collector   %s\n", config->base_url);
    } else {
        buf_append_format(out, "Collector   listens on %s; with --domain NAME it has HTTPS\n",
                          config->listen);
    }
    buf_append_format(out, "Live page   http://%s/ on that machine\n\n", config->admin);
    buf_append_text(out, "Paste this into the head of every page:\n\n");
    buf_append_view(out, buf_view(&deploy->site.tag));
    return buf_status(out);
}

static bool is_healthy(const char *data, struct fault *fault)
{
    struct admin_client client;
    struct admin_answer answer = {0};
    enum status status = admin_client_open(&client, data, fault);
    if (status == STATUS_OK) {
        status = admin_client_ask(&client, "GET", "/healthz", view_make(NULL, 0), &answer, fault);
    }
    bool is_good = status == STATUS_OK && answer.status == 200;
    if (status == STATUS_OK && !is_good) {
        status = fault_set(fault, STATUS_IO, "it answers /healthz with %u", answer.status);
    }
    admin_answer_free(&answer);
    return is_good;
}

enum status deploy_wait(const char *data, int64_t bound_ms, struct fault *fault)
{
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    struct fault last = {0};
    for (int64_t waited_ms = 0; waited_ms <= bound_ms; waited_ms += PAUSE_MS) {
        if (is_healthy(data, &last)) {
            return STATUS_OK;
        }
        if (waited_ms < bound_ms) {
            nanosleep(&pause, NULL);
        }
    }
    return fault_set(fault, STATUS_IO, "the collector does not answer: %.400s", last.text);
}
