/*
 * place_memory.h - what was found of addresses lately, in fixed memory: one worker's own.
 *
 * Under keyed hashes; an address is not kept. Looking one up in a file costs some hundred
 * nanoseconds, remembering it a tenth.
 *
 *     place_memory_create(&memory, seed, &fault);
 *     place_memory_ask(memory, &files, &visitor, &place);
 */
#ifndef PIPES_ENRICH_PLACE_MEMORY_H
#define PIPES_ENRICH_PLACE_MEMORY_H

#include "enrich/geo.h"
#include "enrich/hosting_list.h"
#include "enrich/visitor.h"

enum { PLACE_MEMORY_KEPT = 4096 };

/* Where places are looked up. */
struct place_files {
    const struct geo *countries; /* NULL: none, as the next one */
    const struct geo *networks;
    const struct hosting_list *hosting;
    uint64_t generation; /* another one whenever the files may be others */
};

struct place_memory;

enum status place_memory_create(struct place_memory **memory, uint64_t seed, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void place_memory_destroy(struct place_memory *memory);

struct place_found {
    struct geo_place place; /* country and region of the one file */
    bool is_hosting;        /* the network, of either file, or the address is of one that rents out
                               servers; false where too little of the address is left to tell */
};

/* Of the visitor's address. memory may be NULL: then it is looked up. */
void place_memory_ask(struct place_memory *memory, const struct place_files *files,
                      const struct visitor *visitor, struct place_found *found);

#endif
