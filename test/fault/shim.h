/*
 * shim.h - what the layers below a tested collector share with the program that runs it.
 *
 * disk_shim.so is loaded into `pipes serve` with LD_PRELOAD and stands between it and the files
 * below one folder:
 *
 *     PIPES_SHIM_FOLDER    the folder, as the kernel names it; all else passes untouched
 *     PIPES_SHIM_CONTROL   a file of one struct shim_control, mapped: faults go on and off in it
 *     PIPES_SHIM_FAIL      rules that hold from the start, written as in struct shim_control
 *     PIPES_SHIM_SYNC_DELAY_MS   how long a sync takes, one after the other, as on a device
 *     PIPES_SHIM_LOG       a file: what a power cut may undo is noted there, see power_cut.h
 *     PIPES_SHIM_GRAVE     a folder beside the other: removed files live on there until then
 *
 * With a log the shim is the device: a sync is noted and not handed on to the kernel, so that a
 * run is as quick as memory. clock_shim.so needs the control file only.
 */
#ifndef PIPES_TEST_SHIM_H
#define PIPES_TEST_SHIM_H

#include <stdatomic.h>
#include <stdint.h>

enum { SHIM_RULES_BYTES = 512, SHIM_PATH_BYTES = 512 };

/*
 * Rules are separated by ';', each CALL:WHAT:FIRST:COUNT[:MATCH].
 *     CALL   openat pwrite write fdatasync fsync ftruncate fallocate renameat unlinkat mkdirat mmap
 *            create (an openat that may write), sync (both), change (all but reading and syncing)
 *     WHAT   the name of an errno, or "short": half is written and said so
 *     FIRST  the number of the first such call that fails, from 1, since the rules were given
 *     COUNT  how many fail; 0: all that follow
 *     MATCH  only on paths that contain this
 */
struct shim_control {
    _Atomic uint32_t turn; /* rules[turn % 2] holds; raised after the other was written */
    char rules[2][SHIM_RULES_BYTES];
    _Atomic uint32_t hits; /* calls that failed because of a rule */
    _Atomic uint32_t sync_delay_ms;
    _Atomic int64_t clock_ahead_ms; /* added to CLOCK_REALTIME */
};

enum shim_kind {
    SHIM_WRITE = 1,   /* offset, bytes: payload is what stood there */
    SHIM_RESIZE,      /* payload is what is cut off, from new_size on */
    SHIM_SYNC,        /* of a file: all its changes before number `upto` are durable */
    SHIM_SYNC_FAILED, /* no later sync makes them durable: their pages are clean now */
    SHIM_SYNC_FOLDER, /* path */
    SHIM_CREATE,      /* path */
    SHIM_MAKE_FOLDER, /* path */
    SHIM_RENAME,      /* path to path2; ino2: what it takes the place of */
    SHIM_REMOVE,      /* path */
    SHIM_REMOVE_FOLDER,
};

enum { SHIM_MAGIC = 0x50534852 };

/* Followed by path, path2 and payload. A record comes before the call it speaks of, but for what
 * is only known after it (a new file's inode). */
struct shim_record {
    uint32_t magic;
    uint32_t kind;
    uint64_t number; /* from 1, rising */
    uint64_t ino;    /* removed files live on, so no inode is used twice */
    uint64_t ino2;
    uint64_t offset;
    uint64_t bytes;
    uint64_t old_size;
    uint64_t new_size;
    uint64_t upto;
    uint32_t path_bytes;
    uint32_t path2_bytes;
    uint64_t payload_bytes;
};

#endif
