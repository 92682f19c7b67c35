#include "base/bell.h"

#include "base/clock.h"

#include <stdbool.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

struct scene {
    struct bell bell;
    bool is_waiting;
    bool is_called;
    int64_t wait_ms; /* 0: for as long as it takes */
};

static void *wait_for_call(void *argument)
{
    struct scene *scene = argument;
    bell_lock(&scene->bell);
    scene->is_waiting = true;
    bell_ring(&scene->bell);
    while (!scene->is_called) {
        if (scene->wait_ms > 0) {
            bell_wait_ms(&scene->bell, scene->wait_ms);
        } else {
            bell_wait(&scene->bell);
        }
    }
    bell_unlock(&scene->bell);
    return NULL;
}

/* Waits until the thread waits, then calls it. */
static void call_the_one_that_waits(int64_t wait_ms)
{
    struct scene scene = {.wait_ms = wait_ms};
    pthread_t thread;
    bell_init(&scene.bell);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_call, &scene), 0);
    bell_lock(&scene.bell);
    while (!scene.is_waiting) {
        bell_wait(&scene.bell);
    }
    scene.is_called = true;
    bell_ring(&scene.bell);
    bell_unlock(&scene.bell);
    pthread_join(thread, NULL);
    bell_free(&scene.bell);
}

static void who_waits_is_woken_by_a_call(void **state)
{
    (void)state;
    call_the_one_that_waits(0);
    call_the_one_that_waits(24LL * 3600 * 1000);
}

static void a_wait_ends_when_its_time_is_over(void **state)
{
    static const int64_t WAITS_MS[] = {0, 1, 30, 1001};
    (void)state;
    struct bell bell;
    bell_init(&bell);
    for (size_t i = 0; i < sizeof(WAITS_MS) / sizeof(WAITS_MS[0]); i++) {
        int64_t begin_ns = clock_stopwatch_ns();
        int64_t passed_ns = 0;
        bell_lock(&bell);
        while (passed_ns < WAITS_MS[i] * 1000000) {
            bell_wait_ms(&bell, WAITS_MS[i] - passed_ns / 1000000);
            passed_ns = clock_stopwatch_ns() - begin_ns;
        }
        bell_unlock(&bell);
        assert_true(passed_ns < (WAITS_MS[i] + 20000) * 1000000);
    }
    bell_free(&bell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_is_woken_by_a_call),
        cmocka_unit_test(a_wait_ends_when_its_time_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
