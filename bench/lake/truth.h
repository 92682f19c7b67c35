/*
 * truth.h - what is in the lake, counted by the generator itself while it makes it: no query has
 * a part in these numbers, so queries can be held against them.
 *
 * Unless said otherwise the figures are by `time`, of every row without `is_test`, repeats counted
 * once. Visitors are anonymous_ids, sessions are session_ids; a person is what identify and alias
 * tie together; a bounce is a session with one page view. Test and events of servers are in
 * by_site, by_kind and subjects, servers' in hourly events and persons, too.
 *
 *     truth_init(&truth, start_ms, days, events, &fault);
 *     truth_add(&truth, &visitor, &step);     visitor by visitor, each in the order of time
 *     truth_end(&truth);
 *     truth_note_row(&truth, &step);          in the order of received_ms, as it is written
 *     truth_write(&truth, &world, path, &fault);
 */
#ifndef PIPES_BENCH_TRUTH_H
#define PIPES_BENCH_TRUTH_H

#include "base/status.h"
#include "bench/lake/drift.h"
#include "bench/lake/step.h"
#include "bench/lake/world.h"

enum {
    TRUTH_DAYS_MAX = 31,
    TRUTH_FUNNEL_STEPS = 4,
    TRUTH_TOP_PAGES = 20,
    TRUTH_USER_VISITORS = 2,
};
extern const enum step_kind truth_funnel[TRUTH_FUNNEL_STEPS];
static const int64_t TRUTH_FUNNEL_WINDOW_MS = 86400000;

/* Rows, by where they are found. */
struct truth_rows {
    uint64_t raw;     /* written */
    uint64_t repeats; /* sent again, whether they were written or not */
    uint64_t bytes;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t files;
    uint64_t by_hour[TRUTH_DAYS_MAX * 24]; /* of received_ms, without repeats */
};

struct truth_hour {
    uint64_t events;
    uint64_t visitors;
    uint32_t last_visitor;
};

struct truth_page {
    uint64_t views;
    uint64_t visitors;
    uint32_t last_visitor;
};

struct truth_sessions {
    uint64_t count;
    uint64_t events;
    uint64_t page_views;
    uint64_t bounces; /* of exactly one page view */
    uint64_t duration_ms;
    uint64_t by_day[TRUTH_DAYS_MAX]; /* of their beginning */
};

struct truth_subject {
    uint32_t visitor;
    uint64_t events;
    uint64_t hours;    /* how many hours of received_ms have rows of it */
    int64_t last_hour; /* the latest of them, from 1 */
};

struct truth_person {
    uint32_t person;
    bool is_renamed;
    uint32_t visitors[TRUTH_USER_VISITORS];
    uint32_t visitor_count;
    uint64_t events;           /* of the browsers, and of servers */
    uint64_t events_with_user; /* that have one of the user_ids */
};

/* What is known of the visitor whose steps are coming in. */
struct truth_now {
    uint32_t visitor;
    uint64_t events;
    uint32_t days;                      /* a bit per day */
    int64_t starts[TRUTH_FUNNEL_STEPS]; /* latest first step of a chain that came so far; -1 */
    uint32_t funnel;                    /* steps reached */
    uint32_t session;
    int64_t session_began_ms;
    int64_t session_last_ms;
    uint64_t session_views;
};

struct truth {
    int64_t start_ms;
    uint32_t days;
    uint64_t events;
    uint64_t tests;
    uint64_t by_site[SITES];
    uint64_t by_kind[STEP_KINDS];
    uint64_t revenue_cents;
    uint64_t anonymous_ids; /* tests, too */
    struct truth_rows rows;
    struct truth_hour hours[TRUTH_DAYS_MAX * 24];
    struct truth_page pages[SITES][PAGES_MAX];
    uint64_t funnel[TRUTH_FUNNEL_STEPS];
    uint64_t retention[TRUTH_DAYS_MAX][TRUTH_DAYS_MAX]; /* day first seen, days later */
    struct truth_sessions sessions;
    struct truth_subject many;
    struct truth_subject few;
    struct truth_person person; /* of the one whose steps are coming in */
    struct truth_person user;   /* with two browsers, renamed, the most events */
    uint32_t *owners;           /* of stitched ids: visitors, then user ids; who stands for whom */
    uint32_t visitors_max;
    uint64_t persons;
    uint64_t user_ids;
    struct drift_truth drift;
    struct truth_now now;
};

enum status truth_init(struct truth *truth, int64_t start_ms, uint32_t days, uint32_t events,
                       struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void truth_free(struct truth *truth);

void truth_add(struct truth *truth, const struct world *world, const struct visitor *visitor,
               const struct step *step);
void truth_end(struct truth *truth);
void truth_note_row(struct truth *truth, const struct step *step);

/* As JSON, in place of what was there. */
enum status truth_write(const struct truth *truth, const struct world *world, const char *path,
                        struct fault *fault) MUST_CHECK;

#endif
