#include "tested.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "fault_base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 30000,
    STOP_MS_MAX = 600000,
    ENVIRONMENT_MAX = 16,
    SETTING_BYTES = 512,
    OUTPUT_TAIL = 1200
};

struct environment {
    char settings[ENVIRONMENT_MAX][SETTING_BYTES];
    char *list[ENVIRONMENT_MAX + 1];
    size_t count;
};

static enum status map_control(struct tested *tested, struct fault *fault)
{
    int fd = open(tested->control_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *at = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof(struct shim_control)) == 0) {
        at = mmap(NULL, sizeof(struct shim_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    int reason = errno;
    if (fd >= 0) {
        close(fd);
    }
    tested->control = at == MAP_FAILED ? NULL : at;
    return tested->control ? STATUS_OK
                           : fault_errno(fault, reason, "cannot map %s", tested->control_path);
}

enum status tested_make(struct tested *tested, struct fault *fault)
{
    *tested = (struct tested){0};
    char temporary[] = "/tmp/pipes-fault-XXXXXX";
    if (!mkdtemp(temporary) || !realpath(temporary, tested->base)) {
        return fault_errno(fault, errno, "cannot make a folder in /tmp");
    }
    const struct {
        char *path;
        const char *name;
    } places[] = {{tested->data, "data"},
                  {tested->grave, "grave"},
                  {tested->notes, "notes"},
                  {tested->control_path, "control"},
                  {tested->output, "output"}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(places[i].path, sizeof(tested->data), "%s/%s", tested->base, places[i].name);
    }
    if (mkdir(tested->grave, FILE_FOLDER_MODE) != 0 || mkdir(tested->data, FILE_FOLDER_MODE) != 0) {
        return fault_errno(fault, errno, "cannot make folders in %s", tested->base);
    }
    return map_control(tested, fault);
}

void tested_remove(struct tested *tested)
{
    tested_kill(tested);
    if (tested->control) {
        munmap(tested->control, sizeof(*tested->control));
    }
    if (tested->base[0]) {
        fault_remove_tree(tested->base);
    }
    *tested = (struct tested){0};
}

static void add_setting(struct environment *environment, const char *name, const char *value)
{
    if (environment->count < ENVIRONMENT_MAX) {
        char *setting = environment->settings[environment->count];
        snprintf(setting, SETTING_BYTES, "%s=%s", name, value);
        environment->list[environment->count++] = setting;
    }
}

static void fill_environment(const struct tested *tested, struct environment *environment)
{
    char libraries[SETTING_BYTES / 2];
    snprintf(libraries, sizeof(libraries), "%s %s",
             tested->has_disk_shim ? FAULT_FOLDER "/disk_shim.so" : "",
             tested->has_clock_shim ? FAULT_FOLDER "/clock_shim.so" : "");
    *environment = (struct environment){0};
    add_setting(environment, "PATH", "/usr/bin:/bin");
    add_setting(environment, "PIPES_SHIM_FOLDER", tested->data);
    add_setting(environment, "PIPES_SHIM_GRAVE", tested->grave);
    add_setting(environment, "PIPES_SHIM_CONTROL", tested->control_path);
    if (getenv("PIPES_DISK_IO")) {
        add_setting(environment, "PIPES_DISK_IO", getenv("PIPES_DISK_IO"));
    }
    if (tested->has_notes) {
        add_setting(environment, "PIPES_SHIM_LOG", tested->notes);
    }
    if (tested->has_disk_shim || tested->has_clock_shim) {
        add_setting(environment, "LD_PRELOAD", libraries);
    }
}

static void limit(int what, uint64_t most)
{
    struct rlimit both = {.rlim_cur = most, .rlim_max = most};
    if (most > 0 && setrlimit(what, &both) != 0) {
        _exit(126);
    }
}

static const char *binary(void)
{
    const char *given = getenv("PIPES_BINARY");
    return given ? given : "build/pipes";
}

/* In the child. */
static void become_collector(const struct tested *tested, struct environment *environment)
{
    char *const arguments[] = {"pipes",
                               "serve",
                               "--data",
                               (char *)(uintptr_t)tested->data,
                               "--listen",
                               "127.0.0.1:0",
                               "--admin",
                               "127.0.0.1:0",
                               "--workers",
                               "2",
                               "--segment-size",
                               "1MiB",
                               "--lake-roll",
                               "100ms",
                               NULL};
    int out = open(tested->output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int none = open("/dev/null", O_RDONLY);
    if (out < 0 || none < 0 || dup2(none, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) {
        _exit(126);
    }
    limit(RLIMIT_NOFILE, tested->open_files_max);
    limit(RLIMIT_AS, tested->memory_bytes_max);
    execve(binary(), arguments, environment->list);
    _exit(127);
}

enum status tested_spawn(struct tested *tested, struct fault *fault)
{
    struct environment environment;
    fill_environment(tested, &environment);
    pid_t pid = fork();
    if (pid == 0) {
        become_collector(tested, &environment);
    }
    tested->pid = pid > 0 ? pid : 0;
    return pid > 0 ? STATUS_OK : fault_errno(fault, errno, "cannot fork");
}

static unsigned port_in(const struct json *doc, const char *name)
{
    struct view url = json_raw(doc, json_member(doc, JSON_ROOT, name));
    unsigned port = 0;
    for (size_t i = 0; i < url.len; i++) {
        bool is_digit = url.at[i] >= '0' && url.at[i] <= '9';
        port = url.at[i] == ':' ? 0 : is_digit ? port * 10 + (unsigned)(url.at[i] - '0') : port;
    }
    return port;
}

/* Reads data/RUNNING; true when it is this process's. */
static bool read_running(struct tested *tested)
{
    struct buf text;
    struct arena arena;
    struct json doc;
    int64_t pid = 0;
    char path[TESTED_PATH_BYTES + 32];
    snprintf(path, sizeof(path), "%s/RUNNING", tested->data);
    buf_init(&text, 4096);
    arena_init(&arena, 1 << 20);
    bool is_own = file_read(AT_FDCWD, path, &text, NULL) == STATUS_OK &&
                  json_parse(&doc, buf_view(&text), &arena, NULL, NULL) == STATUS_OK &&
                  json_to_int64(&doc, json_member(&doc, JSON_ROOT, "pid"), &pid) &&
                  pid == tested->pid;
    if (is_own) {
        tested->port = port_in(&doc, "public_url");
        tested->admin_port = port_in(&doc, "admin_url");
    }
    arena_free(&arena);
    buf_free(&text);
    return is_own;
}

bool tested_is_alive(struct tested *tested)
{
    int how;
    if (tested->pid > 0 && waitpid(tested->pid, &how, WNOHANG) == tested->pid) {
        tested->pid = 0;
    }
    return tested->pid > 0;
}

enum status tested_start(struct tested *tested, struct fault *fault)
{
    enum status status = tested_spawn(tested, fault);
    int64_t end = fault_now_ms() + PATIENCE_MS;
    while (status == STATUS_OK && !read_running(tested)) {
        if (!tested_is_alive(tested)) {
            return fault_set(fault, STATUS_IO, "pipes serve ended while it started");
        }
        if (fault_now_ms() > end) {
            return fault_set(fault, STATUS_IO, "pipes serve did not start in %d ms", PATIENCE_MS);
        }
        fault_sleep_ms(2);
    }
    return status;
}

void tested_kill(struct tested *tested)
{
    if (tested->pid > 0) {
        int how;
        kill(tested->pid, SIGKILL);
        waitpid(tested->pid, &how, 0);
        tested->pid = 0;
    }
}

/* Processor time it has used, in the system's ticks. */
static unsigned long long worked(const struct tested *tested)
{
    char path[64];
    unsigned long long user = 0;
    unsigned long long kernel = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)tested->pid);
    FILE *file = fopen(path, "r");
    if (file) {
        int read = fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
                          &user, &kernel);
        (void)read; /* it has ended: nothing was read */
        fclose(file);
    }
    return user + kernel;
}

/* What waits for the lake is stored first: on a machine with much else to do that takes as long as
 * it takes. It is given up when it does nothing any more. */
enum status tested_stop(struct tested *tested, struct fault *fault)
{
    int how = 0;
    pid_t ended = 0;
    int64_t begin = fault_now_ms();
    int64_t end = begin + PATIENCE_MS;
    unsigned long long seen = 0;
    if (!tested_is_alive(tested)) {
        return fault_set(fault, STATUS_IO, "pipes serve had ended by itself");
    }
    kill(tested->pid, SIGINT);
    while (ended == 0 && fault_now_ms() < end) {
        ended = waitpid(tested->pid, &how, WNOHANG);
        fault_sleep_ms(ended == 0 ? 2 : 0);
        unsigned long long now = ended == 0 ? worked(tested) : seen;
        bool goes_on = now != seen && fault_now_ms() - begin < STOP_MS_MAX;
        end = goes_on ? fault_now_ms() + PATIENCE_MS : end;
        seen = now;
    }
    if (ended == 0) {
        tested_kill(tested);
        return fault_set(fault, STATUS_IO, "pipes serve did not stop in %d ms", PATIENCE_MS);
    }
    tested->pid = 0;
    bool is_good = WIFEXITED(how) && WEXITSTATUS(how) == 0;
    return is_good ? STATUS_OK
                   : fault_set(fault, STATUS_IO, "pipes serve ended with %s %d",
                               WIFEXITED(how) ? "status" : "signal",
                               WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how));
}

