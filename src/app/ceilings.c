#include "app/ceilings.h"

#include <sys/resource.h>

enum { DESCRIPTORS_KEPT = 128, DESCRIPTORS_A_WORKER = 24 };

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
