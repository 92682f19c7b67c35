#include "app/compactor.h"

#include "app/compacting.h"
#include "base/buf.h"
#include "base/background.h"
#include "journal/data_folder.h"
#include "lake/lake_commit.h"
#include "lake/lake_work.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 30000,   /* for due hours */
    AGAIN_MS = 600000, /* after a failure with the same parts */
    CHILD_MS = 200,    /* for the child's end */
    BUSY_MS = 100,     /* for a commit that somebody's reading held up */
    EVENT_BYTES = 4096,
    WORD_BYTES = PATH_MAX + 64,
    WORDS_MAX = 12
};

struct compactor {
    struct compactor_options options;
    struct lake_work_hand hand;
    int lake_fd;
    int inotify_fd; /* -1: looked for now and then instead */
    int wake_fd;
    _Atomic bool is_stopping;
    _Atomic bool is_paused;
    bool is_busy;
    pid_t child;        /* 0: none */
    int64_t look_at_ms; /* monotonic */
    uint64_t tried;     /* what was due at the last try; 0: nothing */
    int64_t tried_ms;
    pthread_t thread;
};

static void say_what_was_done(const struct compactor *compactor, struct view change)
{
    struct lake_change_line line;
    uint64_t removed = 0;
    struct view file = {0};
    while (lake_change_next(&change, &line)) {
        removed += !line.is_replace && view_starts_with(line.from, "raw/");
        bool is_rows = view_starts_with(line.to, "events/") || view_starts_with(line.to, "raw/");
        file = line.is_replace && is_rows && !file.at ? line.to : file;
    }
    const struct logger *log = compactor->options.log;
    if (file.at) {
        logger_info(log, "lake", "%.*s is written anew; %llu other files went into it",
                    VIEW_ARG(file), (unsigned long long)removed);
    } else {
        logger_info(log, "lake", "%llu files of rows are removed", (unsigned long long)removed);
    }
}

/* Everything that is proposed. */
static void serve_proposals(struct compactor *compactor)
{
    struct buf change;
    enum status status = STATUS_OK;
    buf_init(&change, LAKE_CHANGE_BYTES_MAX);
    while (status == STATUS_OK) {
        struct fault fault = {0};
        buf_clear(&change);
        status = lake_work_serve(&compactor->hand, &change, &fault);
        if (status == STATUS_OK) {
            say_what_was_done(compactor, buf_view(&change));
        } else if (status == STATUS_BAD_INPUT) {
            logger_warn(compactor->options.log, "lake", "a change was refused: %s", fault.text);
        } else if (status != STATUS_END && status != STATUS_BUSY) {
            logger_error(compactor->options.log, "lake", "a change waits: %s", fault.text);
        }
    }
    compactor->is_busy = status != STATUS_END && status != STATUS_BAD_INPUT;
    buf_free(&change);
}

/* The words of the command; `text` holds those that are made. */
static void say_words(const struct compactor *compactor, char text[WORDS_MAX][WORD_BYTES],
                      char *words[WORDS_MAX])
{
    const struct config *config = compactor->options.config;
    size_t count = 0;
    snprintf(text[count++], WORD_BYTES, "pipes");
    snprintf(text[count++], WORD_BYTES, "compact");
    snprintf(text[count++], WORD_BYTES, "--background");
    snprintf(text[count++], WORD_BYTES, "--data=%s", config->data);
    snprintf(text[count++], WORD_BYTES, "--duckdb=%s", config->duckdb);
    snprintf(text[count++], WORD_BYTES, "--compact-after=%lldms",
             (long long)config->compact_after_ms);
    snprintf(text[count++], WORD_BYTES, "--compact-memory=%lld", (long long)config->compact_memory);
    snprintf(text[count++], WORD_BYTES, "--disk-reserve=%lld", (long long)config->disk_reserve);
    snprintf(text[count++], WORD_BYTES, "--variant=%s", config->variant ? "true" : "false");
    snprintf(text[count++], WORD_BYTES, "--log-level=%s", config->log_level);
    for (size_t i = 0; i < count; i++) {
        words[i] = text[i];
    }
    words[count] = NULL;
}

