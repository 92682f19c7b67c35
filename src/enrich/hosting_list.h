/*
 * hosting_list.h - networks that rent out servers, out of a file of the site's owner.
 *
 * A line each: 203.0.113.0/24, 2001:db8::/32, an address, or the number of an autonomous system,
 * AS64500; what follows a '#' is a remark. Read-only once it is open, and safe from several
 * threads.
 *
 *     hosting_list_open(&list, "/etc/pipes/hosting.txt", &fault);
 *     if (hosting_list_holds(list, &address, bits)) { ... }
 *     hosting_list_close(list);
 */
#ifndef PIPES_ENRICH_HOSTING_LIST_H
#define PIPES_ENRICH_HOSTING_LIST_H

#include "base/status.h"
#include "net/ip_address.h"

struct hosting_list;

enum { HOSTING_LIST_BYTES_MAX = 64 << 20 };

/* The fault names file and line. STATUS_NOT_FOUND, STATUS_BAD_INPUT, STATUS_TOO_BIG. */
enum status hosting_list_open(struct hosting_list **list, const char *path, struct fault *fault)
    MUST_CHECK;
/* The same of bytes that were read; `path` is for the fault. */
enum status hosting_list_read(struct hosting_list **list, const char *path, struct view text,
                              struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void hosting_list_close(struct hosting_list *list);

/* Whether all addresses that begin with these bits of the address are in its networks: of a
 * client's address perhaps only the beginning is known. False for NULL, as of the next one. */
bool hosting_list_holds(const struct hosting_list *list, const struct ip_address *address,
                        unsigned bits);
bool hosting_list_holds_number(const struct hosting_list *list, uint32_t number);

#endif
