/*
 * admin_token.h - data/ADMIN_TOKEN: who can read it may ask a running collector to change things.
 *
 * A random text, mode 0600, new with every start. It goes into the header Authorization, which a
 * page on the web cannot set for another host without being asked back, and cannot guess.
 */
#ifndef PIPES_APP_ADMIN_TOKEN_H
#define PIPES_APP_ADMIN_TOKEN_H

#include "base/status.h"
#include "base/view.h"

enum { ADMIN_TOKEN_BYTES = 33 };

enum status admin_token_make(int data_fd, char token[ADMIN_TOKEN_BYTES], struct fault *fault)
    MUST_CHECK;
/* STATUS_NOT_FOUND when no collector runs. */
enum status admin_token_read(int data_fd, char token[ADMIN_TOKEN_BYTES], struct fault *fault)
    MUST_CHECK;
void admin_token_remove(int data_fd);

/* Whether the header's value is "Bearer TOKEN"; takes as long whatever it is. */
bool admin_token_is(const char token[ADMIN_TOKEN_BYTES], struct view authorization);

#endif
