#include "base/background.h"

#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURN_NS = 100 * 1000 };

void background_enter(enum background_share share)
{
    /* Of this thread alone, under Linux. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), (int)share);
    /* Before 6.12 the turn's length means nothing for a thread of this kind. */
    struct sched_attr turns = {
        .size = sizeof(turns), .sched_nice = (int)share, .sched_runtime = TURN_NS};
    (void)syscall(SYS_sched_setattr, 0, &turns, 0);
}
