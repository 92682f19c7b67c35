/*
 * replay_desk.h - the thread of a running collector that puts rows of the quarantine into the
 * journal once more, one lot at a time.
 *
 * It has a stream of the journal of its own, so that no worker waits for it.
 *
 *     replay_desk_start(&desk, &options, &fault);
 *     replay_desk_ask(desk, x, body)      admin's thread; true: x waits until the rows are kept
 *     replay_desk_answer(desk)            the same, when replay_desk_fd() is readable
 *     replay_desk_stop(desk);             before the journal is finished
 */
#ifndef PIPES_APP_REPLAY_DESK_H
#define PIPES_APP_REPLAY_DESK_H

#include "app/lake_thread.h"
#include "app/replay_append.h"
#include "app/settings.h"
#include "net/server.h"

struct replay_desk;

/* All borrowed. */
struct replay_desk_options {
    struct replay_place place; /* `noted` is the desk's own; sites and scrubbing are of settings */
    struct settings_box *settings;
    struct tombstones *tombstones;
    struct lake_thread *lake;
};

enum status replay_desk_start(struct replay_desk **desk, const struct replay_desk_options *options,
                              struct fault *fault) MUST_CHECK;
/* What is under way is kept first. */
void replay_desk_stop(struct replay_desk *desk);
/* After the admin's loop has ended. Both accept NULL. */
void replay_desk_destroy(struct replay_desk *desk);

/* Copies the body: rows, a line each. False while another lot is under way. The answer is
 * {"looked":4,"events":3,"done":[numbers of the rows that were understood]}, or 503. What was not
 * looked at is to come again. */
bool replay_desk_ask(struct replay_desk *desk, struct exchange *x, struct view body);
/* The client left. */
void replay_desk_gone(struct replay_desk *desk, const struct exchange *x);
int replay_desk_fd(const struct replay_desk *desk);
/* For net_loop_watch(), with the desk as self. */
void replay_desk_answer(void *desk);

#endif
