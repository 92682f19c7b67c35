/*
 * doctor.h - looks for the common mistakes of an installation, and says how each is mended.
 *
 * Each check leaves one finding: good, a warning, or a mistake, with what to do next. Only mistakes
 * make `pipes doctor` fail.
 *
 *     doctor_init(&doctor, clock);
 *     doctor_check_page(&doctor, "https://shop.example/", endpoint);  the page and all it leads to
 *     doctor_check_data(&doctor, &local);                             the collector on this machine
 *     doctor_append_text(&doctor, &out);
 *     doctor_free(&doctor);
 */
#ifndef PIPES_APP_DOCTOR_H
#define PIPES_APP_DOCTOR_H

#include "app/config.h"
#include "app/fetch.h"
#include "base/arena.h"
#include "base/clock.h"

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_MISTAKE };

enum { DOCTOR_FINDINGS_MAX = 64, DOCTOR_ARENA_BYTES = 32 * 1024 * 1024 };

struct doctor_finding {
    enum doctor_level level;
    const char *check;  /* a word: "page", "policy" */
    const char *text;   /* a sentence */
    const char *advice; /* what to do next; empty when it is good */
};

struct doctor {
    struct arena arena; /* holds all texts */
    struct doctor_finding rows[DOCTOR_FINDINGS_MAX];
    size_t count;
    const struct clock *clock;
    struct fetch fetch;
};

void doctor_init(struct doctor *doctor, const struct clock *clock);
void doctor_free(struct doctor *doctor);

/* `endpoint`: where events go when the page does not tell; empty: nobody knows. */
void doctor_check_page(struct doctor *doctor, const char *url, const char *endpoint);

/* What the checks of this machine start from; borrowed. */
struct doctor_local {
    const struct config *config;
    const struct option_set *options; /* as they would be at a start now */
};
void doctor_check_data(struct doctor *doctor, const struct doctor_local *local);

size_t doctor_mistakes(const struct doctor *doctor);
/* A line for each finding, and one that counts them. */
enum status doctor_append_text(const struct doctor *doctor, struct buf *out);
enum status doctor_append_json(const struct doctor *doctor, struct buf *out);

/* For the checks themselves. */
void doctor_good(struct doctor *doctor, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Advice is kept as a copy. */
void doctor_warn(struct doctor *doctor, const char *check, const char *advice, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
void doctor_mistake(struct doctor *doctor, const char *check, const char *advice,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A text in the arena; empty when there is no room. */
const char *doctor_format(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
