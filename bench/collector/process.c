#include "collector/process.h"

#include "base/buf.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_BYTES = 16 * 1024, PATH_BYTES = 96, TICK_NS = 10 * 1000 * 1000 };

/* Files of /proc have no size: they are read until they end. */
static struct view read_text(const char *path, char text[TEXT_BYTES])
{
    size_t len = 0;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && got > 0 && len < TEXT_BYTES) {
        got = read(fd, text + len, TEXT_BYTES - len);
        len += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return view_make(text, len);
}

/* The word of that number, from 0, of words parted by blanks. */
static uint64_t number_at(struct view text, unsigned number)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < number; i++) {
        view_cut(&text, ' ');
    }
    struct view word = view_cut(&text, ' ');
    return view_to_uint64(view_part(word, 0, view_find(word, '\n')), &value) ? value : 0;
}

/* proc(5): fields 14 and 15; the second may hold blanks and stands in brackets. */
static int64_t ticks_of_task(const char *folder)
{
    char path[PATH_BYTES];
    char bytes[TEXT_BYTES];
    snprintf(path, sizeof(path), "%s/stat", folder);
    struct view text = read_text(path, bytes);
    while (view_find(text, ')') < text.len) {
        view_cut(&text, ')');
    }
    return (int64_t)(number_at(text, 12) + number_at(text, 13)) * TICK_NS;
}

static int64_t cpu_of_task(const char *folder)
{
    char path[PATH_BYTES];
    char bytes[TEXT_BYTES];
    snprintf(path, sizeof(path), "%s/schedstat", folder);
    struct view text = read_text(path, bytes);
    return text.len > 0 ? (int64_t)number_at(text, 0) : ticks_of_task(folder);
}

static bool is_named(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    char bytes[TEXT_BYTES];
    snprintf(path, sizeof(path), "%s/comm", folder);
    struct view text = read_text(path, bytes);
    return !name || view_is(view_cut(&text, '\n'), name);
}

typedef void task_fn(const char *folder, pid_t task, void *result);

/* name NULL: all. */
static void for_tasks(pid_t pid, const char *name, task_fn *call, void *result)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    for (struct dirent *entry; tasks && (entry = readdir(tasks)) != NULL;) {
        char folder[PATH_BYTES - 16];
        uint64_t task;
        snprintf(folder, sizeof(folder), "/proc/%d/task/%.20s", (int)pid, entry->d_name);
        if (view_to_uint64(view_from_text(entry->d_name), &task) && is_named(folder, name)) {
            call(folder, (pid_t)task, result);
        }
    }
    if (tasks) {
        closedir(tasks);
    }
}

static void add_cpu(const char *folder, pid_t task, void *sum_ns)
{
    (void)task;
    *(int64_t *)sum_ns += cpu_of_task(folder);
}

static int64_t sum_tasks(pid_t pid, const char *name)
{
    int64_t sum_ns = 0;
    for_tasks(pid, name, add_cpu, &sum_ns);
    return sum_ns;
}

static void pin(const char *folder, pid_t task, void *core)
{
    (void)folder;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t) * (int *)core, &set);
    (void)!sched_setaffinity(task, sizeof(set), &set); /* where it may not: it stays */
}

void process_pin_thread(pid_t pid, const char *name, int core)
{
    for_tasks(pid, name, pin, &core);
}

int64_t process_cpu_ns(pid_t pid)
{
    return sum_tasks(pid, NULL);
}

int64_t process_thread_cpu_ns(pid_t pid, const char *name)
{
    return sum_tasks(pid, name);
}

/* Of a line "Name:   123 kB". */
static uint64_t kilobytes_of(struct view text, const char *name)
{
    while (text.len > 0) {
        struct view line = view_cut(&text, '\n');
        if (view_is(view_cut(&line, ':'), name)) {
            struct view rest = view_trim(line);
            return number_at(rest, 0) * 1024;
        }
    }
    return 0;
}

struct process_memory process_memory(pid_t pid)
{
    char path[PATH_BYTES];
    char bytes[TEXT_BYTES];
    struct process_memory memory = {0};
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    struct view text = read_text(path, bytes);
    memory.resident_bytes = kilobytes_of(text, "VmRSS");
    memory.peak_bytes = kilobytes_of(text, "VmHWM");
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    memory.proportional_bytes = kilobytes_of(read_text(path, bytes), "Pss");
    return memory;
}

void process_forget_peak(pid_t pid)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)pid);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        /* proc(5): 5 sets the peak to what is resident now. Refused, the peak is of the start. */
        ssize_t written = write(fd, "5", 1);
        (void)written;
        close(fd);
    }
}

pid_t process_child(pid_t pid)
{
    char path[PATH_BYTES];
    char bytes[TEXT_BYTES];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    return (pid_t)number_at(read_text(path, bytes), 0);
}

/* proc(5): user nice system idle iowait irq softirq steal. */
int64_t process_core_busy_ns(int core)
{
    char name[16];
    char bytes[TEXT_BYTES];
    struct view text = read_text("/proc/stat", bytes);
    int len = snprintf(name, sizeof(name), "cpu%d ", core);
    while (text.len > 0) {
        struct view line = view_cut(&text, '\n');
        if (view_starts_with(line, name)) {
            struct view numbers = view_part(line, (size_t)len, SIZE_MAX);
            uint64_t ticks = 0;
            for (unsigned i = 0; i < 8; i++) {
                ticks += i == 3 || i == 4 ? 0 : number_at(numbers, i);
            }
            return (int64_t)ticks * TICK_NS;
        }
    }
    return 0;
}
