/*
 * background.h - work that gives way to everything else in the process.
 *
 *     background_enter(BACKGROUND_LAST);      first thing in the thread
 *
 * The calling thread gets short turns: on Linux 6.12 and later a thread that wakes up would
 * otherwise wait for the end of one, some milliseconds. Where the system knows no such thing, or
 * refuses, the thread works as any other.
 */
#ifndef PIPES_BASE_BACKGROUND_H
#define PIPES_BASE_BACKGROUND_H

enum background_share {
    BACKGROUND_EQUAL = 0, /* its work is wanted soon */
    BACKGROUND_LAST = 19, /* the lowest share of a processor: its work can wait */
};

void background_enter(enum background_share share);

#endif