/* serve blocks signals in all of its threads, and ignores one: the child is to have none of it. */
static int spawn(const struct compactor *compactor, pid_t *child)
{
    extern char **environ;
    char text[WORDS_MAX][WORD_BYTES];
    char *words[WORDS_MAX];
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t none;
    sigset_t ignored;
    say_words(compactor, text, words);
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawn(child, "/proc/self/exe", &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static void start_child(struct compactor *compactor, uint64_t print, int64_t now_ms)
{
    pid_t child;
    int failed = spawn(compactor, &child);
    compactor->tried = print;
    compactor->tried_ms = now_ms;
    if (failed != 0) {
        struct fault fault = {0};
        (void)fault_errno(&fault, failed, "the lake is not compacted: cannot start a process");
        logger_error(compactor->options.log, "compact", "%s", fault.text);
        return;
    }
    compactor->child = child;
}

/* An hour is due; the same parts are tried again only after a while. */
static void look(struct compactor *compactor)
{
    struct compacting due;
    struct fault fault = {0};
    const struct compactor_options *options = &compactor->options;
    int64_t now_ms = clock_monotonic_ms(options->clock);
    if (!options->config->compact || compactor->child > 0 || atomic_load(&compactor->is_paused) ||
        now_ms < compactor->look_at_ms) {
        return;
    }
    compactor->look_at_ms = now_ms + LOOK_MS;
    enum status status = compacting_due(&due, compactor->lake_fd, clock_now_ms(options->clock),
                                        options->config->compact_after_ms, &fault);
    if (status != STATUS_OK) {
        logger_error(options->log, "compact", "%s", fault.text);
        return;
    }
    bool is_same = due.print == compactor->tried && now_ms < compactor->tried_ms + AGAIN_MS;
    if (due.hours.count > 0 && !is_same) {
        start_child(compactor, due.print, now_ms);
    }
    compacting_free(&due);
}

static void reap(struct compactor *compactor)
{
    int result = 0;
    if (compactor->child == 0 || waitpid(compactor->child, &result, WNOHANG) == 0) {
        return;
    }
    compactor->child = 0;
    if (WIFSIGNALED(result)) {
        logger_warn(compactor->options.log, "compact", "it was ended by signal %d; nothing is lost",
                    WTERMSIG(result));
    } else if (WEXITSTATUS(result) != 0) {
        logger_warn(compactor->options.log, "compact",
                    "not everything became Parquet; what did not stays as it is");
    }
}

static void give_up_child(struct compactor *compactor)
{
    if (compactor->child > 0 && atomic_load(&compactor->is_paused)) {
        kill(compactor->child, SIGKILL);
        waitpid(compactor->child, NULL, 0);
        compactor->child = 0;
        compactor->tried = 0;
    }
}

static int wait_ms(const struct compactor *compactor)
{
    int64_t left = compactor->look_at_ms - clock_monotonic_ms(compactor->options.clock);
    left = left < 0 ? 0 : left;
    int64_t wait = compactor->options.config->compact ? left : LOOK_MS;
    if (compactor->is_busy || compactor->inotify_fd < 0) {
        wait = BUSY_MS;
    } else if (compactor->child > 0) {
        wait = CHILD_MS;
    }
    return (int)wait;
}

static void wait_for_work(struct compactor *compactor)
{
    struct pollfd fds[] = {{.fd = compactor->wake_fd, .events = POLLIN},
                           {.fd = compactor->inotify_fd, .events = POLLIN}};
    poll(fds, 2, wait_ms(compactor));
    char events[EVENT_BYTES];
    ssize_t got = read(compactor->wake_fd, events, sizeof(uint64_t));
    (void)got;
    while (compactor->inotify_fd >= 0 && read(compactor->inotify_fd, events, sizeof(events)) > 0) {
    }
}

static void *run(void *argument)
{
    struct compactor *compactor = argument;
    background_enter(BACKGROUND_LAST);
    while (!atomic_load(&compactor->is_stopping)) {
        serve_proposals(compactor);
        give_up_child(compactor);
        reap(compactor);
        look(compactor);
        wait_for_work(compactor);
    }
    if (compactor->child > 0) {
        kill(compactor->child, SIGKILL);
        waitpid(compactor->child, NULL, 0);
    }
    return NULL;
}

static void watch(struct compactor *compactor)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", compactor->lake_fd);
    compactor->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (compactor->inotify_fd >= 0 &&
        inotify_add_watch(compactor->inotify_fd, path, IN_MOVED_TO) < 0) {
        close(compactor->inotify_fd);
        compactor->inotify_fd = -1;
    }
}

static void free_compactor(struct compactor *compactor)
{
    const int fds[] = {compactor->lake_fd, compactor->inotify_fd, compactor->wake_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(compactor);
}

enum status compactor_start(struct compactor **compactor, const struct compactor_options *options,
                            struct fault *fault)
{
    struct compactor *made = calloc(1, sizeof(*made));
    *compactor = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the compactor");
    }
    made->options = *options;
    made->hand = (struct lake_work_hand){options->data_fd, options->book};
    made->lake_fd = made->inotify_fd = -1;
    made->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    enum status status =
        made->wake_fd >= 0
            ? data_folder_enter(options->data_fd, "lake", true, &made->lake_fd, fault)
            : fault_errno(fault, errno, "cannot start the compactor");
    if (status == STATUS_OK) {
        watch(made);
        int reason = pthread_create(&made->thread, NULL, run, made);
        status = reason == 0 ? STATUS_OK : fault_errno(fault, reason, "cannot start the compactor");
    }
    if (status != STATUS_OK) {
        free_compactor(made);
        return status;
    }
    pthread_setname_np(made->thread, "compactor");
    *compactor = made;
    return STATUS_OK;
}

static void wake(struct compactor *compactor)
{
    uint64_t one = 1;
    ssize_t written = write(compactor->wake_fd, &one, sizeof(one));
    (void)written; /* full: it is awake */
}

void compactor_pause(struct compactor *compactor, bool is_paused)
{
    atomic_store(&compactor->is_paused, is_paused);
    wake(compactor);
}

void compactor_stop(struct compactor *compactor)
{
    if (!compactor) {
        return;
    }
    atomic_store(&compactor->is_stopping, true);
    wake(compactor);
    pthread_join(compactor->thread, NULL);
    free_compactor(compactor);
}
