/*
 * commit_voice.h - says in the log that the journal cannot be written, now and then, and that it
 * can again, once.
 */
#ifndef PIPES_APP_COMMIT_VOICE_H
#define PIPES_APP_COMMIT_VOICE_H

#include "base/clock.h"
#include "base/logger.h"
#include "base/status.h"

/* Borrows both. */
struct commit_voice {
    const struct logger *log;
    const struct clock *clock;
    struct logger_gate gate; /* with its interval */
};

void commit_voice_failed(struct commit_voice *voice, const struct fault *fault);
void commit_voice_works(struct commit_voice *voice);

#endif
