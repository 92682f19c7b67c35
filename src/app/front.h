/*
 * front.h - the public address: events in, the tracker's files out.
 *
 * One front per worker; its handler is given to a net_loop. Everything it answers carries the CORS
 * headers that the asking origin may have, errors included, so that a page can tell a 503 from a
 * dead network.
 */
#ifndef PIPES_APP_FRONT_H
#define PIPES_APP_FRONT_H

#include "app/assets.h"
#include "app/pipeline.h"
#include "app/static_files.h"
#include "net/cors.h"

/* Borrowed for the front's life, shared by the workers; of all this only the settings change. */
struct front_shared {
    struct pipeline_shared pipeline;
    struct settings_box *settings;
    const struct assets *assets;
    const struct static_files *files;
};

struct front;

enum status front_create(struct front **front, const struct front_shared *shared, unsigned worker,
                         struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void front_destroy(struct front *front);
struct net_handler front_handler(struct front *front);
/* To the loop that the handler is given to, before it runs. */
enum status front_attach(struct front *front, struct net_loop *loop, struct fault *fault)
    MUST_CHECK;

#endif
