#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FOREIGN_BIT 0x40000000U /* x32: other numbers for the same calls */
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define FOREIGN_BIT 0x80000000U
#else
#error "which system calls are there on this processor?"
#endif

/* Newer than the headers of the systems we build on. */
#define ACCESS_REFER (UINT64_C(1) << 13)     /* from version 2 on */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)  /* 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */
#define ACCESS_NET UINT64_C(3)               /* 4: to bind and to connect, TCP */
#define SCOPES UINT64_C(3)                   /* 6: abstract unix sockets, signals */

struct ruleset {
    uint64_t handled_files;
    uint64_t handled_net;
    uint64_t scoped;
};

static const uint64_t READING = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t WRITING = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                LANDLOCK_ACCESS_FS_MAKE_DIR;

/* All rights that this version of Landlock can take away. */
static struct ruleset ruleset_of(long version)
{
    struct ruleset ruleset = {.handled_files = ACCESS_REFER - 1};
    ruleset.handled_files |= version >= 2 ? ACCESS_REFER : 0;
    ruleset.handled_files |= version >= 3 ? ACCESS_TRUNCATE : 0;
    ruleset.handled_files |= version >= 5 ? ACCESS_IOCTL_DEV : 0;
    ruleset.handled_net = version >= 4 ? ACCESS_NET : 0;
    ruleset.scoped = version >= 6 ? SCOPES : 0;
    return ruleset;
}

/* An older kernel wants the shorter struct that it knows. */
static size_t ruleset_bytes(long version)
{
    return version >= 6   ? sizeof(struct ruleset)
           : version >= 4 ? offsetof(struct ruleset, scoped)
                          : offsetof(struct ruleset, handled_net);
}

static bool allow(int ruleset_fd, int folder_fd, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = folder_fd};
    return syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* A rule about a file must not speak of folders. */
static uint64_t reading_of(int fd)
{
    struct stat facts;
    bool is_folder = fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode);
    return is_folder ? READING : LANDLOCK_ACCESS_FS_READ_FILE;
}

static bool landlock(const struct confine_options *options)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        return false;
    }
    struct ruleset ruleset = ruleset_of(version);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, ruleset_bytes(version), 0);
    if (fd < 0) {
        return false;
    }
    bool is_done = true;
    for (size_t i = 0; i < options->read_count && is_done; i++) {
        is_done = allow(fd, options->read_fds[i], reading_of(options->read_fds[i]));
    }
    if (is_done && options->write_fd >= 0) {
        is_done = allow(fd, options->write_fd,
                        READING | WRITING | (ruleset.handled_files & ACCESS_TRUNCATE));
    }
    is_done = is_done && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return is_done;
}

/* What nobody needs who computes and reads. Modes, owners, times and attributes are not Landlock's
 * to forbid; a ring would do calls past the filter. */
static const uint32_t REFUSED[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_utimensat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mknodat,
    SYS_truncate,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_open_by_handle_at,
    SYS_openat2,
    SYS_io_uring_setup,
    SYS_bpf,
    SYS_userfaultfd,
    SYS_perf_event_open,
    SYS_add_key,
    SYS_keyctl,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_syslog,
    SYS_readlinkat,
#if defined(__x86_64__)
    SYS_readlink,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_link,
    SYS_symlink,
    SYS_mknod,
#endif
};

/* And without Landlock: whatever changes a folder. */
static const uint32_t REFUSED_ALONE[] = {
    SYS_unlinkat, SYS_mkdirat, SYS_renameat2,
#if defined(SYS_renameat)
    SYS_renameat,
#endif
#if defined(__x86_64__)
    SYS_unlink,   SYS_rmdir,   SYS_mkdir,     SYS_rename, SYS_creat,
#endif
};

enum {
    COUNT = sizeof(REFUSED) / sizeof(REFUSED[0]),
    COUNT_ALONE = sizeof(REFUSED_ALONE) / sizeof(REFUSED_ALONE[0]),
    STEPS_MAX = COUNT + COUNT_ALONE + 32,
};

struct filter {
    struct sock_filter steps[2 * STEPS_MAX];
    unsigned short count;
};

static void add(struct filter *filter, struct sock_filter step)
{
    filter->steps[filter->count++] = step;
}

static const uint32_t REFUSE = SECCOMP_RET_ERRNO | EPERM;

static void load(struct filter *filter, uint32_t offset)
{
    add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void answer(struct filter *filter, uint32_t verdict)
{
    add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static void refuse_call(struct filter *filter, uint32_t call)
{
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    answer(filter, REFUSE);
}

/* Flags are the argument of that index: opening is fine when it is for reading. */
static void refuse_writing(struct filter *filter, uint32_t call, unsigned index)
{
    const uint32_t flags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
    uint32_t offset = (uint32_t)offsetof(struct seccomp_data, args) + 8 * index;
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4));
    load(filter, offset);
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1));
    answer(filter, REFUSE);
    answer(filter, SECCOMP_RET_ALLOW);
}

static void begin(struct filter *filter)
{
    load(filter, offsetof(struct seccomp_data, arch));
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0));
    answer(filter, REFUSE);
    load(filter, offsetof(struct seccomp_data, nr));
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_BIT, 0, 1));
    answer(filter, REFUSE);
}

static bool filter_calls(bool is_alone)
{
    struct filter filter = {.count = 0};
    begin(&filter);
    for (size_t i = 0; i < COUNT; i++) {
        refuse_call(&filter, REFUSED[i]);
    }
    for (size_t i = 0; is_alone && i < COUNT_ALONE; i++) {
        refuse_call(&filter, REFUSED_ALONE[i]);
    }
    if (is_alone) {
        refuse_writing(&filter, SYS_openat, 2);
#if defined(__x86_64__)
        refuse_writing(&filter, SYS_open, 1);
#endif
    }
    answer(&filter, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = filter.count, .filter = filter.steps};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

enum status confine(const struct confine_options *options, enum confine_kind *kind,
                    struct fault *fault)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fault_errno(fault, errno, "cannot give up rights");
    }
    *kind = landlock(options) ? CONFINE_LANDLOCK : CONFINE_SECCOMP;
    if (!filter_calls(*kind == CONFINE_SECCOMP)) {
        return fault_errno(fault, errno,
                           "this system offers no way to give up the right to write (seccomp "
                           "filters; Landlock): nothing is run");
    }
    return STATUS_OK;
}