static enum status run_check(const struct tested *tested, const char *command, struct fault *fault)
{
    int how = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int out = open(tested->output, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (out >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0) {
            execl(binary(), "pipes", command, "--data", tested->data, (char *)NULL);
        }
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &how, 0) != pid) {
        return fault_errno(fault, errno, "cannot run pipes %s", command);
    }
    return how == 0 ? STATUS_OK
                    : fault_set(fault, STATUS_DAMAGED, "pipes %s says that it is not as it must be",
                                command);
}

enum status tested_verify(const struct tested *tested, struct fault *fault)
{
    enum status status = run_check(tested, "verify", fault);
    return status == STATUS_OK ? run_check(tested, "ledger", fault) : status;
}

enum status tested_is_drained(const struct tested *tested, struct fault *fault)
{
    char path[TESTED_PATH_BYTES + 32];
    snprintf(path, sizeof(path), "%s/journal", tested->data);
    DIR *entries = opendir(path);
    if (!entries) {
        return fault_errno(fault, errno, "cannot read %s", path);
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        uint64_t stream;
        struct view name = view_from_text(entry->d_name);
        if (name.len == 20 && view_to_uint64(name, &stream)) {
            status =
                fault_set(fault, STATUS_BUSY, "stream %s waits after a clean stop", entry->d_name);
        }
    }
    closedir(entries);
    return status;
}

void tested_fail(struct tested *tested, const char *rules)
{
    uint32_t turn = atomic_load(&tested->control->turn) + 1;
    snprintf(tested->control->rules[turn % 2], SHIM_RULES_BYTES, "%s", rules);
    atomic_store(&tested->control->turn, turn);
    atomic_store(&tested->control->hits, 0);
}

enum status tested_cut_power(struct tested *tested, uint64_t seed, struct power_cut_report *report,
                             struct fault *fault)
{
    tested_kill(tested);
    struct power_cut_places places = {tested->data, tested->grave, tested->notes};
    return power_cut(&places, seed, report, fault);
}

void tested_print_output(const struct tested *tested)
{
    char bytes[OUTPUT_TAIL];
    int fd = open(tested->output, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    off_t size = lseek(fd, 0, SEEK_END);
    ssize_t got = pread(fd, bytes, sizeof(bytes), size > OUTPUT_TAIL ? size - OUTPUT_TAIL : 0);
    printf("--- what pipes said last\n%.*s\n---\n", got > 0 ? (int)got : 0, bytes);
    close(fd);
}
