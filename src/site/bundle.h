/*
 * bundle.h - the tracker for one site: core, chosen modules and configuration as one script.
 *
 * Pure concatenation (tracker/README.md draws it), then hashes and compressed variants. The same
 * input gives the same bytes, anywhere.
 *
 *     bundle_make(&bundle, &settings, &fault);
 *     ... bundle.text, bundle.gzip, bundle.brotli, bundle.hash, bundle.integrity ...
 *     bundle_free(&bundle);
 */
#ifndef PIPES_SITE_BUNDLE_H
#define PIPES_SITE_BUNDLE_H

#include "base/buf.h"
#include "site/module_list.h"

enum {
    BUNDLE_BYTES_MAX = 2 * 1024 * 1024,
    BUNDLE_HASH_BYTES = 17,      /* 16 hex digits of SHA-256 and a zero byte */
    BUNDLE_INTEGRITY_BYTES = 72, /* "sha384-" and base64, and a zero byte */
    BUNDLE_OWN_MAX = 32,
};

/* A module of the site's own. */
struct bundle_own {
    struct view path;
    struct view text;
};

/* Texts are borrowed; an empty one is left out of the configuration. */
struct bundle_settings {
    const struct embedded *tracker;
    const char *modules; /* as module_list_choose() takes them */
    const char *without; /* a module that is not in it, whatever was chosen; NULL: none */
    struct bundle_own own[BUNDLE_OWN_MAX];
    size_t own_count;
    const char *site;
    const char *endpoint;
    const char *environment;
    const char *release;
    bool is_test;              /* marks every event as test traffic */
    const char *consent;       /* "", "pending", "granted" or "denied" */
    const char *dnt;           /* "" (obeyed) or "ignore" */
    const char *gpc;           /* the same */
    const char *storage;       /* "" (cookie), "local", "memory" or "none" */
    const char *cookie_domain; /* "": the widest that takes one */
    bool has_server_cookie;    /* asks the collector to set the cookie again */
    struct view options;       /* of modules, as module_options.h takes them */
    const char *script_name;   /* of its files, without .js; NULL: "pipes" */
};

struct bundle {
    struct buf text;
    struct buf gzip;
    struct buf brotli;
    struct buf options;      /* of modules, as they stand in the text */
    struct module_list list; /* of all there are */
    module_set chosen;       /* those that are in it */
    char hash[BUNDLE_HASH_BYTES];
    char integrity[BUNDLE_INTEGRITY_BYTES];
};

/* But for its compressed variants. STATUS_BAD_INPUT for an unknown module (the fault names those
 * there are) or options that are none. On failure the bundle is empty but may be freed. */
enum status bundle_make(struct bundle *bundle, const struct bundle_settings *settings,
                        struct fault *fault) MUST_CHECK;
/* Fills gzip and brotli, which takes most of the time. */
enum status bundle_compress(struct bundle *bundle, struct fault *fault) MUST_CHECK;
/* Rows of "name  1234 bytes gzip" for people: core and each module alone, all of it, and the
 * modules that are not in it. After bundle_compress(). */
enum status bundle_append_weights(struct buf *out, const struct bundle *bundle,
                                  const struct bundle_settings *settings);
/* Accepts a zeroed one. */
void bundle_free(struct bundle *bundle);

#endif
