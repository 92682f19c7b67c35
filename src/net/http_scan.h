/*
 * http_scan.h - how far the bytes of a kind reach, sixteen at a time where the processor can.
 *
 *     size_t colon = http_scan_token(line);
 *
 * Each gives what http_bytes_run() gives for its kind, which is also what stands in for it on
 * other processors and at the end of the bytes.
 */
#ifndef PIPES_NET_HTTP_SCAN_H
#define PIPES_NET_HTTP_SCAN_H

#include "net/http_bytes.h"

/* Of HTTP_BYTE_TOKEN; at its best with letters and hyphens, as in names of headers. */
size_t http_scan_token(struct view v);
/* Of HTTP_BYTE_FIELD: up to a control character, of which a line's CR is the first as a rule. */
size_t http_scan_field(struct view v);

#endif
