/*
 * running_file.h - data/RUNNING: what `pipes tail` and scripts read to find a running collector.
 *
 *     {"pid":123,"public_url":"http://localhost:8080/","admin_url":"http://localhost:8081/"}
 */
#ifndef PIPES_APP_RUNNING_FILE_H
#define PIPES_APP_RUNNING_FILE_H

#include "base/status.h"

enum status running_file_write(int data_fd, const char *public_url, const char *admin_url,
                               struct fault *fault) MUST_CHECK;
void running_file_remove(int data_fd);

#endif
