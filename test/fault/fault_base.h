/*
 * fault_base.h - what all fault tests need: chance that can be repeated, time, folders that go.
 */
#ifndef PIPES_TEST_FAULT_BASE_H
#define PIPES_TEST_FAULT_BASE_H

#include <stdint.h>

/* A number that looks random, the same for the same two. */
uint64_t fault_mix(uint64_t seed, uint64_t number);
/* The next of a series; *state is changed. */
uint64_t fault_random(uint64_t *state);

int64_t fault_now_ms(void);
void fault_sleep_ms(int64_t ms);

/* The folder or file and all below it. What is not there is gone already. */
void fault_remove_tree(const char *path);

#endif
