#include "app/ceilings.h"

#include "base/buf.h"
#include "base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DESCRIPTORS_KEPT = 128, DESCRIPTORS_A_WORKER = 24, MEMORY_PART = 4 };

/* Descriptors that are not connections: sockets that listen, segments, parts and runs of the lake,
 * the loops' own. Were they taken, the lake could not go on. */
static size_t descriptors_kept(const struct ceilings_wanted *wanted)
{
    return DESCRIPTORS_KEPT + wanted->workers * DESCRIPTORS_A_WORKER + 2 * wanted->sockets;
}

enum status ceilings_connections(const struct ceilings_wanted *wanted, size_t *per_worker,
                                 const struct logger *log, struct fault *fault)
{
    size_t kept = descriptors_kept(wanted);
    size_t connections = wanted->connections;
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        limit.rlim_cur = limit.rlim_max; /* what the system allows, not what a shell began with */
        setrlimit(RLIMIT_NOFILE, &limit);
        unsigned long long files = limit.rlim_cur;
        if (files < kept + wanted->workers) {
            return fault_set(fault, STATUS_FULL,
                             "%llu open files are allowed (ulimit -n); %zu and one for each "
                             "connection are needed",
                             files, kept);
        }
        if (files - kept < connections) {
            connections = (size_t)files - kept;
            logger_warn(log, "net",
                        "at most %zu connections: %llu open files are allowed (ulimit -n)",
                        connections, files);
        }
    }
    size_t each = connections / wanted->workers;
    *per_worker = each > 0 ? each : 1;
    return STATUS_OK;
}

/* "max", or no such file: none. */
static uint64_t group_bytes(const char *path)
{
    struct buf text;
    struct fault ignored;
    uint64_t bytes = 0;
    buf_init(&text, 64);
    if (file_read(AT_FDCWD, path, &text, &ignored) != STATUS_OK ||
        !view_to_uint64(view_trim(buf_view(&text)), &bytes)) {
        bytes = 0;
    }
    buf_free(&text);
    return bytes;
}

uint64_t ceilings_machine_bytes(void)
{
    /* As a container sees its own group: version 2, version 1. */
    static const char *const GROUPS[] = {"/sys/fs/cgroup/memory.max",
                                         "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < sizeof(GROUPS) / sizeof(GROUPS[0]); i++) {
        uint64_t limit = group_bytes(GROUPS[i]);
        bytes = limit > 0 && limit < bytes ? limit : bytes;
    }
    return bytes;
}

size_t ceilings_memory(int64_t option, unsigned workers)
{
    uint64_t all = option > 0 ? (uint64_t)option : ceilings_machine_bytes() / MEMORY_PART;
    uint64_t each = all / workers;
    return (size_t)(each > CEILINGS_MEMORY_MIN ? each : CEILINGS_MEMORY_MIN);
}
