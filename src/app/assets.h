/*
 * assets.h - answers that are ready in memory: the tracker's files and the dashboard's.
 *
 * Each has one path, its bytes, and perhaps compressed variants; the best one that the client
 * takes is sent, with an ETag of its own.
 *
 *     assets_add(&assets, &(struct asset){.path = "/pipes.js", .type = "text/javascript", ...});
 *     if (assets_answer(&assets, head, reply)) { ... }
 */
#ifndef PIPES_APP_ASSETS_H
#define PIPES_APP_ASSETS_H

#include "net/http_head.h"
#include "net/http_reply.h"

enum { ASSETS_MAX = 64 };

/* Made while the bytes themselves are served already: is_ready is set when the views are there. */
struct asset_variants {
    _Atomic bool is_ready;
    struct view gzip;
    struct view brotli;
};

/* All views and texts are borrowed for the life of the table. */
struct asset {
    const char *path;
    const char *type;
    const char *cache; /* value of Cache-Control */
    const char *hash;  /* changes with the bytes; for the ETag */
    struct view bytes;
    const struct asset_variants *variants; /* NULL: none */
    bool is_shared;                        /* pages of any origin may load it */
};

struct assets {
    struct asset rows[ASSETS_MAX];
    size_t count;
};

/* False when the table is full. A path that is there already is replaced. */
bool assets_add(struct assets *assets, const struct asset *asset);
/* Fills the reply to a GET or HEAD; false (reply untouched) when there is no such path. */
bool assets_answer(const struct assets *assets, const struct http_head *head,
                   struct http_reply *reply);

#endif
