/*
 * process.h - what a running process has used: processor time and memory, from /proc.
 *
 *     int64_t before_ns = process_cpu_ns(pid);
 *     ...
 *     process_cpu_ns(pid) - before_ns      of all its threads, user and kernel
 *
 * What a process is charged with is what its threads ran: the kernel's receiving of what it sends
 * over loopback is in it, the kernel's write-back of its pages is not.
 */
#ifndef PIPES_BENCH_PROCESS_H
#define PIPES_BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_memory {
    uint64_t resident_bytes;
    uint64_t peak_bytes;         /* since the start, or process_forget_peak() */
    uint64_t proportional_bytes; /* shared pages counted in parts */
};

/* Of all threads that live, to the nanosecond where the kernel tells, else to 10 ms; 0: there is
 * no such process. */
int64_t process_cpu_ns(pid_t pid);
/* Of its thread of that name. */
int64_t process_thread_cpu_ns(pid_t pid, const char *name);

/* Lets its threads of that name run on one core only. */
void process_pin_thread(pid_t pid, const char *name, int core);

/* What cannot be read is 0. */
struct process_memory process_memory(pid_t pid);
void process_forget_peak(pid_t pid);

/* Its first child, or 0. */
pid_t process_child(pid_t pid);

/* How long the core has been busy since the machine started, with anything; to 10 ms. */
int64_t process_core_busy_ns(int core);

#endif
