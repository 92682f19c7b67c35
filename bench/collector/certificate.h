/*
 * certificate.h - a key (P-256) and a certificate for localhost that it signed itself, as PEM.
 */
#ifndef PIPES_BENCH_CERTIFICATE_H
#define PIPES_BENCH_CERTIFICATE_H

#include "base/status.h"

enum status certificate_write(const char *certificate_path, const char *key_path,
                              struct fault *fault) MUST_CHECK;

#endif
