/*
 * measured.c - runs a command and says what it took: `measured FILE COMMAND WORDS...` writes one
 * JSON object to FILE: wall_ms, user_ms, system_ms, rss_bytes (the most that was resident), status.
 *
 * It is small and starts nothing else: what the kernel counts for its child is the child's.
 */
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

int main(int count, char **words)
{
    if (count < 3) {
        fprintf(stderr, "usage: measured FILE COMMAND WORDS...\n");
        return 2;
    }
    int64_t begin_ns = clock_stopwatch_ns();
    pid_t child = fork();
    if (child == 0) {
        execvp(words[2], words + 2);
        perror(words[2]);
        _exit(127);
    }
    int ended = 0;
    struct rusage used;
    if (child < 0 || wait4(child, &ended, 0, &used) != child) {
        perror("measured");
        return 1;
    }
    double wall_ms = (double)(clock_stopwatch_ns() - begin_ns) / 1e6;
    int status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
    FILE *file = fopen(words[1], "w");
    if (!file) {
        perror(words[1]);
        return 1;
    }
    fprintf(file,
            "{\"wall_ms\":%.3f,\"user_ms\":%.3f,\"system_ms\":%.3f,\"rss_bytes\":%ld,"
            "\"status\":%d}\n",
            wall_ms, milliseconds(used.ru_utime), milliseconds(used.ru_stime),
            used.ru_maxrss * 1024, status);
    return fclose(file) == 0 ? status : 1;
}
