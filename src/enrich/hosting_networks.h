/*
 * hosting_networks.h - autonomous systems that rent out servers: no person's own access is there.
 *
 * A list of our own of the largest ones, by their public numbers.
 */
#ifndef PIPES_ENRICH_HOSTING_NETWORKS_H
#define PIPES_ENRICH_HOSTING_NETWORKS_H

#include <stdbool.h>
#include <stdint.h>

bool hosting_networks_hold(uint32_t network);

#endif
