#include "app/confined.h"

#include "app/private_folder.h"
#include "base/confine.h"
#include "base/heap.h"
#include "lake/duck_library.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNALLED = 128, READABLE = 4, ROOM_BYTES = 24 << 20, BLOCK_BYTES = 256 << 10 };

static int fail(int err_fd, const char *sentence)
{
    dprintf(err_fd, "pipes: %s\n", sentence);
    return 1;
}

/* The signals that the parent waits for instead of being ended by them. */
static void waited_for(sigset_t *signals)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    sigemptyset(signals);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sigaddset(signals, numbers[i]);
    }
}

static void open_readable(const struct confined_options *options, int fds[READABLE])
{
    /* DuckDB asks for the memory of its control group, and takes a no for an answer badly. */
    static const char *const PATHS[READABLE] = {"lake/events", "/proc/self/cgroup",
                                                "/proc/self/mountinfo", "/sys/fs/cgroup"};
    for (size_t i = 0; i < READABLE; i++) {
        fds[i] = openat(options->data_fd, PATHS[i], O_PATH | O_CLOEXEC);
    }
}

static enum status give_up_rights(const struct confined_options *options, const char *temp_folder,
                                  struct confined_place *place, struct fault *fault)
{
    int readable[READABLE];
    int there[READABLE];
    size_t count = 0;
    enum confine_kind kind = CONFINE_SECCOMP;
    open_readable(options, readable);
    for (size_t i = 0; i < READABLE; i++) {
        there[count] = readable[i];
        count += readable[i] >= 0;
    }
    int temp_fd = open(temp_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct confine_options confinement = {
        .read_fds = there, .read_count = count, .write_fd = temp_fd};
    enum status status = confine(&confinement, &kind, fault);
    for (size_t i = 0; i < count; i++) {
        close(there[i]);
    }
    if (temp_fd >= 0) {
        close(temp_fd);
    }
    place->has_landlock = kind == CONFINE_LANDLOCK;
    place->temp_folder = place->has_landlock ? temp_folder : NULL;
    return status;
}

struct preparation {
    const struct confined_options *options;
    pthread_t thread;
    bool is_running;
    bool is_done;
};

static void *prepare(void *self)
{
    struct preparation *preparation = self;
    preparation->is_done = preparation->options->prepare(preparation->options->self);
    return NULL;
}

static void begin_preparation(struct preparation *preparation)
{
    if (!preparation->options->prepare) {
        preparation->is_done = true;
    } else if (pthread_create(&preparation->thread, NULL, prepare, preparation) == 0) {
        preparation->is_running = true;
    } else {
        prepare(preparation);
    }
}

/* Its thread is over: rights are given up by the one thread that there is. */
static bool end_preparation(struct preparation *preparation)
{
    if (preparation->is_running) {
        pthread_join(preparation->thread, NULL);
    }
    return preparation->is_done;
}

static int run_child(const struct confined_options *options, const char *temp_folder)
{
    const struct duck_api *api;
    struct confined_place place = {0};
    struct fault fault = {0};
    struct preparation preparation = {.options = options};
    heap_make_room(ROOM_BYTES, BLOCK_BYTES);
    begin_preparation(&preparation);
    /* Before the rights are gone: its files are elsewhere. */
    enum status status = duck_library_load(&api, options->library, &fault);
    if (!end_preparation(&preparation)) {
        return 1;
    }
    if (status == STATUS_OK) {
        status = give_up_rights(options, temp_folder, &place, &fault);
    }
    return status == STATUS_OK ? options->work(options->self, &place)
                               : fail(options->err_fd, fault.text);
}

/* How the child ended, as a shell says it. */
static int status_of(const struct confined_options *options, int how)
{
    if (WIFEXITED(how)) {
        return WEXITSTATUS(how);
    }
    int number = WTERMSIG(how);
    if (number == SIGKILL) {
        fail(options->err_fd, "the query was killed, perhaps because memory ran out: lower "
                              "--limit-memory or ask for a shorter time (--from, --to)");
    } else if (number != SIGPIPE && number != SIGINT && number != SIGTERM && number != SIGHUP) {
        dprintf(options->err_fd, "pipes: the query ended by signal %d (%s)\n", number,
                strsignal(number));
    }
    return SIGNALLED + number;
}

static int wait_for(const struct confined_options *options, pid_t child, const sigset_t *signals)
{
    for (;;) {
        int how;
        int number = sigwaitinfo(signals, NULL);
        if (number == SIGCHLD && waitpid(child, &how, WNOHANG) == child) {
            return status_of(options, how);
        }
        if (number > 0 && number != SIGCHLD) {
            kill(child, SIGKILL);
            waitpid(child, &how, 0);
            return SIGNALLED + number;
        }
    }
}

static int run_in(const struct confined_options *options, const char *temp_folder)
{
    sigset_t signals;
    sigset_t before;
    waited_for(&signals);
    sigprocmask(SIG_BLOCK, &signals, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == parent ? run_child(options, temp_folder) : 1);
    }
    int result = child > 0 ? wait_for(options, child, &signals)
                           : fail(options->err_fd, "no process could be made for the query");
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}

int confined_run(const struct confined_options *options)
{
    struct private_folder folder;
    struct fault fault = {0};
    const char *temp = getenv("TMPDIR");
    if (private_folder_open(&folder, temp && temp[0] ? temp : "/tmp", &fault) != STATUS_OK) {
        return fail(options->err_fd, fault.text);
    }
    int result = run_in(options, folder.path);
    private_folder_close(&folder);
    return result;
}
