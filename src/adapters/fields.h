/*
 * fields.h - what JSON adapters have in common: members to columns, the rest to `context`,
 * clocks, ids.
 *
 * A member goes to the column of its name, or of the name that the protocol's own table gives it,
 * if a client may set that column and the value fits it. All others are kept in `context`. Members
 * of a member `context` are treated in the same way; what the object says itself wins.
 */
#ifndef PIPES_ADAPTERS_FIELDS_H
#define PIPES_ADAPTERS_FIELDS_H

#include "adapters/adapter.h"

enum { FIELDS_CONTEXT_BYTES_MAX = 64 * 1024 };

/* What a protocol calls a column. */
struct field_name {
    const char *name; /* NULL ends a table */
    enum column column;
};

struct fields {
    const struct json *doc;
    struct arena *arena;
    const struct field_name *names; /* looked up before the columns' own names; may be NULL */
    uint8_t *placed; /* in the arena, of each value: a key whose value has a column */
};

/* Fills columns from the object's members. What has no column, or does not fit it, is left for
 * fields_keep_rest(): *has_rest becomes true when there may be some. STATUS_NO_MEMORY. */
enum status fields_take(const struct fields *fields, json_value object, struct event *event,
                        bool *has_rest) MUST_CHECK;
/* What a member says of the visitor where a server forwards it: agent (userAgent, user_agent,
 * $user_agent, ua), address (ip, $ip, ip_address) and webdriver, into event->told. fields_take()
 * does so with the members that have no column, of the object and of its context; a protocol that
 * has them elsewhere (in its properties) calls it for that object. The members stay where they are:
 * privacy takes them out. */
void fields_take_told(const struct fields *fields, json_value object, struct event *event);
/* Makes the column `context` of what fields_take() could not place in any of the objects
 * (JSON_NO_VALUE among them is passed over); there is no need to when it left nothing. *reason is
 * set when it is over the ceiling. STATUS_NO_MEMORY. */
enum status fields_keep_rest(const struct fields *fields, const json_value *objects, size_t count,
                             struct event *event, const char **reason) MUST_CHECK;

/* What is known of a client's clock. */
struct client_clock {
    int64_t skew_ms;       /* to be added to its times */
    bool is_worth_telling; /* so that it repeats it in its next requests, also a 0 */
};
/* The difference to ours when it is more than travelling explains, else 0. `told` (what the
 * collector told the client before; NULL: nothing) is taken instead when it is near, so that events
 * of one load keep their order; that is why a 0 that was close to being none is told, too. */
struct client_clock fields_clock_of(const struct event *event, int64_t received_ms,
                                    const int64_t *told);
/* Sets `time` and `received_at`. What would be made after it was received was made by a clock that
 * was set back since: it is as old as its request. */
void fields_set_times(struct event *event, int64_t received_ms, int64_t skew_ms);
/* Events of one load, in the order in which they stand: one that is later than the next, although
 * its since_load_ms is not, was made before the clock was set back. It gets the time that
 * since_load_ms says, counted from the next. */
void fields_keep_order(struct batch *batch);

/* NULL when it may be stored; else why not: no type, or an event_id that is too long. */
const char *fields_fault_of(const struct event *event);

/* Room in the arena for that many of each (at most ADAPTER_EVENTS_MAX), nothing in them yet.
 * STATUS_NO_MEMORY. */
enum status fields_make_room(struct batch *batch, size_t count, struct arena *arena) MUST_CHECK;
void fields_reject(struct batch *batch, struct view raw, const char *reason);

/* Makes an event of an object, from an event without columns; sets *reason (NULL before) when it is
 * none. Another status than STATUS_OK ends the whole request. */
typedef enum status fields_fill_fn(const void *self, json_value object, struct event *event,
                                   const char **reason);
/* Puts one value into the batch: filled, or rejected with the reason. */
enum status fields_add(const struct fields *fields, json_value value, fields_fill_fn *fill,
                       const void *self, struct batch *batch) MUST_CHECK;

/* Parses JSON into fields->doc, which lives in the arena, as long as its events. Faults as
 * json_parse. */
enum status fields_parse(struct fields *fields, struct view text, struct batch *batch,
                         struct fault *fault) MUST_CHECK;
/* The same for a document that is there already. */
enum status fields_use(struct fields *fields, const struct json *doc, struct fault *fault)
    MUST_CHECK;
size_t fields_count_elements(const struct json *doc, json_value array);

#endif
