/*
 * background.h - work that gives way to everything else in the process.
 *
 *     background_enter();      first thing in the thread
 *
 * The calling thread gets the lowest share of a processor, and short turns: on Linux 6.12 and later
 * a thread that wakes up would otherwise wait for the end of one, some milliseconds. Where the
 * system knows no such thing, or refuses, the thread works as any other.
 */
#ifndef PIPES_BASE_BACKGROUND_H
#define PIPES_BASE_BACKGROUND_H

void background_enter(void);

#endif
