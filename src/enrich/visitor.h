/*
 * visitor.h - who sends: address, agent and client hints, for the moment in which facts are made.
 *
 * The one place where they stand together. Views are of the request's bytes; nobody keeps one,
 * writes it or logs it.
 */
#ifndef PIPES_ENRICH_VISITOR_H
#define PIPES_ENRICH_VISITOR_H

#include "net/ip_address.h"

enum { VISITOR_AGENT_BYTES_MAX = 512 /* of longer ones the beginning is read */ };

/* Headers Sec-CH-UA...; empty where they were not sent. */
struct visitor_hints {
    struct view brands;   /* -UA */
    struct view versions; /* -UA-Full-Version-List */
    struct view mobile;   /* -UA-Mobile */
    struct view platform; /* -UA-Platform */
    struct view platform_version;
    struct view form_factors;
};

struct visitor {
    bool is_told; /* by a payload: what is missing was not told, rather than not there */
    bool has_address;
    struct ip_address address; /* perhaps cut to its network already: a /24 or /16, a /48 or /32 */
    uint8_t address_bits;      /* of its 128 are the client's; the others are zero */
    struct view agent;         /* empty: none was sent */
    struct visitor_hints hints;
};

#endif
