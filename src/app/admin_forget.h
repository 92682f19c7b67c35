/*
 * admin_forget.h - /forget of the private address: asking a running collector to forget somebody.
 *
 *     POST /forget   {"ids":["..."],"site":"..."}     202, or 400, 409 while another is under way
 *     GET  /forget   {"state":"idle|working|done|failed","sentence":..,"receipt":{..}}
 *
 * Both only with the data folder's token: Authorization: Bearer TOKEN (admin_token.h); else 401.
 */
#ifndef PIPES_APP_ADMIN_FORGET_H
#define PIPES_APP_ADMIN_FORGET_H

#include "app/eraser.h"
#include "net/server.h"

enum net_verdict admin_forget(struct eraser *eraser, const char *token, struct exchange *x);

#endif
