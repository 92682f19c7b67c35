/*
 * geo.h - country and region of an address, from a file in MaxMind's format (mmdb).
 *
 * Of a record it understands the flat form of free country files (country_code) and MaxMind's own
 * (country.iso_code, subdivisions.0.iso_code); autonomous_system_number and asn, where it has one.
 * Read-only and safe from several threads; the file is mapped, so it is replaced by a new one under
 * its name, never written over.
 *
 *     if (geo_open(&geo, "/var/lib/pipes/country.mmdb", &fault) != STATUS_OK) { ... }
 *     struct geo_place place;
 *     geo_find(geo, &address, &place);
 */
#ifndef PIPES_ENRICH_GEO_H
#define PIPES_ENRICH_GEO_H

#include "base/status.h"
#include "net/ip_address.h"

enum { GEO_COUNTRY_BYTES = 2, GEO_REGION_BYTES_MAX = 6 };

/* Empty where it is not known. */
struct geo_place {
    char country[GEO_COUNTRY_BYTES]; /* of ISO 3166-1, in capitals */
    uint8_t country_len;
    char region[GEO_REGION_BYTES_MAX];
    uint8_t region_len; /* ISO 3166-2: AT-9 */
    uint32_t network;   /* number of the autonomous system; 0: unknown */
    uint8_t bits;       /* of its 128 the address has in common with all of the record's */
};

struct geo;

/* The fault names the file. */
enum status geo_open(struct geo **geo, const char *path, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void geo_close(struct geo *geo);

/* What is damaged in the file is not known. The address may be cut to its network. */
void geo_find(const struct geo *geo, const struct ip_address *address, struct geo_place *place);

#endif
