/*
 * options_file.h - data/OPTIONS: what a running collector works with, as a configuration file, so
 * that whoever describes the processing describes the one that goes on.
 *
 * Written at the start and with every reload; removed at the end. Keys of sites are left out.
 *
 *     options_file_write(data_fd, set, config, &fault);
 *     options_file_load(&config, &set, data_path, &arena, &fault);     STATUS_NOT_FOUND: none runs
 *     options_file_remove(data_fd);
 */
#ifndef PIPES_APP_OPTIONS_FILE_H
#define PIPES_APP_OPTIONS_FILE_H

#include "app/config.h"

/* Values of rows that `serve` has. */
enum status options_file_write(int data_fd, const struct option_set *set,
                               const struct config *config, struct fault *fault) MUST_CHECK;
void options_file_remove(int data_fd);

/* As config_load(), from that file alone. */
enum status options_file_load(struct config *config, struct option_set *set, const char *data_path,
                              struct arena *arena, struct fault *fault) MUST_CHECK;

#endif
