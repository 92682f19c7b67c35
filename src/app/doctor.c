#include "app/doctor.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_BYTES = 4096 };

static const char *const LEVELS[] = {"OK", "WARNING", "MISTAKE"};

void doctor_init(struct doctor *doctor, const struct clock *clock)
{
    *doctor = (struct doctor){.clock = clock};
    arena_init(&doctor->arena, DOCTOR_ARENA_BYTES);
}

void doctor_free(struct doctor *doctor)
{
    fetch_close(&doctor->fetch);
    arena_free(&doctor->arena);
}

static const char *keep(struct doctor *doctor, const char *format, va_list args)
{
    char text[TEXT_BYTES];
    int len = vsnprintf(text, sizeof(text), format, args);
    size_t kept = len < 0 ? 0 : len < TEXT_BYTES ? (size_t)len : TEXT_BYTES - 1;
    text[kept] = 0;
    const char *copy = arena_copy(&doctor->arena, view_make(text, kept + 1)).at;
    return copy ? copy : "";
}

const char *doctor_format(struct doctor *doctor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = keep(doctor, format, args);
    va_end(args);
    return text;
}

/* The last place is for a mistake: none may be lost for want of room. */
static void add(struct doctor *doctor, struct doctor_finding finding)
{
    size_t room = DOCTOR_FINDINGS_MAX - (finding.level == DOCTOR_MISTAKE ? 0 : 1);
    if (doctor->count < room) {
        doctor->rows[doctor->count++] = finding;
    }
}

void doctor_good(struct doctor *doctor, const char *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(doctor, (struct doctor_finding){DOCTOR_OK, check, keep(doctor, format, args), ""});
    va_end(args);
}

void doctor_warn(struct doctor *doctor, const char *check, const char *advice, const char *format,
                 ...)
{
    va_list args;
    va_start(args, format);
    const char *text = keep(doctor, format, args);
    va_end(args);
    add(doctor,
        (struct doctor_finding){DOCTOR_WARNING, check, text, doctor_format(doctor, "%s", advice)});
}

void doctor_mistake(struct doctor *doctor, const char *check, const char *advice,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = keep(doctor, format, args);
    va_end(args);
    add(doctor,
        (struct doctor_finding){DOCTOR_MISTAKE, check, text, doctor_format(doctor, "%s", advice)});
}

static size_t count_of(const struct doctor *doctor, enum doctor_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < doctor->count; i++) {
        count += doctor->rows[i].level == level;
    }
    return count;
}

size_t doctor_mistakes(const struct doctor *doctor)
{
    return count_of(doctor, DOCTOR_MISTAKE);
}

/* What came from elsewhere goes to a terminal: no control characters, one line. */
static void append_line(struct buf *out, const char *text)
{
    for (; *text; text++) {
        buf_append_byte(out, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
    }
}

enum status doctor_append_text(const struct doctor *doctor, struct buf *out)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct doctor_finding *row = &doctor->rows[i];
        buf_append_format(out, "%-8s %-10s ", LEVELS[row->level], row->check);
        append_line(out, row->text);
        if (row->advice[0]) {
            buf_append_text(out, " -> ");
            append_line(out, row->advice);
        }
        buf_append_byte(out, '\n');
    }
    size_t mistakes = doctor_mistakes(doctor);
    size_t warnings = count_of(doctor, DOCTOR_WARNING);
    buf_append_format(out, "%zu mistake%s, %zu warning%s\n", mistakes, mistakes == 1 ? "" : "s",
                      warnings, warnings == 1 ? "" : "s");
    return buf_status(out);
}

enum status doctor_append_json(const struct doctor *doctor, struct buf *out)
{
    static const char *const NAMES[] = {"ok", "warning", "mistake"};
    buf_append_format(out, "{\"mistakes\":%zu,\"warnings\":%zu,\"checks\":[",
                      doctor_mistakes(doctor), count_of(doctor, DOCTOR_WARNING));
    for (size_t i = 0; i < doctor->count; i++) {
        const struct doctor_finding *row = &doctor->rows[i];
        buf_append_format(out, "%s\n{\"check\":\"%s\",\"level\":\"%s\",\"text\":", i > 0 ? "," : "",
                          row->check, NAMES[row->level]);
        json_append_string(out, view_from_text(row->text));
        if (row->advice[0]) {
            buf_append_text(out, ",\"advice\":");
            json_append_string(out, view_from_text(row->advice));
        }
        buf_append_byte(out, '}');
    }
    buf_append_text(out, "\n]}\n");
    return buf_status(out);
}
