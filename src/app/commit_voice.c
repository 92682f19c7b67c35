#include "app/commit_voice.h"

void commit_voice_failed(struct commit_voice *voice, const struct fault *fault)
{
    uint64_t held;
    if (logger_gate_hit(&voice->gate, clock_monotonic_ms(voice->clock), &held)) {
        logger_error(voice->log, "journal",
                     "events are answered with 503 until it can write again (%llu more times "
                     "since this was last said): %s",
                     (unsigned long long)held, fault->text);
    }
}

void commit_voice_works(struct commit_voice *voice)
{
    uint64_t held;
    if (logger_gate_over(&voice->gate, clock_monotonic_ms(voice->clock), &held)) {
        logger_info(voice->log, "journal", "it writes again");
    }
}
